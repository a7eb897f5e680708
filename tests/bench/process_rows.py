"""Rows 9, 10 and 12: memory and start of one exporter with one target, and what watching one PHP-FPM pool costs."""

import contextlib
import os
import subprocess
import tempfile
import time

from bench import measure, peers
from bench.figures import Figure
from bench.fleet import Responders, settle, watched
from support.exporter import BINARY, Exporter, clean_environment
from support.php_fpm import PhpFpm
from support.ports import reserved_port

RUNS = 7
SCRAPES_BEFORE = 20  # a process that nobody has asked for anything has not shown its memory yet
WINDOWS = 5


def row_9(is_quick):
    """One target each; blackbox_exporter is asked for its own metrics and for a probe by turns."""
    with contextlib.ExitStack() as stack:
        responders = stack.enter_context(Responders("tcp", 1))
        exporter = stack.enter_context(watched(responders))
        blackbox = peers.blackbox()
        other = None if blackbox.absent else stack.enter_context(peers.running_blackbox(blackbox.program))
        for _ in range(SCRAPES_BEFORE):
            exporter.get("/metrics", {"Accept-Encoding": "gzip"})
            if other:
                peers.get(other.port, f"/probe?module=connect&target=127.0.0.1:{responders.port}")
                peers.get(other.port, "/metrics")
        settle(is_quick)
        ours = [measure.resident_bytes(exporter.pid) / 1e6]
        theirs = [measure.resident_bytes(other.process.pid) / 1e6] if other else []
    return [
        Figure(9, "1 target", "MB", ours, judged=ours, at_most=10.0),
        Figure(9, "1 target", "MB", ours, "blackbox_exporter", theirs, absent=blackbox.absent),
    ]


def start_ms(command, port):
    """From the start of the process to the first whole page that it serves."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not peers.answers(port, "/metrics"):
            assert process.poll() is None, f"{command} ended"
        return 1e3 * (time.monotonic() - began)
    finally:
        process.terminate()
        process.wait()


def ours_started(target_port):
    port = reserved_port()
    arguments = [f"--fastcgi.target=t=127.0.0.1:{target_port}", f"--web.listen-address=127.0.0.1:{port}"]
    return start_ms([BINARY, *arguments], port)


def blackbox_started(program):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write("modules: {connect: {prober: tcp}}\n")
        config.flush()
        port = reserved_port()
        return start_ms([program, f"--config.file={config.name}", f"--web.listen-address=127.0.0.1:{port}"], port)


def stripped_mb(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["strip", "-o", folder + "/stripped", program], check=True)
        return os.path.getsize(folder + "/stripped") / 1e6


def row_10(is_quick):
    blackbox = peers.blackbox()
    ours, theirs = [], []
    with Responders("tcp", 1) as responders:
        for _ in range(1 if is_quick else RUNS):
            ours.append(ours_started(responders.port))
            if not blackbox.absent:
                theirs.append(blackbox_started(blackbox.program))
    name = "blackbox_exporter"
    sizes = [] if blackbox.absent else [stripped_mb(blackbox.program)]
    return [
        Figure(10, "start to first scrape", "ms", ours, name, theirs, at_most=1.0, absent=blackbox.absent),
        Figure(
            10,
            "binary, stripped",
            "MB",
            [stripped_mb(BINARY)],
            name,
            sizes,
            at_most=0.5,
            note="ours links Debian's shared libraries, theirs is static",
            absent=blackbox.absent,
        ),
    ]


def pool():
    return PhpFpm({"www": {"listen": "tcp", "pm.status_path": "/status"}})


class Watched:
    """A pool of its own and who watches it, asked once a second by `ask`."""

    def __init__(self, php, pids, ask):
        self.php, self.pids, self.ask = php, pids, ask


def watch_ours(stack):
    php = stack.enter_context(pool())
    config = {
        "modules": {"m": {"interval": "1s", "timeout": "900ms", "status": {"path": "/status"}}},
        "targets": [{"name": "www", "address": "tcp://" + php.addresses["www"], "module": "m"}],
    }
    exporter = stack.enter_context(Exporter(config=config))
    return Watched(php, [exporter.pid], lambda: exporter.get("/metrics"))


def watch_blackbox(stack, program):
    php = stack.enter_context(pool())
    peer = stack.enter_context(peers.running_blackbox(program))
    path = "/probe?module=connect&target=" + php.addresses["www"]
    return Watched(php, peer.pids, lambda: peers.get(peer.port, path))


def watch_original(stack, program):
    php = stack.enter_context(pool())
    peer = stack.enter_context(peers.running_original(program, php.addresses["www"].rsplit(":", 1)[1]))
    return Watched(php, peer.pids, lambda: peers.get(peer.port, "/fcgi-ping"))


def watch_hipages(stack, program):
    php = stack.enter_context(pool())
    peer = stack.enter_context(peers.running_hipages(program, f"tcp://{php.addresses['www']}/status"))
    return Watched(php, peer.pids, lambda: peers.get(peer.port, "/metrics"))


RIVALS = {
    "hipages/php-fpm_exporter": (lambda: peers.built("php-fpm_exporter"), watch_hipages, "its status page"),
    "Debian's PHP-FPM exporter": (
        lambda: peers.Peer(absent="Debian 12 packages no PHP-FPM exporter"),
        None,
        "its status page",
    ),
    "fastcgi-healthcheck": (lambda: peers.built("fastcgi-healthcheck"), watch_original, "its ping only"),
    "blackbox_exporter": (peers.blackbox, watch_blackbox, "a bare tcp connect, no FastCGI"),
}


def asked_once_a_second(watched_pools, seconds):
    """CPU ms per second of each watcher and of its pool, in WINDOWS windows."""
    watchers = {name: each.pids for name, each in watched_pools.items()}
    fpm = {name + " php-fpm": each.php.pids for name, each in watched_pools.items()}
    found = {}
    for _ in range(WINDOWS):
        before = {name: measure.cpu_seconds(*pids) for name, pids in {**watchers, **fpm}.items()}
        began = time.monotonic()
        for second in range(seconds):
            for each in watched_pools.values():
                each.ask()
            measure.pause(max(0, began + second + 1 - time.monotonic()))
        took = time.monotonic() - began
        for name, pids in {**watchers, **fpm}.items():
            found.setdefault(name, []).append(1e3 * (measure.cpu_seconds(*pids) - before[name]) / took)
    return found


def row_12(is_quick):
    absent, others = {}, {}
    with contextlib.ExitStack() as stack:
        pools = {"ours": watch_ours(stack)}
        for name, (find, watch, _) in RIVALS.items():
            peer = find()
            if peer.absent:
                absent[name] = peer.absent
            else:
                pools[name] = others[name] = watch(stack, peer.program)
        settle(is_quick)
        found = asked_once_a_second(pools, 1 if is_quick else 12)
    best = min(others, key=lambda name: measure.median(found[name]), default=None)
    figures = []
    for name, (_, _, what) in RIVALS.items():
        goal = 0.2 if name == best else None
        figures.append(
            Figure(
                12,
                "CPU of the exporter, asked and scraped each second",
                "ms/s",
                found["ours"],
                f"{name}: {what}",
                found.get(name, []),
                at_most=goal,
                absent=absent.get(name, ""),
            )
        )
        if name in others:
            mine, other = found["ours php-fpm"], found[name + " php-fpm"]
            figures.append(Figure(12, "CPU of PHP-FPM", "ms/s", mine, f"watched by {name}", other))
    return figures
