"""Rows 3, 6 and a part of 9: one exporter with 10,000 targets, alone and scraped without a pause by turns."""

import contextlib
import multiprocessing
import os
import socket

from bench import measure
from bench.figures import Figure
from bench.fleet import Counters, Responders, delays_between, settle, watched

WINDOWS = 5
ALONE_SECONDS = 12
SCRAPED_SECONDS = 8
NO_GROWTH_KB = 100  # per 1,000,000 probes: what one page of the allocator more or less comes to


def scrape_for_ever(port, scrapes):
    """Niced, for a real Prometheus runs on another machine."""
    os.nice(10)
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    buffer = bytearray(1 << 20)
    while True:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            while connection.recv_into(buffer):
                pass
        with scrapes.get_lock():
            scrapes.value += 1


@contextlib.contextmanager
def scraping(port):
    """Yields a counter of the whole pages."""
    scrapes = multiprocessing.Value("q", 0)
    process = multiprocessing.get_context("fork").Process(target=scrape_for_ever, args=(port, scrapes), daemon=True)
    process.start()
    try:
        yield scrapes
    finally:
        process.kill()
        process.join()


class Stretch:
    """What one window showed."""

    def __init__(self, exporter, seconds):
        before = Counters(exporter)
        window = measure.windows(1, seconds, {"ours": [exporter.pid]})[0]
        self.resident = measure.resident_bytes(exporter.pid)
        after = Counters(exporter)
        self.beats = after.beats - before.beats
        self.probes_so_far = after.probes
        self.skipped_percent = 100 * (after.skipped - before.skipped) / self.beats
        self.delay_p99_ms = 1e3 * measure.quantile(*delays_between(before, after), 0.99)
        self.cpu_per_second = window.cpu["ours"] / window.seconds


def resident_of_one_target():
    with Responders("unix", 1) as responders, watched(responders) as exporter:
        exporter.get("/metrics", {"Accept-Encoding": "gzip"})
        return measure.resident_bytes(exporter.pid)


def slope_per_probe(stretches):
    """Bytes of growth per probe, by least squares over the later stretches: all memory has been touched by then."""
    points = [(each.probes_so_far, each.resident) for each in stretches[-4:]]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def figures(count, alone, scraped, scrapes, one_target, at_start):
    per_target = [(at_start - one_target) / (count - 1) / 1e3]
    skipped = [each.skipped_percent for each in alone]
    delays = [each.delay_p99_ms for each in alone]
    grown = [1e6 * slope_per_probe(alone) / 1e3]
    probes = max(each.probes_so_far for each in alone)
    return [
        Figure(
            3, "beats skipped", "%", skipped, judged=skipped, at_most=0.1, note=f"of {sum(e.beats for e in alone):,.0f}"
        ),
        Figure(3, "schedule delay, p99", "ms", delays, judged=delays, at_most=10.0),
        Figure(3, "CPU per target", "us/s", [1e6 * each.cpu_per_second / count for each in alone]),
        Figure(
            6,
            "schedule delay, p99, scraped",
            "ms",
            [each.delay_p99_ms for each in scraped],
            "not scraped",
            delays,
            at_most=2.0,
            note=f"{scrapes} whole scrapes",
        ),
        Figure(6, "beats skipped, scraped", "%", [each.skipped_percent for each in scraped]),
        Figure(9, f"per target at {count:,}, scraped with gzip", "kB", per_target, judged=per_target, at_most=6.0),
        Figure(
            9,
            "growth",
            "kB per 1,000,000 probes",
            grown,
            judged=grown,
            at_most=NO_GROWTH_KB,
            note=f"{probes:,.0f} probes",
        ),
    ]


def rows_3_6_9(is_quick):
    count = 500 if is_quick else 10_000
    one_target = resident_of_one_target()
    alone, scraped = [], []
    with Responders("unix", count) as responders, watched(responders) as exporter:
        settle(is_quick)
        for _ in range(2):
            exporter.get("/metrics", {"Accept-Encoding": "gzip"})
        at_start = measure.resident_bytes(exporter.pid)
        scrapes = 0
        for _ in range(2 if is_quick else WINDOWS):
            alone.append(Stretch(exporter, 1 if is_quick else ALONE_SECONDS))
            with scraping(exporter.port) as counter:
                scraped.append(Stretch(exporter, 1 if is_quick else SCRAPED_SECONDS))
                scrapes += counter.value
    return figures(count, alone, scraped, scrapes, one_target, at_start)
