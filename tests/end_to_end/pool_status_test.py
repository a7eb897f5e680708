"""The status page of real pools, as it shows in phpfpm_* metrics; and what is never shown."""

import json
import os
import tempfile

import pytest

from support import accept_queue
from support.busy_workers import BusyWorkers
from support.exporter import Exporter
from support.fastcgi_client import ask
from support.php_fpm import PhpFpm
from support.pools import MAX_CHILDREN, config_for, lint, nothing_private, phpfpm
from support.waiting import wait_until


def pool(listen, **more):
    return {
        "listen": listen,
        "listen.backlog": 8,
        "pm.status_path": "/status",
        "pm.status_listen": listen,
        "pm.max_children": MAX_CHILDREN,
        **more,
    }


def page_of(fpm, name):
    """Asked at the status address, which does not change a figure of the pool."""
    return json.loads(ask(fpm.status_addresses[name], "/status", "json").body)


STATES = ("active", "idle")
# Metric: key of the page. What active and idle are depends on who is asked: the pool itself needs a worker to answer.
FIGURES = {
    "phpfpm_start_time_seconds": "start time",
    "phpfpm_accepted_connections_total": "accepted conn",
    "phpfpm_slow_requests_total": "slow requests",
    "phpfpm_max_children_reached_total": "max children reached",
    "phpfpm_active_processes_peak": "max active processes",
}


@pytest.mark.parametrize("asked", ["itself", "aside"])
@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_the_figures_are_those_of_the_page(listen, asked):
    with PhpFpm({"www": pool(listen)}) as fpm:
        aside = fpm.status_addresses if asked == "aside" else {}
        with Exporter(config=config_for(fpm.addresses, aside, interval="500ms")) as exporter:

            def agree(page):
                told = page_of(fpm, "www")
                by_us = page.total("fastcgi_probes_total", check="ping")
                if asked == "itself":  # aside, a question counts for nothing
                    by_us += page.total("fastcgi_probes_total", check="status")
                is_readable = page.value("fastcgi_listen_queue_readable", target="www") == 1
                # Whoever looks while our own ping waits to be accepted sees it, PHP-FPM's own look included.
                peak = told["max listen queue"] if listen == "tcp" else None
                are_queues = page.value("phpfpm_listen_queue_connections", target="www") == 0 and (
                    page.value("phpfpm_listen_queue_peak_connections", target="www") == peak
                )
                # PHP-FPM counts a worker that is being created as neither.
                workers = sum(page.value("phpfpm_processes", target="www", state=state) or 0 for state in STATES)
                is_settled = is_readable and are_queues and workers == MAX_CHILDREN
                return is_settled and told["accepted conn"] == by_us and all(
                    page.value(metric, target="www", pool="www") == told[key] for metric, key in FIGURES.items()
                )

            page = exporter.wait_for(agree, "the figures of the page")
            assert page.value("phpfpm_accepted_connections_total", target="www") > 0
            assert page.value("phpfpm_info", target="www", pool="www", process_manager="static") == 1
            assert page.value("phpfpm_max_children", target="www", pool="www") == MAX_CHILDREN
            assert page.value("phpfpm_listen_queue_limit", target="www") == accept_queue.of(fpm.addresses["www"]).limit
            assert page.value("phpfpm_status_parse_warnings_total", target="www") == 0
            assert page.value("phpfpm_memory_peak_bytes", target="www") is None  # since PHP 8.4
            assert page.values("phpfpm_processes_by_state", target="www") == []  # nobody asked for it
            active = page.value("phpfpm_processes", target="www", state="active")
            # The worker that has just answered a ping may still be finishing when the page is asked for aside.
            assert active in ((1, 2) if asked == "itself" else (0, 1))
            lint(exporter)


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_the_queue_of_a_busy_pool_is_true_on_unix_too(listen):
    """PHP-FPM itself says 0 of 0 for every unix socket."""
    with PhpFpm({"www": pool(listen)}) as fpm, BusyWorkers(fpm) as busy:
        told = page_of(fpm, "www")
        assert (told["listen queue len"] == 0) == (listen == "unix")
        with Exporter(config=config_for(fpm.addresses, fpm.status_addresses)) as exporter:
            busy.occupy("www")
            busy.queue("www", 5)
            exporter.wait_for(
                lambda p: p.value("phpfpm_listen_queue_connections", target="www")
                == accept_queue.of(fpm.addresses["www"]).length
                == 6,
                "five clients and our own ping in the queue",
            )
            assert exporter.metrics().value("phpfpm_listen_queue_limit", target="www") == 8


def test_states_of_the_processes_are_counted_when_asked_for():
    details = {"path": "/status", "process_details": "aggregate"}
    with PhpFpm({"www": pool("unix")}) as fpm, BusyWorkers(fpm) as busy:
        with Exporter(config=config_for(fpm.addresses, fpm.status_addresses, status=details)) as exporter:

            def states(page):
                return {
                    have["state"]: value for have, value in page.samples.get("phpfpm_processes_by_state", []) if value
                }

            page = exporter.wait_for(lambda p: states(p) == {"idle": 2}, "two idle processes")
            assert page.value("phpfpm_longest_running_request_seconds", target="www") == 0
            busy.occupy("www", workers=1)
            exporter.wait_for(lambda p: states(p) == {"idle": 1, "running": 1}, "one running process")
            exporter.wait_for(
                lambda p: p.value("phpfpm_longest_running_request_seconds", target="www") > 1, "a second of running"
            )
            lint(exporter)
            busy.wake()
            exporter.wait_for(lambda p: states(p) == {"idle": 2}, "two idle processes again")


def test_each_process_is_shown_by_its_slot_when_asked_for():
    details = {"path": "/status", "process_details": "per_process"}
    with PhpFpm({"www": pool("tcp")}) as fpm, BusyWorkers(fpm) as busy:
        with Exporter(config=config_for(fpm.addresses, fpm.status_addresses, status=details)) as exporter:
            busy.occupy("www", workers=1)

            def states(page):
                return {
                    (have["pool"], have["child"]): have["state"]
                    for have, value in page.samples.get("phpfpm_process_in_state", [])
                    if value == 1
                }

            # The other one answers our pings and may still be finishing one.
            page = exporter.wait_for(
                lambda p: sorted(states(p).values()) == ["idle", "running"], "a running process and an idle one"
            )
            assert states(page).keys() == {("www", "0"), ("www", "1")}
            served = page.values("phpfpm_process_requests_total", target="www", pool="www")
            assert len(served) == 2 and min(served) >= 1
            lint(exporter)


def test_a_status_path_that_the_pool_does_not_have():
    with PhpFpm({"www": {}}) as fpm, Exporter(config=config_for(fpm.addresses)) as exporter:
        page = exporter.wait_for(lambda p: p.outcome("www", "status") == "not_found", "not_found")
        assert phpfpm(page, "www") == {}
        assert page.health("www") == "up"  # the ping decides


def test_the_ping_path_asked_for_status():
    status = {"path": "/fpm-ping"}
    with PhpFpm({"www": {}}) as fpm, Exporter(config=config_for(fpm.addresses, status=status)) as exporter:
        page = exporter.wait_for(lambda p: p.outcome("www", "status") == "bad_status_page", "bad_status_page")
        assert phpfpm(page, "www") == {}
        assert page.health("www") == "up"


@pytest.mark.parametrize("details", ["aggregate", "per_process"])
def test_nothing_that_clients_wrote_is_shown(details):
    status = {"path": "/status", "process_details": details}
    with PhpFpm({"www": pool("tcp")}) as fpm, BusyWorkers(fpm, "secret-script.php") as busy:
        with Exporter(config=config_for(fpm.addresses, fpm.status_addresses, status=status)) as exporter:
            wishes = {"REQUEST_URI": "/secret?token=hushhush", "QUERY_STRING": "token=hushhush"}
            busy.occupy("www", workers=1, HTTP_AUTHORIZATION="Basic bWFsbG9yeTpodXNo", REMOTE_USER="mallory", **wishes)
            told = ask(fpm.status_addresses["www"], "/status", "json&full").body
            assert b"hushhush" in told and b"secret-script.php" in told and b"mallory" in told
            exporter.wait_for(
                lambda p: p.value("phpfpm_processes_by_state", target="www", state="running") == 1, "a running process"
            )
            nothing_private(exporter, "www")
            lint(exporter)


@pytest.mark.parametrize("asked", ["itself", "aside"])
def test_what_the_access_log_shows_of_us(asked):
    """PHP-FPM suppresses no path that has a query, and the status address logs nothing at all."""
    folder = tempfile.TemporaryDirectory()
    log = os.path.join(folder.name, "access.log")
    suppressing = {"access.log": log, "access.suppress_path[]": ["/fpm-ping", "/status"]}
    with folder, PhpFpm({"www": pool("unix", **suppressing)}) as fpm:
        aside = fpm.status_addresses if asked == "aside" else {}
        with Exporter(config=config_for(fpm.addresses, aside)) as exporter:
            exporter.wait_for(
                lambda p: p.total("fastcgi_probe_duration_seconds_count", target="www", check="status") >= 3, "rounds"
            )
            ask(fpm.addresses["www"], "/somebody-else")
            lines = wait_until(lambda: b" 404\n" in (all_ := read(log)) and all_, "our line of the log")
            assert b"/fpm-ping" not in lines
            assert (b"GET /status" in lines) == (asked == "itself")


def read(path):
    with open(path, "rb") as file:
        return file.read()


COUNTERS = {
    "phpfpm_accepted_connections_total",
    "phpfpm_slow_requests_total",
    "phpfpm_max_children_reached_total",
    "phpfpm_status_parse_warnings_total",
}


def test_gauges_of_a_pool_that_is_gone_go_away_and_counters_stay():
    with PhpFpm({"www": pool("unix")}) as fpm:
        config = config_for(fpm.addresses, fpm.status_addresses, stale_after="2s")
        with Exporter(config=config) as exporter:
            before = exporter.wait_for(lambda p: phpfpm(p, "www"), "the figures")
            fpm.stop()
            page = exporter.wait_for(
                lambda p: p.value("phpfpm_processes", target="www", state="idle") is None, "gauges to go away"
            )
            assert {name for name, *_ in phpfpm(page, "www")} == COUNTERS
            assert page.health("www") == "down"
            for counter in COUNTERS:
                assert page.value(counter, target="www", pool="www") >= before.value(counter, target="www")
            lint(exporter)
            fpm.start()
            exporter.wait_for(
                lambda p: p.value("phpfpm_processes", target="www", state="idle") is not None
                and p.value("phpfpm_accepted_connections_total", target="www", pool="www") >= 1,
                "gauges to come back, and counters that count on from PHP-FPM's own start",
            )


def test_a_queue_that_cannot_be_known_is_said_to_be_unreadable():
    addresses = {"gone": "unix:/nonexistent/www.sock", "remote": "192.0.2.1:9000", "closed": "127.0.0.1:1"}
    with PhpFpm({"here": pool("unix")}) as fpm:
        with Exporter(config=config_for({**addresses, **fpm.addresses})) as exporter:
            page = exporter.wait_for(lambda p: p.value("fastcgi_listen_queue_readable", target="here") == 1, "a queue")
            for name in addresses:
                assert page.value("fastcgi_listen_queue_readable", target=name) == 0
                assert page.value("fastcgi_listen_queue_connections", target=name) is None
                assert page.value("fastcgi_listen_queue_limit", target=name) is None
            fpm.stop()
            exporter.wait_for(lambda p: p.value("fastcgi_listen_queue_readable", target="here") == 0, "its end")


def test_a_high_ratio_of_active_processes_takes_a_pool_out_of_service_and_leaves_it_up():
    ready = {"max_active_ratio": 0.4}
    with PhpFpm({"www": pool("unix")}) as fpm, BusyWorkers(fpm) as busy:
        with Exporter(config=config_for(fpm.addresses, fpm.status_addresses, ready=ready)) as exporter:
            wait_until(lambda: exporter.get("/fcgi-ready/www").status == 200, "ready")
            busy.occupy("www", workers=1)  # one of two
            wait_until(lambda: exporter.get("/fcgi-ready/www").status == 503, "not ready")
            assert exporter.get("/fcgi-ping/www").status == 200
            assert exporter.metrics().health("www") == "up"
            busy.wake()
            wait_until(lambda: exporter.get("/fcgi-ready/www").status == 200, "ready again")


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_a_long_queue_takes_a_pool_out_of_service_before_the_next_beat(listen):
    """The kernel is asked every second, whatever the interval."""
    more = {"interval": "60s", "ready": {"max_listen_queue": 2}}
    with PhpFpm({"www": pool(listen)}) as fpm, BusyWorkers(fpm) as busy:
        with Exporter(config=config_for(fpm.addresses, **more)) as exporter:
            wait_until(lambda: exporter.get("/fcgi-ready/www").status == 200, "ready")
            busy.occupy("www")
            for joining, clients, status in ((2, 2, 200), (1, 3, 503)):
                busy.queue("www", joining)
                exporter.wait_for(
                    lambda p: p.value("fastcgi_listen_queue_connections", target="www") == clients, "the queue"
                )
                assert exporter.get("/fcgi-ready/www").status == status
                assert exporter.get("/fcgi-ping/www").status == 200
