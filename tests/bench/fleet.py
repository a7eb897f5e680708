"""Many targets: who answers for them, the exporter that watches them, and what its page says in sum."""

import contextlib
import os
import subprocess
import tempfile

from bench.measure import pause
from support.exporter import Exporter
from support.waiting import wait_until

PROGRAMS = os.environ.get("BENCH_PROGRAMS", "build/release/tests/bench")
LOOPBACK_ADDRESSES = 16  # of tcp targets, so that a port is free again before its turn comes


class Responders:
    """many_responder: `addresses` are those of `count` targets, the first `silent` of which never answer."""

    def __init__(self, transport, count, delay_ms=0, silent=0):
        self.transport, self.count, self.silent = transport, count, silent
        self.options = ["--delay-ms", str(delay_ms), "--silent", str(silent)]

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        where = ["unix", self.folder.name + "/", str(self.count)] if self.transport == "unix" else ["tcp"]
        self.process = subprocess.Popen(
            [f"{PROGRAMS}/many_responder", *self.options, *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        listening = self.process.stdout.readline().split()
        assert listening[:1] == ["listening"], "many_responder did not start"
        self.port = listening[1]
        return self

    def __exit__(self, *_):
        self.process.communicate("")  # the end of its input is the end of it
        self.folder.cleanup()

    @property
    def answered(self):
        """Requests answered so far."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    @property
    def addresses(self):
        if self.transport == "unix":
            return [f"{self.folder.name}/{i}.sock" for i in range(self.count)]
        return [f"127.0.1.{i % LOOPBACK_ADDRESSES + 1}:{self.port}" for i in range(self.count)]


def name_of(index, silent):
    return f"hanging-{index:05}" if index < silent else f"healthy-{index:05}"


def config_for(responders, interval="1s", **module):
    prefix = "unix:" if responders.transport == "unix" else "tcp://"
    settings = {"interval": interval, "timeout": "1s", "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}}}
    return {
        "modules": {"m": {**settings, **module}},
        "targets": [
            {"name": name_of(i, responders.silent), "address": prefix + address, "module": "m"}
            for i, address in enumerate(responders.addresses)
        ],
    }


@contextlib.contextmanager
def watched(responders, interval="1s", prefix=(), **module):
    """The exporter watching them, every target through its first round."""
    with Exporter(config=config_for(responders, interval, **module), prefix=prefix) as exporter:
        wait_until(lambda: exporter.get("/-/ready").status == 200, "the first round of every target", 300)
        yield exporter


class Counters:
    """Sums over the targets of a page, whose name begins with `prefix`; as fast as a page of 40 MB needs."""

    def __init__(self, exporter, prefix=""):
        self.text = exporter.get("/metrics").body
        self.prefix = prefix.encode()
        self.probes = self.total("fastcgi_probes_total")
        self.skipped = self.total("fastcgi_probes_skipped_total")
        self.failures = self.total("fastcgi_probe_failures_total")
        self.in_flight = sum(self.values("fastcgi_exporter_probes_in_flight"))
        self.delays = self.values("fastcgi_exporter_schedule_delay_seconds")[:-2]  # cumulative; less _sum and _count
        self.delay_bounds = self.bounds("fastcgi_exporter_schedule_delay_seconds")
        del self.text

    def lines(self, family):
        start = self.text.find(b"\n# TYPE " + family.encode() + b" ")
        assert start >= 0, f"{family} is not on the page"
        end = self.text.find(b"\n# ", start + 1)
        return self.text[start + 1 : end if end >= 0 else len(self.text)].splitlines()[1:]

    def values(self, family):
        return [float(line.rsplit(b" ", 1)[1]) for line in self.lines(family)]

    def bounds(self, family):
        return [float(line.split(b'le="')[1].split(b'"')[0]) for line in self.lines(family) if b'le="' in line]

    def total(self, family):
        wanted = b'{target="' + self.prefix
        return sum(float(line.rsplit(b" ", 1)[1]) for line in self.lines(family) if wanted in line)

    @property
    def beats(self):
        return self.probes + self.skipped


def delays_between(before, after):
    """(bounds, counts per bucket) of the beats in between."""
    grown = [late - early for early, late in zip(before.delays, after.delays)]
    return after.delay_bounds, [here - lower for lower, here in zip([0, *grown], grown)]


def settle(is_quick):
    """Past the burst of the first rounds, whose beats are spread over one second."""
    pause(0.3 if is_quick else 3)
