"""Row 5: the page of 10,000 targets, beside the usual ways to write as many series."""

import json
import subprocess
import tempfile

from bench import peers
from bench.figures import Figure
from bench.fleet import PROGRAMS

RUNS = 5


def page_bench(targets, runs, page):
    """CPU milliseconds of each run, by the benchmark's name."""
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        subprocess.run(
            [
                f"{PROGRAMS}/page_bench",
                f"--targets={targets}",
                f"--page={page}",
                f"--benchmark_repetitions={runs}",
                "--benchmark_min_time=0.01",
                f"--benchmark_out={result.name}",
                "--benchmark_out_format=json",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        found = json.load(result)
    times = {}
    for run in found["benchmarks"]:
        if run["run_type"] == "iteration":
            times.setdefault(run["name"].split("/")[0], []).append(run["cpu_time"])
    return times, found["benchmarks"][0]


def row_5(is_quick):
    targets = 200 if is_quick else 10_000
    runs = 2 if is_quick else RUNS
    go = peers.built("page")
    theirs = []
    with tempfile.NamedTemporaryFile(suffix=".prom") as page:
        times, first = page_bench(targets, runs, page.name)
        if not go.absent:
            done = subprocess.run([go.program, page.name, str(runs)], capture_output=True, text=True, check=True)
            theirs = [1e3 * seconds for seconds in json.loads(done.stdout)["cpu_seconds"]]
    ours = times["our_page"]
    note = f"{first['series']:,.0f} series, {first['page_bytes'] / 1e6:,.1f} MB"
    stock = "prometheus-cpp Registry + TextSerializer"
    ways = [(stock, times["stock_registry"], 15.0, ""), ("client_golang", theirs, 30.0, go.absent)]
    figures = [
        Figure(5, "render", "ms", ours, name, other, times_faster(ours, other), at_least=goal, note=note, absent=absent)
        for name, other, goal, absent in ways
    ]
    figures.append(Figure(5, "render, OpenMetrics", "ms", times["our_openmetrics_page"]))
    return figures


def times_faster(ours, theirs):
    return [other / mine for mine, other in zip(ours, theirs)]
