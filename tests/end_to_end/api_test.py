"""The JSON API: real answers agree with config/openapi.yaml, filters and parts are right, hostile text stays text."""

import gzip
import json

import pytest

from support import fastcgi
from support.exporter import Exporter
from support.openapi import OpenApi
from support.php_fpm import PhpFpm
from support.responder import Responder, answering
from support.waiting import wait_until

HOSTILE = "<script>alert(\"1\")</script> \u202eevil\u0007 \\ '"
MODULE = {
    "interval": "100ms",
    "timeout": "10s",
    "health": {"rise": 1, "fall": 1},
    "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
}


@pytest.fixture(scope="module")
def api():
    return OpenApi()


@pytest.fixture(scope="module")
def fleet():
    """A real pool that is up, one that answers hostile bytes, and two at whose address nobody listens."""
    bad = answering(HOSTILE.encode() + b"\xff\xfe", stderr=HOSTILE.encode() + b"\xfe")
    with PhpFpm({"www": {"pm.status_path": "/status"}}) as fpm, Responder(bad) as hostile:
        config = {
            "modules": {"m": MODULE, "pool": {**MODULE, "status": {"path": "/status"}}},
            "targets": [
                {"name": "www", "address": fpm.addresses["www"], "module": "pool", "labels": {"app": "Shop"}},
                {"name": "hostile", "address": hostile.address, "module": "m", "labels": {"quote": HOSTILE}},
                {"name": "gone-a", "address": "127.0.0.1:1", "module": "m", "labels": {"app": "Blog"}},
                {"name": "gone-b", "address": "127.0.0.1:1", "module": "m"},
            ],
        }
        with Exporter(config=config) as exporter:
            exporter.wait_for(
                lambda page: page.health("www") == "up"
                and all(page.health(name) == "down" for name in ("hostile", "gone-a", "gone-b"))
                and page.values("phpfpm_processes", target="www"),
                "four known targets",
            )
            yield exporter


def names(api, fleet, query):
    return [target["name"] for target in api.check("/api/v1/targets", fleet.get("/api/v1/targets" + query))["targets"]]


def test_targets_come_worst_first_and_in_parts(api, fleet):
    assert names(api, fleet, "") == ["gone-a", "gone-b", "hostile", "www"]
    assert names(api, fleet, "?limit=2&offset=1") == ["gone-b", "hostile"]
    assert names(api, fleet, "?offset=4") == []
    part = fleet.get("/api/v1/targets?limit=1&health=down").json()
    assert part["totals"] == {"targets": 4, "up": 1, "saturated": 0, "down": 3, "unknown": 0}
    assert part["matching"] == 3


@pytest.mark.parametrize(
    "query, expected",
    [
        ("?health=up", ["www"]),
        ("?health=saturated", []),
        ("?q=GONE", ["gone-a", "gone-b"]),
        ("?q=app%3Dshop", ["www"]),
        ("?label=app=Blog", ["gone-a"]),
        ("?label=app=shop", []),
        ("?q=&health=&label=", ["gone-a", "gone-b", "hostile", "www"]),
    ],
)
def test_filters(api, fleet, query, expected):
    assert names(api, fleet, query) == expected


@pytest.mark.parametrize(
    "query, word",
    [
        ("?health=dead", "up, saturated, down or unknown"),
        ("?limit=0", "1 to 200"),
        ("?limit=201", "1 to 200"),
        ("?offset=-1", "whole number"),
        ("?label=app", "NAME=VALUE"),
        ("?helth=down", '"helth" is no parameter'),
    ],
)
def test_a_bad_parameter_is_an_error_that_says_what_is_right(api, fleet, query, word):
    answer = fleet.get("/api/v1/targets" + query)
    assert answer.status == 400
    assert word in api.check("/api/v1/targets", answer)["error"]


def test_everything_about_a_pool_that_is_up(api, fleet):
    def has_had_rounds_and_a_look_at_its_queue():
        www = fleet.get("/api/v1/targets/www").json()
        return len(www["history"]["rounds"]) > 3 and www["queue"] and www["pool"]

    wait_until(has_had_rounds_and_a_look_at_its_queue, "some rounds")
    www = api.check("/api/v1/targets/{name}", fleet.get("/api/v1/targets/www"))
    assert (www["health"], www["live"], www["ready"]) == ("up", True, True)
    assert www["labels"] == {"app": "Shop"} and www["source"] == "config" and www["module"] == "pool"
    assert www["pool"]["name"] == "www" and www["pool"]["total_processes"] == 2 and www["pool"]["fresh"]
    assert www["queue"]["limit"] > 0
    assert [check["name"] for check in www["checks"]] == ["ping", "status"]
    last = www["history"]["rounds"][-1]
    assert (last["outcome"], last["class"], last["health"]) == ("pass", "pass", "up") and last["latency_seconds"] > 0
    times = [entry["time"] for entry in www["history"]["rounds"]]
    assert times == sorted(times) and 0 <= www["now"] - times[-1] < 60
    assert www["last_failure"] is None and www["history"]["failures"] == []


def test_the_history_is_bounded_and_remembers_failures(api, fleet):
    def full():
        gone = fleet.get("/api/v1/targets/gone-a").json()
        return gone if len(gone["history"]["rounds"]) == 120 else None

    wait_until(full, "120 rounds")
    gone = api.check("/api/v1/targets/{name}", fleet.get("/api/v1/targets/gone-a"))
    assert len(gone["history"]["failures"]) == 24 and len(gone["recent"]["class"]) == 60
    assert gone["why"]["outcome"] == "refused" and "Start the responder" in gone["why"]["sentence"]
    assert gone["last_failure"]["transcript"] == []  # nothing was sent


def test_hostile_bytes_stay_text_and_the_transcript_shows_them(api, fleet):
    hostile = api.check("/api/v1/targets/{name}", fleet.get("/api/v1/targets/hostile"))
    assert hostile["labels"]["quote"] == HOSTILE
    records = [line["record"] for line in hostile["last_failure"]["transcript"] if line["from"] == "responder"]
    assert any(record.startswith("STDERR") and "<script>" in record for record in records)
    assert any(record.startswith("STDOUT") and "alert" in record for record in records)
    for record in records:
        assert "\u202e" not in record and "\u0007" not in record
    assert any("SCRIPT_NAME=/fpm-ping" in line["record"] for line in hostile["last_failure"]["transcript"])


def test_an_unknown_name_is_not_found(api, fleet):
    answer = fleet.get("/api/v1/targets/nobody")
    assert answer.status == 404 and answer.headers["x-fastcgi-error"] == "unknown-target"
    assert "/api/v1/targets lists" in api.check("/api/v1/targets/{name}", answer)["error"]


def test_the_status_of_the_exporter(api, fleet):
    status = api.check("/api/v1/status", fleet.get("/api/v1/status"))
    assert status["config"]["last_reload_successful"] and status["uptime_seconds"] > 0
    assert status["totals"]["targets"] == 4


def test_answers_are_compressed_when_that_is_accepted(fleet):
    answer = fleet.get("/api/v1/targets", {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip" and answer.headers["vary"] == "Accept-Encoding"
    assert json.loads(gzip.decompress(answer.body))["matching"] == 4
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"


def test_every_promised_answer_was_seen(api):
    assert api.seen == api.promised()


def test_a_status_page_that_fails_is_not_shown(fleet):
    """It names what the pool's clients ask for."""
    page = fastcgi.answer(b'{"pool": "www", "request uri": "/secret-of-a-client"')
    with Responder(lambda connection, _: fastcgi.read_request(connection) and connection.sendall(page)) as broken:
        config = {
            "modules": {"m": {"interval": "100ms", "status": {"path": "/status"}}},
            "targets": [{"name": "www", "address": broken.address, "module": "m"}],
        }
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda page: page.outcome("www", "status") == "bad_status_page", "a bad status page")
            answer = exporter.get("/api/v1/targets/www")
            assert "content not shown" in answer.text and "secret-of-a-client" not in answer.text
            assert "secret-of-a-client" not in exporter.get("/api/v1/targets").text
