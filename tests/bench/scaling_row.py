"""Row 11: what the exporter costs against how many targets it has, fitted with a line and drawn."""

import math

from bench import measure
from bench.figures import Figure
from bench.fleet import Responders, settle, watched

COUNTS = (1, 10, 100, 1000, 10_000)
WINDOWS = 5
WIDTH, HEIGHT, MARGIN = 640, 420, 60


def cost_of(count, is_quick):
    """CPU ms per second with `count` targets at 1 s, in several windows."""
    with Responders("unix", count) as responders, watched(responders) as exporter:
        settle(is_quick)
        ours = {"ours": [exporter.pid]}
        windows = measure.windows(1, 1, ours) if is_quick else measure.windows(WINDOWS, 2, ours)
    return [1e3 * each.cpu["ours"] / each.seconds for each in windows]


def fitted(points):
    """(base, slope) of cost = base + slope * targets, by least squares of the relative errors: the small counts are to
    fit as well as the large."""
    sums = [0.0] * 5
    for x, y in points:
        weight = 1 / y**2
        for i, term in enumerate((1, x, x * x, y, x * y)):
            sums[i] += weight * term
    one, x, xx, y, xy = sums
    slope = (one * xy - x * y) / (one * xx - x * x)
    return (y - slope * x) / one, slope


def row_11(is_quick, svg_path):
    counts = COUNTS[:3] if is_quick else COUNTS
    costs = {count: cost_of(count, is_quick) for count in counts}
    points = [(count, measure.median(values)) for count, values in costs.items()]
    base, slope = fitted(points)
    with open(svg_path, "w") as file:
        file.write(drawing(points, base, slope))
    figures = []
    for count, values in costs.items():
        line = [base + slope * count] * len(values)
        name = f"line: {base:.2g} ms/s + {1e3 * slope:.3g} us/s a target"
        figures.append(Figure(11, f"CPU with {count:,} targets", "ms/s", values, name, line))
    return figures


def drawing(points, base, slope):
    """Both axes logarithmic: measured as dots, the fitted line as a curve."""
    floor_y = 10 ** math.floor(math.log10(min(min(y for _, y in points), max(base, 1e-3))))
    top_y = 10 ** math.ceil(math.log10(max(y for _, y in points)))
    last_x = max(points)[0]

    def place(x, y):
        across = math.log10(x) / math.log10(last_x)
        up = math.log10(max(y, floor_y) / floor_y) / math.log10(top_y / floor_y)
        return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    steps = [10 ** (step / 20) for step in range(round(20 * math.log10(last_x)) + 1)]
    curve = [place(x, base + slope * x) for x in steps]
    lines = [*frame(place, floor_y, top_y, last_x), *marks(place, points, curve), caption(base, slope), "</svg>\n"]
    return "\n".join(lines)


def text(x, y, words, anchor="middle"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def frame(place, floor_y, top_y, last_x):
    style = 'font-family="sans-serif" font-size="12" fill="#333"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    for power in range(round(math.log10(last_x)) + 1):
        x, bottom = place(10**power, floor_y)
        yield f'<line x1="{x:.0f}" y1="{MARGIN}" x2="{x:.0f}" y2="{bottom:.0f}" stroke="#ddd"/>'
        yield text(x, bottom + 18, f"{10**power:,}")
    for power in range(round(math.log10(floor_y)), round(math.log10(top_y)) + 1):
        left, y = place(1, 10.0**power)
        yield f'<line x1="{left:.0f}" y1="{y:.0f}" x2="{WIDTH - MARGIN}" y2="{y:.0f}" stroke="#ddd"/>'
        yield text(left - 6, y + 4, f"{10.0**power:g}", "end")
    yield text(WIDTH / 2, HEIGHT - 16, "targets, each probed once a second")


def marks(place, points, curve):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve)
    yield f'<polyline points="{path}" fill="none" stroke="#36c" stroke-width="1.5"/>'
    for x, y in points:
        across, down = place(x, y)
        yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="#c33"/>'


def caption(base, slope):
    words = f"CPU of the exporter, ms/s: measured (dots), {base:.2g} + {1e3 * slope:.3g}/1,000 x targets (line)"
    return text(WIDTH / 2, 30, words)
