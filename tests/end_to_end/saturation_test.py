"""Busy is not dead: real PHP-FPM pools whose workers are all asleep, ended, gone or stopped, and what the exporter says
of them. The accept queue is compared with what `ss` reads."""

import contextlib
import json
import os
import tempfile

import pytest

from support import accept_queue, fastcgi, namespace, responder, status_page
from support.busy_workers import BusyWorkers
from support.dns_server import DnsServer
from support.exporter import Exporter
from support.fastcgi_client import Request, ask
from support.php_fpm import PhpFpm
from support.responder import Responder
from support.scripted_pool import ScriptedPool
from support.waiting import wait_until

BACKLOG = 8
EXTRA_CLIENTS = 5
FALL = 2


def pool(listen, **more):
    return {"listen": listen, "listen.backlog": BACKLOG, "pm.status_path": "/status", **more}


# Each pool has two workers (pm = static), which is what PhpFpm starts when nothing else is said.
POOLS = {
    "tcp": pool("tcp"),
    "tcp-status": pool("tcp", **{"pm.status_listen": "tcp"}),
    "unix": pool("unix"),
    "unix-status": pool("unix", **{"pm.status_listen": "unix"}),
}


def module(**more):
    return {
        "interval": "1s",
        "timeout": "500ms",
        "start_grace": "0s",
        "health": {"rise": 1, "fall": FALL},
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        "status": {"path": "/status"},
        **more,
    }


def target_of(fpm, name, **more):
    aside = {"status_address": fpm.status_addresses[name]} if name in fpm.status_addresses else {}
    return {"name": name, "address": fpm.addresses[name], "module": "m", **aside, **more}


def config_for(fpm, **more):
    return {"modules": {"m": module(**more)}, "targets": [target_of(fpm, name) for name in fpm.addresses]}


def all_are(health, names):
    return lambda page: all(page.health(name) == health for name in names)


def answers(exporter, name):
    """(health, {question: status}) as the three probes of Kubernetes see the target."""

    def at_one_moment():
        replies = {question: exporter.get(f"/fcgi-{question}/{name}") for question in ("live", "ready", "ping")}
        health, *changed = {reply.headers["x-fastcgi-health"] for reply in replies.values()}
        return not changed and (health, {question: reply.status for question, reply in replies.items()})

    return wait_until(at_one_moment, f"three answers about {name} of one moment")


UP = ("up", {"live": 200, "ready": 200, "ping": 200})
SATURATED = ("saturated", {"live": 200, "ready": 503, "ping": 404})
DOWN_AND_DEAD = ("down", {"live": 503, "ready": 503, "ping": 404})
DOWN = ("down", {"live": 200, "ready": 503, "ping": 404})


def planned(exporter, name):
    """Beats of the ping so far."""
    checks = exporter.why(name)["checks"]
    return next(check["planned"] for check in checks if check["check"] == "ping")


def beats_of_all(exporter, names):
    return {name: planned(exporter, name) for name in names}


def within_two_beats(exporter, before, want):
    """Every target answers `want`, and no target needed more than two beats from `before` on to do so."""
    needed = {}

    def settled():
        for name in before.keys() - needed.keys():
            beats = planned(exporter, name) - before[name]
            if answers(exporter, name) == want:
                needed[name] = beats
            assert beats <= 2 or name in needed, f"{name} is {answers(exporter, name)} after {beats} beats"
        return len(needed) == len(before)

    wait_until(settled, want)


def queues_are_those_of_ss(exporter, fpm):
    """With our own unanswered ping beside the other clients: exactly what ss reads."""

    def agree(page):
        for name, address in fpm.addresses.items():
            queue = accept_queue.of(address)
            shown = [page.value("fastcgi_listen_queue_" + what, target=name) for what in ("connections", "limit")]
            if queue.length != EXTRA_CLIENTS + 1 or shown != [queue.length, queue.limit]:
                return False
        return True

    page = exporter.wait_for(agree, "the accept queues that ss shows")
    for name in fpm.addresses:
        assert page.value("fastcgi_listen_queue_limit", target=name) == BACKLOG
        assert page.value("fastcgi_listen_queue_readable", target=name) == 1


def stays_saturated(exporter, fpm, beats):
    """Over so many beats of each target: nothing of ours is ever in a queue but one connection."""
    until = {name: count + beats for name, count in beats_of_all(exporter, fpm.addresses).items()}

    def over():
        for name, address in fpm.addresses.items():
            assert accept_queue.of(address).length <= EXTRA_CLIENTS + 1, name
            assert answers(exporter, name) == SATURATED, name
        return all(planned(exporter, name) >= beat for name, beat in until.items())

    wait_until(over, f"{beats} beats of saturation")


def test_a_saturated_pool_is_saturated_and_then_up_again():
    with PhpFpm(POOLS) as fpm, BusyWorkers(fpm) as busy:
        # Our ping waits three times longer than abandon_after; while it is in the queue it is not given up.
        with Exporter(config=config_for(fpm, abandon_after="5s")) as exporter:
            exporter.wait_for(all_are("up", POOLS), "every pool to be up")
            for name in POOLS:
                busy.occupy(name)
            within_two_beats(exporter, beats_of_all(exporter, POOLS), SATURATED)
            clients = [client for name in POOLS for client in busy.queue(name, EXTRA_CLIENTS)]
            queues_are_those_of_ss(exporter, fpm)
            stays_saturated(exporter, fpm, beats=15)
            assert exporter.get("/fcgi-live").status == 200
            page = exporter.metrics()
            for name in POOLS:
                assert page.value("fastcgi_late_answers_total", target=name, check="ping") == 0
                assert page.total("fastcgi_probes_abandoned_total", target=name) == 0
                assert page.value("fastcgi_probes_skipped_total", target=name, check="ping", reason="outstanding") >= 14
            for name in fpm.status_addresses:  # seen while no worker of the pool could say so
                assert page.value("phpfpm_processes", target=name, state="active") == 2
                assert page.value("phpfpm_processes", target=name, state="idle") == 0

            before = beats_of_all(exporter, POOLS)
            busy.wake()
            assert all(client.answer().body == b"pong" for client in clients)
            within_two_beats(exporter, before, UP)
            page = exporter.metrics()
            for name in POOLS:
                # Without a status address either question may be the one that waits: one connection, one at a time.
                of = {"target": name, **({"check": "ping"} if name in fpm.status_addresses else {})}
                assert page.total("fastcgi_late_answers_total", **of) == 1
                assert page.total("fastcgi_probe_failures_total", reason="timeout", **of) == 1
                assert page.total("fastcgi_probe_duration_seconds_sum", **of) > 14


def rounds_without_a_pass(exporter, name):
    page = exporter.metrics()
    return page.total("fastcgi_probe_failures_total", target=name, check="ping") + page.total(
        "fastcgi_probes_skipped_total", target=name, check="ping"
    )


def becomes_down_and_dead(exporter, names, before=None):
    """Each only after FALL rounds that did not pass (`before`: how many there were already)."""
    for name in names:
        wait_until(lambda: exporter.get(f"/fcgi-live/{name}").status == 503, f"{name} to be dead")
        assert rounds_without_a_pass(exporter, name) - (before or {}).get(name, 0) >= FALL
        assert answers(exporter, name) == DOWN_AND_DEAD


def queue_becomes_unreadable(exporter, name):
    """A second later at most: that is how often the kernel is asked."""
    exporter.wait_for(lambda p: p.value("fastcgi_listen_queue_readable", target=name) == 0, f"no queue of {name}", 5)


def test_a_saturated_pool_that_is_terminated_is_down_and_dead():
    with PhpFpm(POOLS) as fpm, BusyWorkers(fpm) as busy:
        with Exporter(config=config_for(fpm, interval="200ms", timeout="200ms")) as exporter:
            for name in POOLS:
                busy.occupy(name)
            exporter.wait_for(all_are("saturated", POOLS), "every pool to be saturated")
            before = {name: rounds_without_a_pass(exporter, name) for name in POOLS}
            fpm.stop()
            becomes_down_and_dead(exporter, POOLS, before)
            assert exporter.get("/fcgi-live").status == 503
            for name in POOLS:
                outcome = "no_socket" if name.startswith("unix") else "refused"
                exporter.wait_for(lambda p: p.outcome(name) == outcome, f"{name} to be {outcome}")
                queue_becomes_unreadable(exporter, name)
            fpm.start()
            exporter.wait_for(all_are("up", POOLS), "every pool to be up again")


def test_a_pool_whose_socket_is_gone_is_down_and_dead():
    pools = {name: POOLS[name] for name in ("unix", "unix-status")}
    with PhpFpm(pools) as fpm, Exporter(config=config_for(fpm, interval="200ms")) as exporter:
        exporter.wait_for(all_are("up", pools), "every pool to be up")
        for address in fpm.addresses.values():
            os.unlink(address.removeprefix("unix:"))
        becomes_down_and_dead(exporter, pools)
        for name in pools:
            assert exporter.metrics().outcome(name) == "no_socket"
            queue_becomes_unreadable(exporter, name)


def test_start_grace_keeps_a_pool_alive_that_has_not_come_up_yet():
    config = {
        "modules": {"m": module(interval="100ms"), "patient": module(interval="100ms", start_grace="60s")},
        "targets": [
            {"name": name, "address": "unix:/nonexistent/www.sock", "module": name} for name in ("m", "patient")
        ],
    }
    with Exporter(config=config) as exporter:
        becomes_down_and_dead(exporter, ["m"])
        wait_until(lambda: rounds_without_a_pass(exporter, "patient") >= 3 * FALL, "dead rounds")
        assert answers(exporter, "patient") == DOWN


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_stopped_workers_are_seen_by_the_status_address_or_after_wedged_after(listen):
    """Master and workers stand still. The queue alone cannot tell that from work."""
    name = listen + "-status"
    with PhpFpm({name: POOLS[name]}) as fpm:
        aside = target_of(fpm, name)
        alone = {k: v for k, v in aside.items() if k != "status_address"}
        config = {
            "modules": {"m": module(interval="500ms", timeout="300ms")},
            "targets": [{**aside, "name": "aside"}, {**alone, "name": "alone"}],
        }
        config["modules"]["wedged"] = module(interval="500ms", timeout="300ms", wedged_after="10s")
        config["targets"].append({**alone, "name": "wedged", "module": "wedged"})
        names = ["aside", "alone", "wedged"]
        with Exporter(config=config) as exporter:
            exporter.wait_for(all_are("up", names), "the pool to be up")
            fpm.freeze()
            becomes_down_and_dead(exporter, ["aside"])
            for other in ("alone", "wedged"):
                exporter.wait_for(all_are("saturated", [other]), f"{other} to be saturated")
                assert answers(exporter, other) == SATURATED
            becomes_down_and_dead(exporter, ["wedged"])
            assert answers(exporter, "alone") == SATURATED
            fpm.thaw()
            within_two_beats(exporter, beats_of_all(exporter, names), UP)


def test_a_worker_that_takes_the_request_and_is_silent_is_dead():
    """An empty queue means that somebody accepted; an idle worker, that it is not for want of one."""
    idle = status_page.text(status_page.short(idle_processes=1))
    with Responder(responder.silent) as tcp, Responder(responder.silent, "unix") as unix, ScriptedPool(idle) as aside:
        config = {
            "modules": {"m": module(interval="200ms", timeout="200ms")},
            "targets": [
                {"name": "tcp", "address": tcp.address, "module": "m"},
                {"name": "unix", "address": unix.address, "module": "m"},
                {"name": "idle", "address": unix.address, "status_address": aside.address, "module": "m"},
            ],
        }
        with Exporter(config=config) as exporter:
            becomes_down_and_dead(exporter, ["tcp", "unix", "idle"])


def test_the_pool_asked_itself_is_silent_and_the_status_address_pongs():
    """Why the status comes from another address than the ping: neither can stand in for the other."""
    with PhpFpm({"www": POOLS["unix-status"]}) as fpm, BusyWorkers(fpm) as busy:
        busy.occupy("www")
        for query in ("", "json"):
            unanswered = Request(fpm.addresses["www"], "/status", query)
            unanswered.connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                unanswered.answer()

        def both_at_work():
            told = json.loads(ask(fpm.status_addresses["www"], "/status", "json").body)
            return (told["idle processes"], told["active processes"]) == (0, 2)

        wait_until(both_at_work, "the page to say that both workers are active")
        assert ask(fpm.status_addresses["www"], "/fpm-ping").body == b"pong"


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_a_pool_whose_queue_has_no_place_left_is_saturated(listen):
    """Not even our ping gets in: EAGAIN on unix; on tcp the kernel drops the packet, as a dead network would."""
    with PhpFpm({listen: POOLS[listen]}) as fpm, BusyWorkers(fpm) as busy:
        busy.occupy(listen)
        clients = busy.queue(listen, BACKLOG + 1)  # the kernel lets one more in
        with Exporter(config=config_for(fpm, interval="200ms", timeout="200ms")) as exporter:
            outcome = "connect_timeout" if listen == "tcp" else "backlog_full"
            exporter.wait_for(lambda p: p.outcome(listen) == outcome, outcome)
            wait_until(lambda: rounds_without_a_pass(exporter, listen) >= 5 * FALL, "many such rounds")
            assert answers(exporter, listen) == SATURATED
            assert accept_queue.of(fpm.addresses[listen]).length == BACKLOG + 1
            busy.wake()
            assert all(client.answer().body == b"pong" for client in clients)
            exporter.wait_for(all_are("up", [listen]), "the pool to be up")


def test_without_a_readable_queue_only_the_status_address_knows():
    """A sidecar that shares the socket's folder, not the network namespace: it does not see the queues of others."""
    pools = {name: POOLS[name] for name in ("unix", "unix-status")}
    with PhpFpm(pools) as fpm, BusyWorkers(fpm) as busy, tempfile.TemporaryDirectory() as folder:
        config = config_for(fpm, interval="200ms", timeout="200ms")
        with Exporter(config=config, prefix=namespace.UNSHARE, listen=f"unix:{folder}/pages.sock") as exporter:
            exporter.wait_for(all_are("up", pools), "the pools to be up")
            for name in pools:
                busy.occupy(name)
            exporter.wait_for(all_are("saturated", ["unix-status"]), "unix-status to be saturated")
            exporter.wait_for(all_are("down", ["unix"]), "unix to be down")
            assert answers(exporter, "unix-status") == SATURATED
            assert answers(exporter, "unix") == DOWN  # no proof that nobody serves
            page = exporter.metrics()
            for name in pools:
                assert page.value("fastcgi_listen_queue_readable", target=name) == 0
                assert page.value("fastcgi_listen_queue_connections", target=name) is None
                assert page.value("fastcgi_listen_queue_limit", target=name) is None


OUR_OWN_FAULTS = {
    "mismatch": responder.answering(b"<h1>It works!</h1>"),
    "not_found": responder.answering(b"File not found.\n", "404 Not Found", b"Primary script unknown"),
    "access_denied": responder.answering(b"Access denied.\n", "403 Forbidden"),
    "bad_status": responder.answering(b"pong", "500 Internal Server Error"),
    "app_status": responder.answering(app_status=3),
    "not_fastcgi": responder.sending(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "cannot_multiplex": responder.sending(fastcgi.end_request(protocol_status=1)),
    "unknown_role": responder.sending(fastcgi.end_request(protocol_status=3)),
}


def test_what_is_our_own_fault_never_restarts_anybody():
    """However long it lasts: configuration, permissions and names are not mended by a restart of the pool."""
    with contextlib.ExitStack() as stack:
        addresses = {"resolve_failed": "php.test:9000"}
        for outcome, behave in OUR_OWN_FAULTS.items():
            addresses[outcome] = stack.enter_context(Responder(behave)).address
        locked = stack.enter_context(Responder(responder.answering(), "unix"))
        os.chmod(locked.path, 0o000)
        addresses["permission_denied"] = locked.address
        dns = stack.enter_context(DnsServer({"php.test": []}))
        config = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".json"))
        ping = module(interval="100ms", timeout="30s")
        del ping["status"]
        targets = [{"name": name, "address": address, "module": "m"} for name, address in addresses.items()]
        json.dump({"modules": {"m": ping}, "targets": targets}, config)
        config.flush()
        os.chmod(config.name, 0o644)
        nobody = [] if os.getuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        environment = {"FASTCGI_EXPORTER_DNS_SERVERS": dns.address}
        exporter = stack.enter_context(
            Exporter(["--config.file=" + config.name], prefix=nobody, environment=environment)
        )
        for name in addresses:
            wait_until(lambda: rounds_without_a_pass(exporter, name) >= 10 * FALL, f"{10 * FALL} failures of {name}")
            assert exporter.metrics().outcome(name) == name
            assert answers(exporter, name) == DOWN
        assert exporter.get("/fcgi-live").status == 200
        page = exporter.metrics()
        for name in ("mismatch", "permission_denied"):  # tcp and unix: the kernel tells everybody
            assert page.value("fastcgi_listen_queue_readable", target=name) == 1
