"""Rows 7 and 8: the health answers, beside other servers and beside hostile connections."""

import contextlib
import re
import resource
import socket
import subprocess
import threading

from bench import measure, peers
from bench.figures import Figure
from bench.fleet import Responders, watched

RUNS = 5
CONNECTIONS = (1, 16, 64)
WHO = {"fcgi-ping": "/fcgi-ping", "healthz": "/healthz"}
GOALS = {  # keep-alive, close: our requests/s over the peer's
    "nginx": (0.8, 0.7),
    "Go net/http": (1.0, 1.0),
    "fastcgi-healthcheck": (3.0, 3.0),
}
ORIGINAL = "fastcgi-healthcheck"


def wrk(port, path, connections, seconds, *options, close=False):
    """What wrk prints, on one thread."""
    headers = ["-H", "Connection: close"] if close else []
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *headers, *options, f"http://127.0.0.1:{port}{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def requests_per_second(*arguments, **options):
    text = wrk(*arguments, **options)
    assert "Non-2xx" not in text, text
    return float(re.search(r"^Requests/sec:\s+([\d.]+)", text, re.MULTILINE)[1])


def p99_ms(*arguments, **options):
    text = wrk(*arguments, "--latency", **options)
    number, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", text, re.MULTILINE).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


class Contestants:
    """Every server that is there, and why the others are not: {name: (port, path)}, {name: why}."""

    def __init__(self, stack):
        responders = stack.enter_context(Responders("tcp", 1))
        exporter = stack.enter_context(watched(responders))
        self.ours = {name: (exporter.port, path) for name, path in WHO.items()}
        self.others, self.absent = {}, {}
        original = peers.built("fastcgi-healthcheck")
        starters = {
            "nginx": (peers.nginx(), peers.running_nginx, ["/"]),
            "Go net/http": (peers.built("http_server"), peers.running_go, ["/"]),
            ORIGINAL: (original, lambda program: peers.running_original(program, responders.port), WHO.values()),
        }
        for name, (peer, start, paths) in starters.items():
            if peer.absent:
                self.absent[name] = peer.absent
            else:
                port = stack.enter_context(start(peer.program)).port
                self.others.update({(name, path): (port, path) for path in paths})

    def rival(self, name, mine):
        """Which of its answers ours is compared with: the same page, if it has that."""
        return (name, WHO[mine]) if name == ORIGINAL else (name, "/")

    @property
    def all(self):
        return {**self.ours, **self.others}


def row_7(is_quick):
    """Server after server in each round, so that a disturbance meets neighbours, not one of them five times."""
    seconds, runs = (1, 1) if is_quick else (1, RUNS)
    modes = [(count, close) for count in CONNECTIONS[: 1 if is_quick else None] for close in (False, True)]
    with contextlib.ExitStack() as stack:
        servers = Contestants(stack)
        seen = {}
        for _ in range(runs):
            for connections, close in modes:
                for name, (port, path) in servers.all.items():
                    rate = requests_per_second(port, path, connections, seconds, close=close)
                    seen.setdefault((name, connections, close), []).append(rate)
    figures = []
    for mine in WHO:
        for connections, close in modes:
            what = f"/{mine}, {'close' if close else 'keep-alive'}, c{connections}"
            for other, goals in GOALS.items():
                figures.append(
                    Figure(
                        7,
                        what,
                        "requests/s",
                        seen[mine, connections, close],
                        other,
                        seen.get((servers.rival(other, mine), connections, close), []),
                        at_least=goals[close],
                        absent=servers.absent.get(other, ""),
                    )
                )
    return figures


class HostileConnections:
    """`slow`: each sends a byte of a request's head a second. Otherwise they say nothing at all."""

    def __init__(self, port, count, slow):
        self.port, self.count, self.slow = port, count, slow
        self.over = threading.Event()

    def __enter__(self):
        self.sockets = []
        for _ in range(self.count):
            self.sockets.append(socket.create_connection(("127.0.0.1", self.port)))
            self.sockets[-1].setblocking(False)
        self.thread = threading.Thread(target=self._trickle)
        self.thread.start()
        return self

    def _trickle(self):
        head = b"GET /healthz HTTP/1.1\r\nX-Slow: " + 4000 * b"a"
        for position in range(len(head)):
            if self.over.wait(1 if self.slow else 3600):
                return
            for each in self.sockets:
                with contextlib.suppress(OSError):  # dropped by the server, which is its right
                    each.send(head[position : position + 1])

    @property
    def alive(self):
        """How many the server still holds."""
        standing = 0
        for each in self.sockets:
            try:
                standing += each.recv(1) != b""
            except BlockingIOError:
                standing += 1
            except OSError:
                pass
        return standing

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for each in self.sockets:
            each.close()


def row_8(is_quick):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = {"1,000 slow heads": (1000, True), "10,000 idle connections": (10_000, False)}
    if is_quick:
        kinds = {"100 slow heads": (100, True)}
    runs = 1 if is_quick else RUNS
    without = {name: [] for name in kinds}
    beside = {name: [] for name in kinds}
    standing = {}
    with Responders("unix", 1) as responders, watched(responders) as exporter:
        for _ in range(runs):
            for name, (count, slow) in kinds.items():
                without[name].append(p99_ms(exporter.port, "/fcgi-ping", 4, 1 if is_quick else 2, close=True))
                with HostileConnections(exporter.port, count, slow) as hostile:
                    beside[name].append(p99_ms(exporter.port, "/fcgi-ping", 4, 1 if is_quick else 2, close=True))
                    standing[name] = hostile.alive
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return [
        Figure(
            8,
            f"p99 of /fcgi-ping, close, c4, beside {name}",
            "ms",
            beside[name],
            "without them",
            without[name],
            at_most=2.0,
            note=f"{standing[name]:,} held at the end",
        )
        for name in kinds
    ]
