"""Rows 1, 2 and 4: what a probe costs, and what hanging targets cost the others."""

import contextlib
import glob
import json
import os
import re
import socket
import subprocess
import tempfile
import threading

from bench import measure
from bench.figures import Figure
from bench.fleet import PROGRAMS, Counters, Responders, settle, watched
from support.exporter import BINARY
from support.waiting import wait_until

TARGETS = 1000
DELAY_MS = 100  # of the answers: with the rates below, hundreds of exchanges are open at any time
INTERVAL_MS = {"unix": 200, "tcp": 300}
COUNTED_TARGETS, COUNTED_INTERVAL_MS = 250, 250  # under callgrind
WINDOWS = 5
FLOOR_SECONDS = 300  # at the most: it is stopped when the windows are over


def request_bytes():
    """What the exporter sends, so that the floor's client can send the same."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = folder + "/once.sock"
        listener.bind(path)
        listener.listen()
        received = []

        def take():
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(65536))

        reader = threading.Thread(target=take)
        reader.start()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([BINARY, "check", "unix:" + path], check=False, **quiet)
        reader.join()
        return received[0]


class FloorClient:
    """floor_client over the same targets at the same beats."""

    def __init__(self, responders, interval_ms, seconds, prefix=()):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        with open(self.folder.name + "/targets", "w") as file:
            file.writelines(address + "\n" for address in responders.addresses)
        with open(self.folder.name + "/request", "wb") as file:
            file.write(request_bytes())
        self.arguments = [self.folder.name + "/targets", self.folder.name + "/request", str(interval_ms), str(seconds)]
        self.prefix = list(prefix)

    def __enter__(self):
        command = [*self.prefix, f"{PROGRAMS}/floor_client", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return self

    def result(self, stop=False):
        if stop:
            self.process.terminate()
        return json.loads(self.process.communicate()[0])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def cost_per_probe(transport, is_quick):
    """Row 1: exporter and floor side by side, asking the same responder the same."""
    interval_ms = INTERVAL_MS[transport]
    seconds = 0.5 if is_quick else 3
    with contextlib.ExitStack() as stack:
        responders = stack.enter_context(Responders(transport, TARGETS, DELAY_MS))
        exporter = stack.enter_context(watched(responders, f"{interval_ms}ms"))
        floor = stack.enter_context(FloorClient(responders, interval_ms, FLOOR_SECONDS))
        settle(is_quick)
        before = Counters(exporter)
        pids = {"ours": [exporter.pid], "floor": [floor.process.pid]}
        windows = measure.windows(WINDOWS, seconds, pids)
        after = Counters(exporter)
        floor_counts = floor.result(stop=True)
    kept = (after.probes - before.probes) / (after.beats - before.beats)
    floor_beats = floor_counts["passed"] + floor_counts["failed"] + floor_counts["skipped"]
    floor_kept = floor_counts["passed"] / floor_beats
    per_second = TARGETS * 1000 / interval_ms
    in_flight = min(before.in_flight, after.in_flight)
    return Figure(
        1,
        f"CPU per probe, {transport}",
        "us",
        [1e6 * each.cpu["ours"] / (per_second * each.seconds * kept) for each in windows],
        "minimal epoll client",
        [1e6 * each.cpu["floor"] / (per_second * each.seconds * floor_kept) for each in windows],
        at_most=1.25,
        note=f"{per_second:,.0f}/s, {in_flight:.0f} in flight",
    )


def row_1(is_quick):
    return [cost_per_probe(transport, is_quick) for transport in ("unix", "tcp")]


def instructions_in(path):
    with open(path) as file:
        return int(re.findall(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE)[-1])


def valgrind(folder, *options):
    return ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *options]


def control(pid, *command):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["callgrind_control", *command, str(pid)], check=True, **quiet)


def dump(folder, pid, number):
    """Callgrind's counts since the dump before, written by the process itself."""
    control(pid, "--dump")
    path = f"{folder}/out.{number}"
    return wait_until(lambda: os.path.exists(path) and instructions_in(path), "callgrind's dump", 120)


def exporter_instructions(is_quick):
    """Callgrind counts only from when the probes run: a start is slow enough without it."""
    found = []
    with tempfile.TemporaryDirectory() as folder, Responders("unix", COUNTED_TARGETS) as responders:
        prefix = valgrind(folder, "--instr-atstart=no")
        with watched(responders, f"{COUNTED_INTERVAL_MS}ms", prefix=prefix) as exporter:
            control(exporter.pid, "--instr=on")
            settle(is_quick)
            dump(folder, exporter.pid, 1)
            for number in range(2, (2 if is_quick else WINDOWS) + 2):
                before = responders.answered
                measure.pause(1 if is_quick else 4)
                instructions = dump(folder, exporter.pid, number)
                found.append(instructions / (responders.answered - before))
    return found


def floor_instructions(is_quick):
    """Two runs of different length: what the start costs falls out."""
    found = []
    with tempfile.TemporaryDirectory() as folder, Responders("unix", COUNTED_TARGETS) as responders:
        for seconds in (1, 3):
            with FloorClient(responders, COUNTED_INTERVAL_MS, seconds, valgrind(folder)) as floor:
                probes = floor.result()["passed"]
            newest = max(glob.glob(folder + "/out*"), key=os.path.getmtime)
            found.append((instructions_in(newest), probes))
    (few, few_probes), (many, many_probes) = found
    return [(many - few) / (many_probes - few_probes)]


def row_2(is_quick):
    ours = exporter_instructions(is_quick)
    floor = floor_instructions(is_quick)
    what = "instructions per probe, unix, all threads"
    return [Figure(2, what, "instructions", ours, "minimal epoll client", floor, judged=ours, at_most=4000)]


HALF = 1000


def row_4(is_quick):
    """Both fleets at once, so that whatever else runs here meets both."""
    half = 100 if is_quick else HALF
    seconds = 1 if is_quick else 5
    with contextlib.ExitStack() as stack:
        hanging = stack.enter_context(Responders("unix", 2 * half, silent=half))
        healthy = stack.enter_context(Responders("unix", 2 * half))
        half_hangs = stack.enter_context(watched(hanging))
        all_healthy = stack.enter_context(watched(healthy))
        settle(is_quick)
        before = Counters(half_hangs, "healthy-")
        pids = {"half": [half_hangs.pid], "all": [all_healthy.pid]}
        windows = measure.windows(WINDOWS, seconds, pids)
        after = Counters(half_hangs, "healthy-")
    beats = after.beats - before.beats
    skipped = 100 * (after.skipped - before.skipped) / beats
    cost = [[1e3 * each.cpu[name] / each.seconds for each in windows] for name in ("half", "all")]
    return [
        Figure(
            4,
            f"beats skipped by the {half:,} healthy",
            "%",
            [skipped],
            judged=[skipped],
            at_most=0.0,
            note=f"of {beats:,.0f}",
        ),
        Figure(4, "CPU with half hanging", "ms/s", cost[0], "all healthy", cost[1], at_most=1.2),
    ]
