"""Many targets of one exporter: what they say for themselves, reloads under load, and too few descriptors."""

import contextlib
import os
import re
import signal

from support import page_invariants, responder
from support.exporter import Exporter
from support.responder import Responder, answering_process
from support.waiting import wait_until

# The long run: FLEET_TARGETS=500 FLEET_RELOADS=1000.
TARGETS = int(os.environ.get("FLEET_TARGETS", "60"))
RELOADS = int(os.environ.get("FLEET_RELOADS", "40"))
RELOADS_PER_PAGE = max(10, RELOADS // 20)
FORGET_SOON = {"ASAN_OPTIONS": "quarantine_size_mb=1"}
# What a reload may leave behind on average. A record is 5 KB, and each reload replaces those of a fifth of the targets.
# A sanitizer keeps what is freed for a while.
BYTES_PER_RELOAD_AND_TARGET = 10_000 if os.environ.get("EXPORTER_SANITIZED") else 1_000
SOFT_DESCRIPTORS, HARD_DESCRIPTORS = 80, 120


def target(name, address, **more):
    return {"name": name, "address": address, "module": "m", **more}


def config_of(targets, **module):
    settings = {"interval": "200ms", "timeout": "5s", "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}}}
    return {"modules": {"m": {**settings, **module}}, "targets": targets}


def probes(page, name):
    return page.total("fastcgi_probes_total", target=name)


def resident_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return 1024 * int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE)[1])


def test_a_target_says_for_itself_what_its_module_says_for_all():
    with Responder(responder.answering(b"busy", status="503 Busy")) as odd, Responder(responder.answering()) as plain:
        own = {"interval": "50ms", "ping": {"status": "503", "expect": {"contains": "busy"}}}
        targets = [target("odd", odd.address, override=own), target("plain", plain.address)]
        with Exporter(["--web.enable-lifecycle"], config=config_of(targets)) as exporter:
            page = exporter.wait_for(
                lambda p: p.values("fastcgi_up") == [1, 1] and p.total("fastcgi_probes_total", target="plain") >= 5,
                "both to be up, each by its own rules",
            )
            assert page.beats(target="odd") > 1.5 * page.beats(target="plain")
            assert page.values("fastcgi_target_info", target="odd", module="m") == [1]
            shown = exporter.get("/config").text
            assert "    override:\n      interval: 50ms\n" in shown
            # What changes in it is a change of its target alone.
            targets[0]["override"]["ping"]["expect"] = {"contains": "idle"}
            exporter.write_config(config_of(targets))
            assert exporter.get("/-/reload", method="POST").status == 200
            changes = "changed=1 removed=0 unchanged=1"
            wait_until(lambda: exporter.has_line("configuration reloaded", changes), "the log")
            page = exporter.wait_for(lambda p: p.outcome("odd") == "mismatch", "the new expectation to be looked at")
            assert page.health("plain") == "up"


class Fleet:
    """Of ten targets eight stay, one is changed by each reload, and one is another one with each."""

    def __init__(self, address):
        self.address = address
        self.staying = [target(f"stays-{i:03}", address) for i in range(8 * TARGETS // 10)]

    def config(self, turn):
        labels = {"turn": str(turn)}
        changed = [target(f"changes-{i:03}", self.address, labels=labels) for i in range(TARGETS // 10)]
        new = [target(f"comes-{turn:04}-{i:03}", self.address) for i in range(TARGETS // 10)]
        return config_of(self.staying + changed + new)


def reload_by_signal(exporter, config):
    seen = len(exporter.lines)
    exporter.write_config(config)
    exporter.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any("configuration reloaded" in line for line in exporter.lines[seen:]), "the reload")


def targets_shown(page):
    return {labels["target"] for labels, _ in page.samples["fastcgi_target_info"]}


def test_reloads_under_load_lose_nothing_and_leave_nothing_behind():
    with contextlib.ExitStack() as stack:
        fleet = Fleet(stack.enter_context(answering_process()))
        exporter = stack.enter_context(Exporter(config=fleet.config(0), environment=FORGET_SOON))
        before = exporter.wait_for(
            lambda p: all(probes(p, each["name"]) for each in fleet.staying), "a verdict on each target"
        )
        memory = []
        for turn in range(1, RELOADS + 1):
            reload_by_signal(exporter, fleet.config(turn))
            if turn % RELOADS_PER_PAGE:
                continue
            page = exporter.metrics()
            assert targets_shown(page) == {each["name"] for each in fleet.config(turn)["targets"]}
            assert page_invariants.check_progress(before.text, page.text) == []
            memory.append(resident_bytes(exporter.pid))
            before = page
        page = exporter.wait_for(
            lambda p: all(probes(p, t["name"]) > probes(before, t["name"]) for t in fleet.staying), "beats afterwards"
        )
        # A busy machine may answer late; a reload that cut an exchange would show another reason.
        for each in fleet.staying:
            failures = page.total("fastcgi_probe_failures_total", target=each["name"])
            assert failures == page.total("fastcgi_probe_failures_total", target=each["name"], reason="timeout")
        wait_until(lambda: exporter.metrics().value("fastcgi_exporter_probes_in_flight") <= TARGETS, "open exchanges")
        half = memory[len(memory) // 2 - 1]
        grown = (memory[-1] - half) / (RELOADS / 2 * TARGETS)
        print(f"{RELOADS} reloads of {TARGETS} targets: resident {memory} bytes, {exporter.descriptors()} descriptors")
        assert grown < BYTES_PER_RELOAD_AND_TARGET, f"resident after every {RELOADS_PER_PAGE} reloads: {memory}"


def test_when_descriptors_run_short_probes_wait_and_health_answers():
    limits = ["prlimit", f"--nofile={SOFT_DESCRIPTORS}:{HARD_DESCRIPTORS}"]
    with Responder(responder.answering_when_released, backlog=4096) as peer:
        targets = [target(f"t-{i:03}", peer.address) for i in range(HARD_DESCRIPTORS)]
        config = config_of(targets, timeout="10m", abandon_after="10m", stale_after="10m")
        with Exporter(config=config, prefix=limits) as exporter:
            with open(f"/proc/{exporter.pid}/limits") as file:
                assert re.search(rf"Max open files\s+{HARD_DESCRIPTORS}\s", file.read()), "not raised"
            page = exporter.wait_for(
                lambda p: p.total("fastcgi_probes_skipped_total", reason="limit") > HARD_DESCRIPTORS,
                "beats that found no descriptor",
            )
            in_flight = page.value("fastcgi_exporter_probes_in_flight")
            assert 0 < in_flight < HARD_DESCRIPTORS / 2
            for path in ("/healthz", "/-/healthy", "/fcgi-live"):
                assert exporter.get(path).status == 200, path
            assert exporter.get("/fcgi-ping/t-000").headers["x-fastcgi-health"] == "unknown"
            peer.released.set()
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [1] * len(targets), "every target's turn")
