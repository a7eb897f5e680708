"""A real Prometheus scrapes the real exporter; what it stores equals the responder's own log."""

import gzip
import http.server
import subprocess
import threading

import pytest

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from support import fastcgi, responder
from support.exporter import Exporter
from support.php_fpm import PhpFpm
from support.prometheus import Prometheus
from support.responder import Responder
from support.waiting import wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def config_for(addresses):
    module = {"interval": "100ms", "timeout": "2s", "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}}}
    return {
        "modules": {"m": module},
        "targets": [
            {"name": n, "address": a, "module": "m", "labels": {"app": 'shop "5"\\'}} for n, a in addresses.items()
        ],
    }


class Alternating:
    """Right, wrong, right, wrong: and a log of which, until told to fall silent."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.answered = []

    def __call__(self, connection, peer):
        if not fastcgi.read_request(connection):
            return
        if len(self.answered) == self.rounds:
            connection.recv(1)  # silent from here on: nothing changes any more
            return
        body = b"<h1>oops</h1>" if len(self.answered) % 2 else b"pong"
        self.answered.append(body)
        connection.sendall(fastcgi.answer(body))


def test_prometheus_stores_what_the_responder_did():
    behave = Alternating(41)
    with Responder(behave) as peer, Exporter(config=config_for({"www": peer.address})) as exporter, Prometheus(
        exporter.port
    ) as prometheus:
        wait_until(lambda: len(behave.answered) == 41, "41 answers")
        wrong = sum(body != b"pong" for body in behave.answered)

        def stored(expression):
            return prometheus.number(expression)

        wait_until(
            lambda: stored('fastcgi_mismatches_total{target="www"}') == wrong, f"{wrong} mismatches in Prometheus"
        )
        wait_until(lambda: stored('fastcgi_probe_duration_seconds_count{target="www"}') == 41, "41 observations")
        assert stored('fastcgi_probe_duration_seconds_bucket{target="www",le="+Inf"}') == 41
        wait_until(lambda: stored('fastcgi_up{target="www"}') == 0, "fastcgi_up 0 for a silent responder")
        assert stored('fastcgi_probe_failures_total{target="www",reason="mismatch"}') == wrong
        assert all(t["health"] == "up" for t in prometheus.targets())
        assert prometheus.query('fastcgi_target_info{app="shop \\"5\\"\\\\"}')


@pytest.mark.parametrize("text_only", [False, True], ids=["openmetrics", "text"])
def test_prometheus_scrapes_both_formats(text_only):
    """Debian's Prometheus always prefers OpenMetrics, so text reaches it through a proxy that drops Accept."""
    with PhpFpm({"www": {}}) as fpm, Exporter(config=config_for({"www": fpm.addresses["www"]})) as exporter:
        port = stripping_proxy(exporter) if text_only else exporter.port
        with Prometheus(port) as prometheus:
            wait_until(lambda: prometheus.number('fastcgi_up{target="www"}') == 1, "fastcgi_up in Prometheus")
            assert prometheus.query("process_open_fds")
            assert prometheus.query("fastcgi_exporter_build_info")
            wait_until(
                lambda: prometheus.number(
                    "histogram_quantile(0.5, sum by (le) (rate(fastcgi_probe_duration_seconds_bucket[10s])))"
                ),
                "a quantile",
            )


def stripping_proxy(exporter):
    """Passes each scrape on without its Accept header, which gets text 0.0.4."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = exporter.get(self.path)
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


@pytest.fixture(scope="module")
def exporter():
    with Responder(responder.answering()) as good, Responder(responder.answering(b"no")) as wrong, Exporter(
        config=config_for({"good": good.address, "wrong": wrong.address, "gone": "unix:/nonexistent/x.sock"})
    ) as running:
        running.wait_for(lambda p: all(p.outcome(t) for t in ("good", "wrong", "gone")), "a round of each")
        yield running


def test_promtool_has_nothing_to_say(exporter):
    page = exporter.get("/metrics").body
    lint = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, b"", b"")


def test_the_strict_openmetrics_parser_accepts_the_page(exporter):
    answer = exporter.get("/metrics", {"Accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in parse_openmetrics(answer.text)}
    assert "fastcgi_probes" in families and families["fastcgi_probe_duration_seconds"].type == "histogram"
    samples = [(s.name, tuple(sorted(s.labels.items()))) for f in families.values() for s in f.samples]
    assert len(samples) == len(set(samples))
    assert answer.text.endswith("# EOF\n")


def test_both_formats_have_the_same_series(exporter):
    def series(text):
        return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}

    plain = series(exporter.get("/metrics").text)
    openmetrics = series(exporter.get("/metrics", {"Accept": OPENMETRICS}).text)
    assert {s for s in plain if "http_requests" not in s} == {s for s in openmetrics if "http_requests" not in s}


def test_gzip_is_the_same_page(exporter):
    answer = exporter.get("/metrics", {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "fastcgi_up" in gzip.decompress(answer.body).decode()
    assert "content-encoding" not in exporter.get("/metrics", {"Accept-Encoding": "gzip;q=0"}).headers


def test_the_order_is_stable(exporter):
    def names():
        return [line.rsplit(" ", 1)[0] for line in exporter.get("/metrics").text.splitlines()]

    first = names()
    assert names() == first
