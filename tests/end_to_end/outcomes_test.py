"""Every outcome that a ping can have, produced through a real socket, and what the exporter then says of it: on
/metrics, in the JSON of ?verbose and in the log."""

import contextlib
import json
import os
import socket
import tempfile

import pytest

from support import fastcgi, namespace, responder
from support.dns_server import DnsServer
from support.exporter import Exporter
from support.responder import Responder
from support.waiting import wait_until

# outcome: (reason, class, dead). bad_status_page needs the status check and is tested with it.
TABLE = {
    "pass": (None, "pass", False),
    "resolve_failed": ("resolve", "fail", False),
    "refused": ("connect", "fail", True),
    "no_socket": ("connect", "fail", True),
    "unreachable": ("connect", "fail", False),
    "permission_denied": ("connect", "fail", False),
    "backlog_full": ("connect", "busy", False),
    "connect_timeout": ("timeout", "fail", False),
    "response_timeout": ("timeout", "fail", False),
    "closed_without_answer": ("closed", "fail", True),
    "closed_early": ("closed", "fail", True),
    "send_error": ("closed", "fail", False),
    "overloaded": ("overloaded", "busy", False),
    "server_busy": ("overloaded", "busy", False),
    "protocol_error": ("protocol", "fail", False),
    "not_fastcgi": ("protocol", "fail", False),
    "cannot_multiplex": ("protocol", "fail", False),
    "unknown_role": ("protocol", "fail", False),
    "response_too_large": ("protocol", "fail", False),
    "not_found": ("status", "fail", False),
    "access_denied": ("status", "fail", False),
    "bad_status": ("status", "fail", False),
    "app_status": ("status", "fail", False),
    "mismatch": ("mismatch", "fail", False),
}
HEALTH = {"pass": "up", "busy": "saturated", "fail": "down"}

BUSY_PAGE = fastcgi.answer(b"Server busy. Please try again later.", "503 Service Unavailable")
RESPONDERS = {
    "pass": responder.answering(),
    "response_timeout": responder.silent,
    "closed_without_answer": responder.closing,
    "closed_early": responder.sending(fastcgi.answer()[:30]),
    "overloaded": responder.sending(fastcgi.end_request(protocol_status=2)),
    "server_busy": responder.sending(BUSY_PAGE),
    "protocol_error": responder.sending(fastcgi.record(fastcgi.END_REQUEST, b"\0\0")),
    "not_fastcgi": responder.sending(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "cannot_multiplex": responder.sending(fastcgi.end_request(protocol_status=1)),
    "unknown_role": responder.sending(fastcgi.end_request(protocol_status=3)),
    "response_too_large": responder.endless(fastcgi.record(fastcgi.STDOUT, b"x" * 60000)),
    "not_found": responder.answering(b"File not found.\n", "404 Not Found", b"Primary script unknown"),
    "access_denied": responder.answering(b"Access denied.\n", "403 Forbidden"),
    "bad_status": responder.answering(b"pong", "500 Internal Server Error"),
    "app_status": responder.answering(app_status=3),
    "mismatch": responder.answering(b"<h1>It works!</h1>"),
}


def config_for(addresses, interval="200ms", timeout="1s"):
    module = {
        "interval": interval,
        "timeout": timeout,
        "health": {"rise": 1, "fall": 1},
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
    }
    return {
        "modules": {"fast": module},
        "targets": [{"name": name, "address": address, "module": "fast"} for name, address in addresses.items()],
    }


def check_story(exporter, target, outcome, evidence_says=None):
    """The three places where an outcome shows agree with the table, and with evidence where that decides the class."""
    reason, outcome_class, _ = TABLE[outcome]
    outcome_class = evidence_says or outcome_class
    wanted = outcome, HEALTH[outcome_class]
    page = exporter.wait_for(lambda p: (p.outcome(target), p.health(target)) == wanted, f"{target} to be {wanted}")
    assert page.value("fastcgi_up", target=target) == (1 if outcome == "pass" else 0)
    if reason:
        assert page.value("fastcgi_probe_failures_total", target=target, check="ping", reason=reason) >= 1
    for other in {r for r, _, _ in TABLE.values() if r} - {reason}:
        assert page.value("fastcgi_probe_failures_total", target=target, check="ping", reason=other) == 0, other

    why = exporter.why(target)
    assert why["outcome"] == outcome and why["class"] == outcome_class, why
    assert why.get("reason") == reason, why
    assert why["sentence"].endswith("."), why

    words = [f"target={target}", f"outcome={outcome}", f"class={outcome_class}"]
    wait_until(lambda: exporter.has_line("msg=", *words), f"a log line with {words}")
    if reason:
        assert exporter.has_line(*words, f"reason={reason}", why["sentence"]), exporter.log


def test_what_a_responder_can_do_wrong():
    with contextlib.ExitStack() as stack:
        addresses = {name: stack.enter_context(Responder(behave)).address for name, behave in RESPONDERS.items()}
        config = config_for(addresses, timeout="30s")
        config["targets"][list(RESPONDERS).index("response_timeout")]["override"] = {"timeout": "1s"}
        exporter = stack.enter_context(Exporter(config=config))
        for outcome in RESPONDERS:
            check_story(exporter, outcome, outcome)


@pytest.mark.parametrize("family", ["tcp", "tcp6", "unix", "abstract"])
def test_every_kind_of_address_passes(family):
    with Responder(responder.answering(), family) as peer, Exporter(
        config=config_for({"peer": peer.address})
    ) as exporter:
        check_story(exporter, "peer", "pass")


def test_addresses_where_nobody_serves():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        free = stack.enter_context(contextlib.closing(socket.socket()))
        free.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
        left_over = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
        left_over.bind(f"{folder}/left-over.sock")
        addresses = {
            "refused": "127.0.0.1:%d" % free.getsockname()[1],
            "refused-unix": f"unix:{folder}/left-over.sock",
            "no_socket": f"unix:{folder}/none.sock",
            "no-folder": f"unix:{folder}/none/none.sock",
        }
        exporter = stack.enter_context(Exporter(config=config_for(addresses)))
        check_story(exporter, "refused", "refused")
        check_story(exporter, "refused-unix", "refused")
        check_story(exporter, "no_socket", "no_socket")
        check_story(exporter, "no-folder", "no_socket")


def fill(address_family, address, waiting):
    """Clients until the accept queue is full."""
    for _ in range(8):
        client = socket.socket(address_family)
        client.setblocking(False)
        waiting.append(client)
        try:
            client.connect(address)
        except BlockingIOError:  # tcp: under way; unix: no more fit
            if address_family == socket.AF_UNIX:
                return


def test_full_backlogs():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        path = f"{folder}/full.sock"
        full_unix = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
        full_unix.bind(path)
        full_unix.listen(0)
        full_tcp = stack.enter_context(contextlib.closing(socket.socket()))
        full_tcp.bind(("127.0.0.1", 0))
        full_tcp.listen(0)
        waiting = []
        stack.callback(lambda: [client.close() for client in waiting])
        fill(socket.AF_UNIX, path, waiting)
        fill(socket.AF_INET, full_tcp.getsockname(), waiting)
        addresses = {"backlog_full": "unix:" + path, "connect_timeout": "127.0.0.1:%d" % full_tcp.getsockname()[1]}
        exporter = stack.enter_context(Exporter(config=config_for(addresses, timeout="300ms")))
        check_story(exporter, "backlog_full", "backlog_full")
        # The kernel shows that its accept queue is full: busy, and no network that leads nowhere.
        check_story(exporter, "connect_timeout", "connect_timeout", evidence_says="busy")


@pytest.mark.parametrize("addresses", [[], None], ids=["denied", "silent"])
def test_names_that_do_not_resolve(addresses):
    with DnsServer({"php.test": addresses}) as dns, Exporter(
        config=config_for({"named": "php.test:9000"}), environment={"FASTCGI_EXPORTER_DNS_SERVERS": dns.address}
    ) as exporter:
        check_story(exporter, "named", "resolve_failed")
        assert exporter.get("/fcgi-live/named").status == 200


def test_a_socket_that_others_may_not_open():
    with Responder(responder.answering(), "unix") as peer:
        os.chmod(peer.path, 0o600)
        unprivileged = [] if os.getuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if not unprivileged:  # the owner would be let in
            os.chmod(peer.path, 0o000)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
            json.dump(config_for({"locked": peer.address}), config)
            config.flush()
            os.chmod(config.name, 0o644)
            with Exporter(["--config.file=" + config.name], prefix=unprivileged) as exporter:
                check_story(exporter, "locked", "permission_denied")
                assert exporter.get("/fcgi-live/locked").status == 200


def test_networks_that_lead_nowhere():
    with tempfile.TemporaryDirectory() as folder:
        network = namespace.prefix(
            "ip link add v0 type veth peer name v1",
            "ip address add 192.0.2.1/24 dev v0",
            "ip link set v0 up",
            "ip link set v1 up",
            "ip link set lo up",
            "ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0",
        )
        addresses = {"unreachable": "198.51.100.1:9000", "black-hole": "192.0.2.9:9000"}
        with Exporter(config=config_for(addresses), prefix=network, listen=f"unix:{folder}/pages.sock") as exporter:
            check_story(exporter, "unreachable", "unreachable")
            check_story(exporter, "black-hole", "connect_timeout")
            assert exporter.get("/fcgi-live").status == 200


def test_a_request_that_cannot_be_sent():
    """The kernel refuses the bytes of an open connection; strace, as a grandchild, plays the kernel."""
    refusing = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", "inject=sendto:error=EIO"]
    with Responder(responder.answering(), "unix") as peer, Exporter(
        # A leak check at the exit cannot work beside another tracer.
        config=config_for({"peer": peer.address}),
        prefix=refusing,
        environment={"ASAN_OPTIONS": "detect_leaks=0"},
    ) as exporter:
        check_story(exporter, "peer", "send_error")


def test_no_descriptor_left_is_a_skipped_beat_and_no_verdict():
    with contextlib.ExitStack() as stack:
        hanging = stack.enter_context(Responder(responder.silent))
        addresses = {f"t{i:03}": hanging.address for i in range(200)}
        limited = ["prlimit", "--nofile=160:160"]
        exporter = stack.enter_context(Exporter(config=config_for(addresses, timeout="10s"), prefix=limited))
        page = exporter.wait_for(
            lambda p: p.total("fastcgi_probes_skipped_total", reason="limit") > 0, "skipped beats"
        )
        starved = [
            have["target"]
            for have, value in page.samples["fastcgi_probes_skipped_total"]
            if have["reason"] == "limit" and value > 0
        ]
        assert starved
        assert page.value("fastcgi_up", target=starved[0]) is None
        assert page.health(starved[0]) == "unknown"
        assert exporter.get("/fcgi-live/" + starved[0]).status == 200
        assert exporter.get("/healthz").status == 200


GARBAGE = bytes((i * 89 + 7) % 256 for i in range(4096))
ENDLESS_STDERR = fastcgi.record(fastcgi.STDERR, b"warning\n" * 1000)


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize(
    "behave,outcomes",
    [
        (responder.sending(GARBAGE), {"not_fastcgi", "protocol_error"}),
        (responder.endless(GARBAGE), {"not_fastcgi", "protocol_error"}),
        (responder.endless(fastcgi.record(fastcgi.STDOUT, b"o" * 65000)), {"response_too_large"}),
        (responder.endless(ENDLESS_STDERR), {"response_too_large"}),
        (responder.endless(fastcgi.record(99, b"p" * 65000)), {"response_too_large"}),
        (responder.dripping(fastcgi.answer(), 1), {"response_timeout"}),
        (responder.sending(fastcgi.answer()[:40]), {"closed_early"}),
    ],
    ids=[
        "garbage",
        "endless garbage",
        "endless output",
        "endless stderr",
        "endless unknown records",
        "a byte a second",
        "half an answer",
    ],
)
def test_hostile_peers_end_in_bounded_memory_and_time(behave, outcomes):
    with Responder(behave) as peer, Exporter(config=config_for({"peer": peer.address})) as exporter:
        exporter.wait_for(lambda p: p.outcome("peer") in outcomes, f"one of {outcomes}")
        exporter.wait_for(lambda p: p.beats() > 12, "a dozen beats")
        limit = 1 << 20 if "EXPORTER_SANITIZED" in os.environ else 64 << 10
        assert resident_kib(exporter.pid) < limit
        assert exporter.metrics().outcome("peer") in outcomes
        assert exporter.get("/healthz").status == 200
