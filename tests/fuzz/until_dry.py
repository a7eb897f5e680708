#!/usr/bin/env python3
"""Runs fuzz targets, after tests/fuzz/run.sh built them, until so many minutes of CPU bring no new edge.

tests/fuzz/until_dry.py [--minutes M] [--jobs N] [--max-len BYTES] TARGET...

Prints a row of the table of tests/RESULTS.md for each. What was run is kept in build/fuzz/TARGET.json beside the corpus
in build/fuzz/corpus/TARGET, so that a run which is interrupted goes on where it stopped: a corpus that reaches as many
edges as were known carries its dry time on, any other number starts it again. A finding ends in status 1.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

BUILD = pathlib.Path(os.environ.get("FUZZ_BUILD_DIR", pathlib.Path(__file__).parents[2] / "build" / "fuzz"))
EDGES = re.compile(r"^#(\d+)\s+(\w+) +cov: (\d+) ")
EXECUTIONS = re.compile(r"^stat::number_of_executed_units: (\d+)")
TICKS = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 5
stopping = threading.Event()


@dataclasses.dataclass
class Record:
    """What all runs of one target came to; dry_seconds is the CPU time since its last new edge."""

    executions: int = 0
    cpu_seconds: float = 0
    edges: int = 0
    dry_seconds: float = 0

    @classmethod
    def of(cls, target):
        path = BUILD / f"{target}.json"
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def save(self, target):
        (BUILD / f"{target}.json").write_text(json.dumps(dataclasses.asdict(self)) + "\n")

    def row(self, target):
        return (f"| `{target}` | {self.executions:,} | {self.cpu_seconds:,.0f} | {self.edges:,} | "
                f"{self.dry_seconds / 60:.1f} |")


class Run:
    """One run of libFuzzer, whose lines are read as they come."""

    def __init__(self, target, record, max_len):
        self.before, self.record = record, dataclasses.replace(record)
        self.executions, self.used, self.last_edge_at = 0, 0.0, 0.0
        self.log = (BUILD / f"{target}.log").open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [BUILD / "tests" / "fuzz" / f"{target}_fuzz", f"-max_len={max_len}", f"-artifact_prefix={BUILD}/{target}-",
             "-print_final_stats=1", "-report_slow_units=60", BUILD / "corpus" / target],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
            env={**os.environ, "LLVM_PROFILE_FILE": "/dev/null"})
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log.write(line)
            if match := EDGES.match(line):
                self._see(int(match[1]), match[2], int(match[3]))
            elif match := EXECUTIONS.match(line):
                self.executions = int(match[1])

    def _see(self, executions, event, edges):
        self.executions = executions
        if event == "INITED" and edges == self.before.edges:
            self.last_edge_at = self._cpu_seconds() - self.before.dry_seconds
        elif edges != self.record.edges:
            self.last_edge_at = self._cpu_seconds()
        self.record.edges = edges

    def _cpu_seconds(self):
        """User and system time, proc(5); the last that was seen of a process that has ended."""
        try:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            self.used = (int(fields[11]) + int(fields[12])) / TICKS
        except FileNotFoundError:
            pass
        return self.used

    def look(self):
        """Brings the record up to now."""
        used = self._cpu_seconds()
        self.record.cpu_seconds = self.before.cpu_seconds + used
        self.record.dry_seconds = used - self.last_edge_at

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.reader.join()
        self.process.wait()
        self.log.close()
        self.record.executions = self.before.executions + self.executions


def run_until_dry(target, options):
    """The record, and whether something was found."""
    record = Record.of(target)
    run = Run(target, record, options.max_len)
    while run.process.poll() is None and not stopping.is_set():
        run.look()
        run.record.save(target)
        if run.record.dry_seconds >= options.minutes * 60:
            break
        stopping.wait(LOOK_SECONDS)
    found = run.process.poll() is not None and not stopping.is_set()
    run.end()
    run.record.save(target)
    return run.record, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=30, help="of CPU without a new edge")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument("--max-len", type=int, default=20000, help="bytes of an input")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    status = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(run_until_dry, target, options): target for target in options.targets}
        for done in concurrent.futures.as_completed(runs):
            record, found = done.result()
            print(record.row(runs[done]), "FOUND SOMETHING, see its log" if found else "", flush=True)
            status |= found
    return status


if __name__ == "__main__":
    sys.exit(main())
