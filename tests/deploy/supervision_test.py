"""What the exporter tells a service manager that waits for it, reloads it and watches it."""

import signal

import pytest

from support.exporter import Exporter
from support.faults import held, thread_named
from support.service_manager import ServiceManager
from support.waiting import wait_until

# Read four times within it; shorter than what a loop may be stuck for (5 s) before anybody says so.
WATCHDOG_SECONDS = 2
GOOD = "targets: [{name: www, address: 'unix:/nowhere/www.sock'}]"


def test_start_reload_and_end_are_told():
    with ServiceManager() as manager:
        with Exporter(config=GOOD, environment=manager.environment) as exporter:
            assert manager.wait_for("READY")["STATUS"] == "watching 1 targets"
            exporter.write_config("targets: nothing")
            exporter.process.send_signal(signal.SIGHUP)
            assert int(manager.wait_for("RELOADING")["MONOTONIC_USEC"]) > 0
            assert "the new configuration is bad" in manager.wait_for("READY", 2)["STATUS"]
            exporter.write_config(GOOD)
            exporter.process.send_signal(signal.SIGHUP)
            assert manager.wait_for("READY", 3)["STATUS"] == "watching 1 targets"
        assert [list(notice)[0] for notice in manager.listen()] == [
            *("READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING")
        ]


def test_a_service_manager_that_is_gone_stops_nothing():
    with Exporter(config=GOOD, environment={"NOTIFY_SOCKET": "/nowhere/notify"}) as exporter:
        assert exporter.has_line("the service manager cannot be told", "/nowhere/notify")
        assert exporter.get("/healthz").status == 200


@pytest.mark.parametrize("loop", ["worker", "front"])
def test_a_loop_that_is_stuck_stops_the_watchdogs_food_until_it_turns_again(loop):
    with ServiceManager(WATCHDOG_SECONDS) as manager:
        with Exporter(config=GOOD, environment=manager.environment) as exporter:
            manager.wait_for("WATCHDOG", 2)
            with held(thread_named(exporter, loop)):
                wait_until(lambda: manager.is_told_nothing_for(WATCHDOG_SECONDS), f"silence while the {loop} is held")
            before = manager.count("WATCHDOG")
            manager.wait_for("WATCHDOG", before + 2)
            assert exporter.get("/healthz").status == 200

