"""Beats under load: what hangs must not cost the others anything."""

import contextlib

from support import fastcgi, responder
from support.dns_server import DnsServer
from support.exporter import Exporter
from support.responder import Responder, answering_process
from support.waiting import wait_until

SECONDS = 30


def config_for(addresses, interval="1s", timeout="500ms", hanging=lambda name: True):
    module = {
        "interval": interval,
        "timeout": timeout,
        "abandon_after": "20s",
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
    }
    return {
        "modules": {"m": module, "patient": {**module, "timeout": "10s"}},
        "targets": [
            {"name": name, "address": address, "module": "m" if hanging(name) else "patient"}
            for name, address in addresses.items()
        ],
    }


def in_time(page, targets):
    """The share of answers that came within half a second."""
    durations = "fastcgi_probe_duration_seconds"
    counted = sum(page.value(f"{durations}_count", target=target, check="ping") for target in targets)
    return sum(page.value(f"{durations}_bucket", target=target, check="ping", le="0.5") for target in targets) / counted


def test_200_healthy_targets_keep_their_beats_beside_200_that_hang():
    with contextlib.ExitStack() as stack:
        # In a process of its own: reading the pages of 400 targets here must not slow down its answers.
        healthy = stack.enter_context(answering_process())
        hanging = stack.enter_context(Responder(responder.silent, backlog=4096))
        names = {f"healthy-{i:03}": healthy for i in range(200)}
        names.update({f"hanging-{i:03}": hanging.address for i in range(200)})
        config = config_for(names, hanging=lambda name: name.startswith("hanging"))
        exporter = stack.enter_context(Exporter(config=config))
        for name in names:
            wait_until(lambda: exporter.why(name)["checks"][0]["planned"] > SECONDS, f"{SECONDS} beats of {name}", 120)
        page = exporter.metrics()

        # Exactly: what was planned is either probed, skipped, or the one probe that is not yet judged.
        for name in list(names)[::20]:
            check = exporter.why(name)["checks"][0]
            assert check["planned"] - check["probes"] - check["skipped"] in (0, 1), check

        well = [name for name in names if name.startswith("healthy")]
        skipped = sum(page.total("fastcgi_probes_skipped_total", target=name) for name in well)
        planned = sum(page.beats(target=name) for name in well)
        assert skipped <= 0.05 * planned, f"{skipped} of {planned}"  # a machine that stalls skips some
        assert in_time(page, well) >= 0.95
        for name in names:
            if name.startswith("healthy"):
                assert page.total("fastcgi_probe_failures_total", target=name) == 0
            else:
                # One exchange stays open; the beats that find it are counted as such, and are no second connection.
                assert page.value("fastcgi_probes_skipped_total", target=name, check="ping", reason="outstanding") > 0
                assert page.health(name) == "down"
        # At most one connection a target at a time; abandoned after 20 s, so two in all by now, and a back-off.
        assert hanging.accepted <= 200 * 3


def test_one_hanging_name_of_fifty_costs_the_others_nothing():
    with answering_process() as address:
        names = {f"pool{i:02}.test": ["127.0.0.1"] for i in range(50)}
        names["pool07.test"] = None  # the name server never answers
        port = address.rsplit(":", 1)[1]
        addresses = {name: f"{name}:{port}" for name in names}
        with DnsServer(names) as dns, Exporter(
            config=config_for(addresses, interval="500ms", hanging=lambda name: name == "pool07.test"),
            environment={"FASTCGI_EXPORTER_DNS_SERVERS": dns.address},
        ) as exporter:
            for name in names:
                wait_until(lambda: exporter.why(name)["checks"][0]["planned"] > 30, f"30 beats of {name}")
            page = exporter.metrics()
            assert page.outcome("pool07.test") == "resolve_failed"
            others = [name for name in names if name != "pool07.test"]
            for name in others:
                assert page.outcome(name) == "pass", name
                assert page.total("fastcgi_probe_failures_total", target=name) == 0, name
            skipped = sum(page.total("fastcgi_probes_skipped_total", target=name) for name in others)
            planned = sum(page.beats(target=name) for name in others)
            assert skipped <= 0.1 * planned, f"{skipped} of {planned}"
            assert in_time(page, others) >= 0.95


def test_a_late_answer_touches_only_the_histogram():
    with Responder(responder.holding(answer_now)) as peer:
        with Exporter(config=config_for({"late": peer.address}, interval="200ms", timeout="2s")) as exporter:
            page = exporter.wait_for(lambda p: p.outcome("late") == "response_timeout", "the timeout")
            assert page.value("fastcgi_probe_duration_seconds_count", target="late", check="ping") == 0
            peer.released.set()
            page = exporter.wait_for(
                lambda p: p.value("fastcgi_late_answers_total", target="late", check="ping") == 1, "the late answer"
            )
            assert page.value("fastcgi_probe_duration_seconds_sum", target="late", check="ping") > 2
            page = exporter.wait_for(lambda p: p.health("late") == "up", "health after the release")
            assert page.value("fastcgi_probe_failures_total", target="late", check="ping", reason="timeout") == 1


def answer_now(connection, peer):
    connection.sendall(fastcgi.answer())
    peer.note("late")


def test_an_abandoned_exchange_is_counted_and_backed_off():
    config = config_for({"hung": ""}, interval="100ms", timeout="100ms")
    config["modules"]["m"].update(abandon_after="400ms", stale_after="10s")
    with Responder(responder.silent) as peer:
        config["targets"][0]["address"] = peer.address
        with Exporter(config=config) as exporter:
            exporter.wait_for(
                lambda p: p.value("fastcgi_probes_abandoned_total", target="hung", check="ping") >= 2
                and p.value("fastcgi_probes_skipped_total", target="hung", check="ping", reason="backoff") >= 2
                and p.health("hung") == "down",
                "abandoned exchanges, a back-off and the verdict",
            )
            assert exporter.metrics().health("hung") != "unknown"  # backed off, and still looked at
