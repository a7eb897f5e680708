"""Crowds beyond every limit: connections, slow readers, scrapes, handshakes. Health and beats go on."""

import contextlib
import gzip
import json
import re
import signal
import socket
import ssl
import struct
import threading

import pytest

from support import tls
from support.certificates import Certificates
from support.exporter import Exporter
from support.limits import MEMORY_LIMIT, SANITIZED
from support.raw_http import Crowd, RawClient, allow_descriptors, connect, peak_resident_bytes
from support.responder import answering_process
from support.waiting import wait_until

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.fixture(autouse=True, scope="module")
def descriptors():
    allow_descriptors(20000)


@pytest.fixture(scope="module", name="ten")
def ten_targets():
    """Ten healthy targets with a beat every 200 ms: what 64 MB are enough for."""
    with answering_process() as address:
        targets = [{"name": f"t{i}", "address": address, "module": "m"} for i in range(10)]
        config = {"modules": {"m": {"interval": "200ms", "timeout": "60s", "ping": {}}}, "targets": targets}
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda page: page.values("fastcgi_up") == [1] * 10, "ten healthy targets")
            yield exporter


@pytest.fixture(name="attacked")
def at_work_afterwards(ten):
    """After each attack: little memory, no connection left, and every target is still asked."""
    yield ten
    # While scrapes of a flood are still being answered, one of ours may be told to come again.
    is_alone = re.compile(r"^fastcgi_exporter_http_connections 1$", re.MULTILINE)
    wait_until(lambda: is_alone.search(ten.get("/metrics").text), "every connection to be closed")
    then = ten.metrics()
    ten.wait_for(
        lambda page: all(beats(page, f"t{i}") > beats(then, f"t{i}") for i in range(10)), "a beat of each target"
    )
    assert ten.metrics().total("fastcgi_probes_skipped_total", reason="limit") == 0, "no descriptor for a beat"
    assert peak_resident_bytes(ten.pid) < MEMORY_LIMIT


def beats(page, target):
    return page.total("fastcgi_probes_total", target=target)


def reading(exporter, name):
    return exporter.metrics().value("fastcgi_exporter_" + name)


def expect_health(kept, address):
    """For a client that stays, and for one that comes."""
    kept.send(HEALTH)
    assert kept.response().body == b"ok\n"
    with RawClient(address) as new:
        new.send(HEALTH)
        assert new.response().body == b"ok\n"


# Crowds.


def test_ten_thousand_connections_take_nothing_from_health_and_beats(attacked):
    address = attacked.bound[0]
    with RawClient(address) as kept, contextlib.ExitStack() as crowds:
        for _ in range(20):
            crowds.enter_context(Crowd(address, 500, b"GET /healthz HTTP/1.1\r\n"))
            expect_health(kept, address)
        assert reading(attacked, "http_connections") <= 4096
        assert reading(attacked, "http_connections_evicted_total") >= 10000 - 4096
        then = attacked.metrics()
        attacked.wait_for(lambda page: beats(page, "t9") > beats(then, "t9") + 2, "beats beside the crowd")
        expect_health(kept, address)


def test_a_flood_of_connects_is_only_that(attacked):
    """Each comes and goes at once, half of them with a reset and half with a request that nobody waits for."""
    address = attacked.bound[0]

    def flood():
        for i in range(3000):
            connection = connect(address)
            if i % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(SCRAPE)
            connection.close()

    floods = [threading.Thread(target=flood) for _ in range(2)]
    with RawClient(address) as kept:
        for each in floods:
            each.start()
        while any(each.is_alive() for each in floods):
            expect_health(kept, address)
        for each in floods:
            each.join()
        expect_health(kept, address)


# A page of 20 MB.

PAGE_BYTES = 20_000_000
BODIES_IN_FLIGHT = 128 << 20
MOST_SCRAPES = 40  # at once


@pytest.fixture(scope="module", name="large")
def large_page():
    labels = {f"label{i}": "x" * 240 for i in range(8)}
    targets = [{"name": f"t{i:03}", "address": "unix:/nowhere/fpm.sock", "labels": labels} for i in range(220)]
    with Exporter(config={"targets": targets}) as exporter:
        wait_until(lambda: exporter.get("/-/ready").status == 200, "the first rounds")
        assert len(exporter.get("/metrics").body) > PAGE_BYTES
        yield exporter


def test_a_thousand_slow_readers_of_a_large_page_share_it(large):
    address = large.bound[0]
    before = peak_resident_bytes(large.pid)
    heads = []
    with RawClient(address) as kept, contextlib.ExitStack() as stack:
        for _ in range(1000 // MOST_SCRAPES):
            wave = [stack.enter_context(RawClient(address, receive_buffer_bytes=2048)) for _ in range(MOST_SCRAPES)]
            for reader in wave:
                reader.send(SCRAPE)
            expect_health(kept, address)
            heads += [reader.socket.recv(12, socket.MSG_PEEK | socket.MSG_WAITALL) for reader in wave]
        expect_health(kept, address)
        grown = peak_resident_bytes(large.pid) - before
        served = heads.count(b"HTTP/1.1 200")
        assert served + heads.count(b"HTTP/1.1 503") == 1000
        assert served > 2 * BODIES_IN_FLIGHT / PAGE_BYTES, "each had a page of its own"
        if not SANITIZED:
            assert grown < BODIES_IN_FLIGHT + 2 * PAGE_BYTES, f"{served} readers were served"
    answer = wait_until(lambda: (a := large.get("/metrics")).status == 200 and a, "a scrape once they have gone")
    assert len(answer.body) > PAGE_BYTES


def test_a_thousand_scrapes_at_once_are_served_or_told_to_come_again(large):
    """They are all there before the exporter sees the first one."""
    address = large.bound[0]
    wire = SCRAPE[:-2] + b"Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    with contextlib.ExitStack() as stack:
        large.process.send_signal(signal.SIGSTOP)
        stack.callback(large.process.send_signal, signal.SIGCONT)
        clients = [stack.enter_context(RawClient(address)) for _ in range(1000)]
        for client in clients:
            client.send(wire)
        large.process.send_signal(signal.SIGCONT)
        assert large.get("/healthz").status == 200
        answers = [client.response() for client in clients]
    served = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 503]
    assert len(served) + len(refused) == 1000 and len(served) >= MOST_SCRAPES and len(refused) > 0
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    for page in {answer.body for answer in served}:
        assert len(gzip.decompress(page)) > PAGE_BYTES


# Handshakes.


@pytest.fixture(scope="module", name="certificates")
def make_certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("attacks"))
    made.signed("server")
    return made


def exporter_with(certificates):
    path = certificates.path("web.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"tls_server_config": {"cert_file": "server.crt", "key_file": "server.key"}}, file)
    return Exporter(["--fastcgi.target=127.0.0.1:1", f"--web.config.file={path}"])


HALF_HANDSHAKES, MOST_HANDSHAKES = 400, 256


def shake_hands(address):
    with contextlib.suppress(OSError), connect(address) as plain, tls.context().wrap_socket(plain):
        pass


@pytest.mark.parametrize("path", ("/config", "/sd"))
def test_whoever_asks_for_the_configuration_keeps_no_scrape_out(large, path):
    is_over = threading.Event()
    statuses = set()

    def ask():
        while not is_over.is_set():
            statuses.add(large.get(path).status)

    crowd = [threading.Thread(target=ask) for _ in range(80)]
    for each in crowd:
        each.start()
    try:
        assert [large.get("/metrics").status for _ in range(5)] == [200] * 5
    finally:
        is_over.set()
        for each in crowd:
            each.join()
    assert statuses <= {200, 503}
    assert large.get(path).status == 200


def test_a_flood_of_handshakes_delays_nobody_who_is_connected(certificates):
    """More halves than may be unfinished, whole ones without a pause, and some that break off in the pool's hands."""
    with exporter_with(certificates) as exporter, contextlib.ExitStack() as stack:
        address = exporter.bound[0]
        kept = RawClient(address)
        kept.socket = stack.enter_context(tls.context().wrap_socket(kept.socket))
        stack.enter_context(Crowd(address, HALF_HANDSHAKES, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))
        floods = [threading.Thread(target=lambda: [shake_hands(address) for _ in range(150)]) for _ in range(2)]
        for each in floods:
            each.start()
        hello = client_hello()
        while any(each.is_alive() for each in floods):
            with connect(address) as early:
                early.sendall(hello)
                early.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            kept.send(HEALTH)
            assert kept.response().body == b"ok\n"
        for each in floods:
            each.join()
        assert tls.get(exporter).status == 200, "and who comes then is served"
        page = tls.get(exporter, "/metrics").text
        evicted = re.search(r"^fastcgi_exporter_http_connections_evicted_total (\d+)$", page, re.MULTILINE)
        assert int(evicted[1]) >= HALF_HANDSHAKES - MOST_HANDSHAKES
        assert peak_resident_bytes(exporter.pid) < 2 * MEMORY_LIMIT  # half a ClientHello costs OpenSSL 47 KB


def client_hello():
    """A whole one: the pool begins to work on it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.context().wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()
