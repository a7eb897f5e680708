"""Figures, the table that people read and the JSON that programs read."""

import dataclasses
import os
import platform
import re
import subprocess
import time

from bench.measure import median

ROWS = {
    1: "CPU per probe, 256 and more in flight",
    2: "user-space instructions per probe",
    3: "10,000 unix targets at 1 s",
    4: "half of 2,000 targets hang",
    5: "/metrics of 10,000 targets rendered",
    6: "probing while /metrics is scraped without a pause",
    7: "health answers per second",
    8: "health answers beside hostile connections",
    9: "resident memory",
    10: "start, size",
    11: "cost against number of targets",
    12: "one PHP-FPM pool watched once a second",
}


@dataclasses.dataclass
class Figure:
    """One line of the table. `ours` and `other` are values of single runs; the goal is about `judged`, by default the
    ratio of each run, and holds for its median."""

    row: int
    what: str
    unit: str
    ours: list
    other_name: str = ""
    other: list = dataclasses.field(default_factory=list)
    judged: list = dataclasses.field(default_factory=list)
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""
    absent: str = ""  # why there is nothing to compare with

    def __post_init__(self):
        if not self.judged and self.other:
            self.judged = [mine / other for mine, other in zip(self.ours, self.other)]

    @property
    def is_reached(self):
        """None: no goal, or nothing to judge it by."""
        if not self.judged or (self.at_most is None and self.at_least is None):
            return None
        value = median(self.judged)
        return value <= self.at_most if self.at_most is not None else value >= self.at_least

    @property
    def goal(self):
        if self.at_most is not None:
            return f"<= {shown(self.at_most)}"
        return f">= {shown(self.at_least)}" if self.at_least is not None else ""

    @property
    def verdict(self):
        if self.absent:
            return f"absent: {self.absent}"
        return {True: "reached", False: "MISSED", None: ""}[self.is_reached]


def shown(value):
    """About three digits, as people write numbers."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 0.001 or value == 0 else f"{value:.1e}"


def with_spread(values):
    """median [smallest .. largest]"""
    if not values:
        return ""
    middle = shown(median(values))
    return middle if len(set(values)) == 1 else f"{middle} [{shown(min(values))} .. {shown(max(values))}]"


HEAD = ("#", "what", "unit", "ours", "beside", "its figure", "ratio", "goal", "")


def cells(figure):
    is_ratio = bool(figure.other)
    return (
        str(figure.row),
        figure.what + (f" ({figure.note})" if figure.note else ""),
        figure.unit,
        with_spread(figure.ours),
        figure.other_name,
        with_spread(figure.other),
        with_spread(figure.judged) if is_ratio else "",
        figure.goal,
        figure.verdict,
    )


def table(figures):
    """As Markdown, with its columns aligned for the terminal."""
    lines = [HEAD, *(cells(figure) for figure in figures)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"^model name\s*: (.*)", file.read(), re.MULTILINE)
    with open("/proc/meminfo") as file:
        memory_kb = int(re.search(r"^MemTotal:\s+(\d+) kB", file.read(), re.MULTILINE)[1])
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory_kb / 1e6, 1),
        "kernel": platform.release(),
    }


def revision():
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def report(figures, took_seconds, load_before, is_quick):
    """What goes into the JSON file."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "revision": revision(),
        "machine": machine(),
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
        "is_quick": is_quick,
        "took_seconds": round(took_seconds, 1),
        "figures": [
            {
                **dataclasses.asdict(figure),
                "median": median(figure.ours) if figure.ours else None,
                "median_judged": median(figure.judged) if figure.judged else None,
                "is_reached": figure.is_reached,
            }
            for figure in figures
        ],
    }
