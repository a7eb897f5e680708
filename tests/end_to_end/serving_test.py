"""Every page of the running exporter, and every kind of address that it serves them on."""

import contextlib
import email.utils
import gzip
import os
import re
import time

import pytest

from support import responder
from support.exporter import Exporter, run
from support.raw_http import RawClient
from support.responder import Responder
from support.waiting import wait_until

PAGES = [
    "/metrics",
    "/",
    "/config",
    "/health",
    "/healthz",
    "/-/healthy",
    "/-/ready",
    "/fcgi-ping",
    "/fcgi-live",
    "/fcgi-ready",
    "/fcgi-ping/ok",
    "/fcgi-live/ok",
    "/fcgi-ready/ok",
]
HEALTH_HEADERS = {"date", "content-length", "cache-control", "x-fastcgi-health"}


def module(**settings):
    return {
        "interval": "200ms",
        "timeout": "10s",
        "start_grace": "0s",
        "health": {"fall": 1},
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        **settings,
    }


def config(addresses, **more):
    return {
        "modules": {"m": module()},
        **more,
        "targets": [{"name": name, "address": address, "module": "m"} for name, address in addresses.items()],
    }


@contextlib.contextmanager
def responders(**behaviours):
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Responder(behave)) for name, behave in behaviours.items()}


def addresses_of(peers):
    return {name: peer.address for name, peer in peers.items()}


@pytest.fixture(scope="module")
def fleet():
    """One target in each state; `hidden` has never been judged."""
    with responders(
        ok=responder.answering(),
        wrong=responder.answering(b"<maintenance>"),
        hidden=responder.silent,
        busy=responder.answering(protocol_status=2),
    ) as peers:
        settings = config({**addresses_of(peers), "dead": "unix:/nowhere/fpm.sock"})
        settings["modules"]["patient"] = module(timeout="10m", abandon_after="20m", stale_after="10m")
        next(t for t in settings["targets"] if t["name"] == "hidden")["module"] = "patient"
        with Exporter(config=settings) as exporter:
            exporter.wait_for(lambda page: len(page.values("fastcgi_up")) == 4, "the first rounds")
            yield exporter


@pytest.mark.parametrize(
    "name,health,ping,live,ready",
    [
        ("/ok", "up", 200, 200, 200),
        ("/busy", "saturated", 404, 200, 503),
        ("/wrong", "down", 404, 200, 503),
        ("/dead", "down", 404, 503, 503),
        ("/hidden", "unknown", 404, 200, 503),
        ("", "down", 404, 200, 503),
    ],
)
def test_health_answers(fleet, name, health, ping, live, ready):
    for path, status in {"ping": ping, "live": live, "ready": ready}.items():
        answer = fleet.get(f"/fcgi-{path}{name}")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (status, b"", "0"), path
        assert answer.headers["x-fastcgi-health"] == health
        assert set(answer.headers) == HEALTH_HEADERS
        for told in (
            fleet.get(f"/fcgi-{path}{name}?verbose"),
            fleet.get(f"/fcgi-{path}{name}", {"Accept": "text/html;q=0.5, application/json"}),
        ):
            assert told.status == status and told.json()["health"] == health
            assert told.headers["content-type"] == "application/json" and len(told.body) < 1024
        assert fleet.get(f"/fcgi-{path}{name}", {"Accept": "application/json;q=0"}).body == b""


def test_verbose_explains(fleet):
    told = fleet.why("wrong")
    assert told["target"] == "wrong" and told["outcome"] == "mismatch" and told["class"] == "fail"
    assert told["sentence"].endswith(".") and 0 <= told["age_seconds"] < 60
    told = fleet.get("/fcgi-ping?verbose").json()
    assert {state: told[state] for state in ("targets", "up", "saturated", "down", "unknown")} == {
        "targets": 5,
        "up": 1,
        "saturated": 1,
        "down": 2,
        "unknown": 1,
    }
    assert told["worst"] == ["dead", "wrong", "hidden", "busy"]


def test_the_exporter_itself_is_well_whatever_its_targets_are(fleet):
    for path in ("/health", "/healthz", "/-/healthy"):
        answer = fleet.get(path)
        assert (answer.status, answer.text) == (200, "ok\n")
        assert set(answer.headers) == {"date", "content-length", "content-type", "x-fastcgi-exporter"}
        assert answer.headers["x-fastcgi-exporter"] == "healthy"
        date = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
        assert abs(date - time.time()) < 60
    answer = fleet.get("/-/ready")
    assert answer.status == 503 and "1 target" in answer.text


def test_ready_comes_with_the_last_first_round_and_stays():
    with responders(t=responder.holding(responder.answering())) as peers:
        held = peers["t"]
        held.behave = lambda connection, peer: peer.released.wait() and responder.answering()(connection, peer)
        with Exporter(config=config(addresses_of(peers))) as exporter:
            wait_until(lambda: held.accepted, "the first probe")
            assert exporter.get("/-/ready").status == 503
            held.released.set()
            wait_until(lambda: exporter.get("/-/ready").status == 200, "ready")
            held.behave = responder.closing
            wait_until(lambda: exporter.get("/fcgi-ping").status == 404, "the target to be down")
            assert exporter.get("/-/ready").status == 200


def test_zero_targets_are_unknown():
    with Exporter(config="targets: []\n") as exporter:
        for path, status in {"ping": 404, "live": 200, "ready": 503}.items():
            answer = exporter.get(f"/fcgi-{path}")
            assert (answer.status, answer.headers["x-fastcgi-health"]) == (status, "unknown")
        assert exporter.get("/-/ready").status == 200
        assert exporter.metrics().value("fastcgi_exporter_targets") == 0


def test_failure_status_and_telemetry_path_are_a_choice():
    settings = config({"t": "unix:/nowhere/fpm.sock"}, web={"failure_status": 503, "telemetry_path": "/numbers"})
    with Exporter(config=settings) as exporter:
        assert exporter.get("/fcgi-ping").status == exporter.get("/fcgi-ping/t").status == 503
        assert exporter.get("/fcgi-ping/other").status == 404
        assert exporter.get("/metrics").status == 404
        assert 'fastcgi_target_info{target="t"' in exporter.get("/numbers").text
        assert 'href="numbers"' in exporter.get("/").text


@pytest.mark.parametrize("path", ["/fcgi-ping/nobody", "/fcgi-live/OK", "/fcgi-ready/ok%20", "/fcgi-ping/%256f%256b"])
def test_an_unknown_name(fleet, path):
    answer = fleet.get(path)
    assert answer.status == 404 and answer.headers["x-fastcgi-error"] == "unknown-target"
    assert "x-fastcgi-health" not in answer.headers


def test_a_name_is_decoded_once(fleet):
    assert fleet.get("/fcgi-ping/%6f%6B").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/fcgi-ping/",
        "/fcgi-ping/ok/more",
        "/health/",
        "/metrics/ok",
        "/Metrics",
        "/fcgi-ping\\ok",
        "*",
        "/../metrics",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//health",
        "/./health",
        "/fcgi-ping/..%2fok",
        "/config/../etc/passwd",
    ],
)
def test_there_is_no_other_page(fleet, path):
    with RawClient(fleet.bound[0]) as client:
        client.get(path)
        response = client.response()
        assert response.status == 404 and "x-fastcgi-error" not in response.headers
        assert b"root:" not in response.body


@pytest.mark.parametrize("page", PAGES)
def test_methods(fleet, page):
    with RawClient(fleet.bound[0]) as client:
        client.get(page)
        got = client.response()
        client.get(page, method="HEAD")
        head = client.response(head_only=True)
        changing = {"date", "content-length"}  # of pages with counters in them
        assert head.status == got.status and set(head.headers) == set(got.headers)
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in got.headers.items() if k not in changing
        }
        assert (head.headers["content-length"] == "0") == (got.body == b"")
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "M-SEARCH"):
            client.get(page, "X-Secret: hunter2", method=method)
            refused = client.response()
            assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD"), method
            assert b"hunter2" not in refused.head + refused.body


def test_pages_for_people(fleet):
    page = fleet.get("/")
    assert page.headers["content-type"].startswith("text/html") and "content-security-policy" in page.headers
    for word in ("ok", "busy", "unix:/nowhere/fpm.sock", "saturated", 'href="metrics"', 'href="config"'):
        assert word in page.text
    text = fleet.get("/config")
    assert text.headers["content-type"].startswith("text/plain") and "name: hidden" in text.text


TEXT, OPENMETRICS = "text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"


@pytest.mark.parametrize(
    "accept,kind",
    [
        (None, TEXT),
        ("image/png", TEXT),
        ("*/*", TEXT),
        ("application/openmetrics-text;q=0.1, text/plain", TEXT),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", OPENMETRICS),
    ],
)
def test_the_format_of_metrics(fleet, accept, kind):
    answer = fleet.get("/metrics", {"Accept": accept} if accept else {})
    assert answer.status == 200 and answer.headers["content-type"].startswith(kind)
    assert answer.body.endswith(b"# EOF\n") == (kind == OPENMETRICS)


@pytest.mark.parametrize(
    "accepted,is_gzip",
    [
        ("gzip", True),
        ("br, deflate, GZIP;q=0.1", True),
        ("gzip;q=1.0, identity;q=0.5", True),
        ("gzip;q=0", False),
        ("br", False),
        ("brotli-nonsense, xbr", False),
        ("gzip;q=0.000, br;q=1", False),
        ("identity", False),
        ("xgzip", False),
    ],
)
def test_compression(fleet, accepted, is_gzip):
    answer = fleet.get("/metrics", {"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == ("gzip" if is_gzip else None)
    assert "Accept-Encoding" in answer.headers["vary"]
    assert b"fastcgi_up{" in (gzip.decompress(answer.body) if is_gzip else answer.body)
    small = fleet.get("/healthz", {"Accept-Encoding": accepted})
    assert small.body == b"ok\n" and "content-encoding" not in small.headers


def test_answers_are_counted(fleet):
    before = fleet.metrics()
    for path, status in (("/healthz", 200), ("/nothing", 404), ("/-/ready", 503), ("/nothing", 404)):
        assert fleet.get(path).status == status
    after = fleet.metrics()
    for code, count in {"200": 2, "404": 2, "503": 1}.items():  # one of the 200 is the page before
        name = "fastcgi_exporter_http_requests_total"
        assert after.value(name, code=code) - (before.value(name, code=code) or 0) == count, code


# Where it listens.


def listening(*addresses, **popen):
    arguments = ["--web.listen-address=" + address for address in addresses]
    return Exporter(["--fastcgi.target=unix:/nowhere/fpm.sock", *arguments], listen=None, **popen)


def status_at(address):
    with RawClient(address) as client:
        client.get("/healthz")
        return client.response().status


def test_several_addresses_at_once(tmp_path):
    path = tmp_path / "exporter.sock"
    with listening("127.0.0.1:0", "[::1]:0", f"unix:{path}", f"unix:@exporter-{os.getpid()}", ":0") as exporter:
        # The last one is every address, of both families.
        assert [re.sub(r"\d+$", "N", address) for address in exporter.bound] == [
            "tcp://127.0.0.1:N",
            "tcp://[::1]:N",
            f"unix:{path}",
            "unix:@exporter-N",
            "tcp://:N",
        ]
        any_port = exporter.bound[4].rsplit(":", 1)[1]
        for address in (*exporter.bound[:4], "tcp://127.0.0.1:" + any_port, "tcp://[::1]:" + any_port):
            assert status_at(address) == 200, address
    assert not path.exists()


def test_a_socket_file_that_a_killed_exporter_left(tmp_path):
    path = tmp_path / "exporter.sock"
    killed = listening(f"unix:{path}")
    killed.__enter__()
    killed.process.kill()
    killed.__exit__(Exception)
    assert path.is_socket()
    with listening(f"unix:{path}") as exporter:
        assert exporter.get("/healthz").status == 200
    assert not path.exists()


def test_a_second_one_on_the_same_address_is_refused(tmp_path):
    with listening("127.0.0.1:0", "[::1]:0", f"unix:{tmp_path}/exporter.sock") as exporter:
        for address in exporter.bound:
            bare = address.removeprefix("tcp://")
            code, _, err = run(["--fastcgi.target=unix:/nowhere/fpm.sock", "--web.listen-address=" + bare])
            assert code == 1 and bare in err and ("in use" in err or "another process" in err), err
            assert status_at(address) == 200


def test_a_bind_that_fails_says_why_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("precious")
    good = f"unix:{tmp_path}/exporter.sock"
    for bad, reason in {
        "192.0.2.1:9253": "assign",
        f"unix:{tmp_path}/no/folder.sock": "No such file",
        f"unix:{tmp_path}/file": "no socket",
        "unix:/" + "x" * 108: "long",
    }.items():
        flags = ["--web.listen-address=" + good, "--web.listen-address=" + bad]
        code, _, err = run(["--fastcgi.target=unix:/nowhere/fpm.sock", *flags])
        assert code == 1 and bad.removeprefix("unix:") in err and reason in err, err
        assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "precious"
