"""What running processes cost, read from the kernel: processor time to the nanosecond, and resident memory."""

import contextlib
import os
import re
import statistics
import time


def cpu_seconds(*pids):
    """User and system time of all threads of these processes so far."""
    return sum(1e-9 * nanoseconds_on_cpu(pid, thread) for pid in pids for thread in os.listdir(f"/proc/{pid}/task"))


def nanoseconds_on_cpu(pid, thread):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread may end at any time
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            return int(file.read().split()[0])
    return 0


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def resident_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return 1024 * int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE)[1])


class Window:
    """A stretch of time and what each of the processes in it cost."""

    def __init__(self, seconds, cpu):
        self.seconds = seconds
        self.cpu = cpu  # by the name given


def windows(count, seconds, processes):
    """`processes`: {name: [pid, ...]}, measured over the same stretches."""
    measured = []
    for _ in range(count):
        began = time.monotonic()
        before = {name: cpu_seconds(*pids) for name, pids in processes.items()}
        pause(seconds)
        after = {name: cpu_seconds(*pids) for name, pids in processes.items()}
        measured.append(Window(time.monotonic() - began, {name: after[name] - before[name] for name in processes}))
    return measured


def pause(seconds):
    """The one place where the suite lets time pass: what it measures is what happens meanwhile."""
    time.sleep(seconds)


median = statistics.median


def pairwise(ours, theirs):
    """One ratio per run, so that a disturbance that met both at once falls out."""
    return [mine / other for mine, other in zip(ours, theirs)]


def quantile(bounds, counts, wanted):
    """Of a histogram whose bucket i holds counts[i] values up to bounds[i], read as Prometheus does: evenly spread
    within a bucket. The last bound is infinite; what lies there is said to be at the bound before."""
    rank, seen, lower = wanted * sum(counts), 0, 0.0
    for bound, count in zip(bounds, counts):
        if seen + count >= rank and count:
            return lower if bound == float("inf") else lower + (bound - lower) * (rank - seen) / count
        seen += count
        lower = bound
    return lower
