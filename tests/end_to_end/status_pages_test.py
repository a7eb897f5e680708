"""Status pages good, bad and broken, from a scripted pool: each its outcome, and never a figure that is not there."""

import contextlib

import pytest

from support import status_page
from support.exporter import Exporter
from support.pools import config_for, lint, nothing_private, phpfpm
from support.scripted_pool import ScriptedPool

GOOD_PAGE = status_page.text(status_page.short())
BAD_PAGES = {
    "500-with-a-good-page": (GOOD_PAGE, "500 Internal Server Error", "bad_status"),
    "500-with-json": (b'{"error":"boom"}', "500 Internal Server Error", "bad_status"),
    "404": (b"File not found.\n", "404 Not Found", "not_found"),
    "403": (b"Access denied.\n", "403 Forbidden", "access_denied"),
    "html": (b"<html><body>pool: www</body></html>", None, "bad_status_page"),
    "empty": (b"", None, "bad_status_page"),
    "json-object": (b'{"error":"boom"}', None, "bad_status_page"),
    "json-list": (b"[" + GOOD_PAGE + b"]", None, "bad_status_page"),
    "json-text": (b'"pool"', None, "bad_status_page"),
    "half-a-page": (GOOD_PAGE[:100], None, "bad_status_page"),
    "text": (b"pool:                 www\nprocess manager:      static\n", None, "bad_status_page"),
    "deep": (b'{"pool":' * 8000, None, "bad_status_page"),
}


def test_what_is_no_status_page_is_never_up():
    """Without a ping the status decides; each answer has its outcome, and none brings a figure."""
    with contextlib.ExitStack() as stack:
        addresses = {
            name: stack.enter_context(ScriptedPool(body, status)).address
            for name, (body, status, _) in BAD_PAGES.items()
        }
        config = config_for(addresses)
        del config["modules"]["m"]["ping"]
        exporter = stack.enter_context(Exporter(config=config))
        for name, (_, _, outcome) in BAD_PAGES.items():
            page = exporter.wait_for(lambda p: p.outcome(name, "status") is not None, f"a verdict on {name}")
            assert page.outcome(name, "status") == outcome, exporter.why(name)
            assert page.health(name) == "down"
            assert phpfpm(page, name) == {}
            assert exporter.get(f"/fcgi-live/{name}").status == 200


def test_a_good_page_alone_decides_where_no_ping_is_asked():
    with ScriptedPool(GOOD_PAGE) as scripted:
        config = config_for({"www": scripted.address})
        del config["modules"]["m"]["ping"]
        with Exporter(config=config) as exporter:
            page = exporter.wait_for(lambda p: p.health("www") == "up", "up")
            assert page.value("phpfpm_accepted_connections_total", target="www", pool="www") == 1234
            assert {asked["QUERY_STRING"] for asked in scripted.asked} == {"json"}


ODD_PROCESSES = [
    status_page.process(state="Running", request_duration=2**64 - 774),  # PHP says less than nothing
    status_page.process(state="Running", request_duration=2500000),
    status_page.process(state="Getting request informations"),
    status_page.process(state="Getting request information"),
    status_page.process(state="Creating"),
    status_page.process(state="Dancing"),
]
HUGE = 2**64 - 1


def test_a_page_of_another_version_with_odd_values():
    """8.4's memory peak, a key of the future, missing keys, 2^64-1, and states that we do not know."""
    odd = status_page.full(
        *ODD_PROCESSES, memory_peak=123456, a_new_key=[1, {}], slow_requests=None, accepted_conn=HUGE
    )
    details = {"path": "/status", "process_details": "aggregate"}
    with ScriptedPool(status_page.text(odd)) as scripted:
        with Exporter(config=config_for({"www": scripted.address}, status=details)) as exporter:
            page = exporter.wait_for(lambda p: p.outcome("www", "status") is not None, "a verdict")
            assert page.outcome("www", "status") == "pass", exporter.why("www")
            assert {asked["QUERY_STRING"] for asked in scripted.asked} == {"json&full"}
            assert page.value("phpfpm_memory_peak_bytes", target="www", pool="www") == 123456
            assert page.value("phpfpm_accepted_connections_total", target="www") == float(HUGE)
            assert page.value("phpfpm_slow_requests_total", target="www") is None
            assert page.value("phpfpm_longest_running_request_seconds", target="www") == 2.5
            counts = {
                "running": 2,
                "getting_request_information": 2,
                "creating": 1,
                "other": 1,
            }
            for have, value in page.samples["phpfpm_processes_by_state"]:
                assert value == counts.get(have["state"], 0), have
            lint(exporter)


BROKEN = {
    "8.4-user": status_page.broken_by_a_user(status_page.full(status_page.process(), memory_peak=123456)),
    "7.4-uri": status_page.broken_by_a_uri(status_page.full(status_page.process())),
    "a-lie": status_page.broken_by_a_user(
        status_page.full(status_page.process()), b'x"}],"accepted conn":7,"pool":"other"}'
    ),
    "too-large": status_page.text(status_page.full(*[status_page.process(request_uri="/" + "a" * 1000)] * 1000)),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_list_that_clients_broke_costs_the_list_and_not_the_pool(broken):
    details = {"path": "/status", "process_details": "per_process"}
    with ScriptedPool(BROKEN[broken]) as scripted:
        with Exporter(config=config_for({"www": scripted.address}, status=details)) as exporter:
            page = exporter.wait_for(
                lambda p: p.total("phpfpm_status_parse_warnings_total", target="www") > 0, "a parse warning"
            )
            assert page.outcome("www", "status") == "pass" and page.health("www") == "up"
            assert page.value("phpfpm_accepted_connections_total", target="www", pool="www") == 1234
            assert page.value("phpfpm_processes", target="www", pool="www", state="active") == 3
            nothing_private(exporter, "www")
            lint(exporter)


def test_the_pool_is_named_once_and_for_all():
    """An identity must not change with the answers: another name is a warning."""
    with ScriptedPool(GOOD_PAGE) as scripted, Exporter(config=config_for({"www": scripted.address})) as exporter:
        exporter.wait_for(lambda p: p.value("phpfpm_info", target="www", pool="www") == 1, "the pool's name")
        scripted.show(status_page.text(status_page.short(pool="other", accepted_conn=2000)))
        page = exporter.wait_for(
            lambda p: p.value("phpfpm_accepted_connections_total", target="www", pool="www") == 2000, "the new figures"
        )
        assert page.value("phpfpm_status_parse_warnings_total", target="www", pool="www") > 0
        assert page.values("phpfpm_info", target="www", pool="other") == []
