"""Every known hole of stock cpp-httplib, tried on the running exporter as bytes on a socket; and crowds."""

import contextlib
import re
import signal
import socket
import struct

import pytest

from support.exporter import Exporter
from support.limits import MEMORY_LIMIT
from support.raw_http import Crowd, RawClient, allow_descriptors, peak_resident_bytes
from support.waiting import wait_until


@pytest.fixture(autouse=True, scope="module")
def descriptors():
    allow_descriptors(20000)


@contextlib.contextmanager
def exporter_of_big_pages(*arguments):
    """A page of about a megabyte, and names as long as names may be."""
    settings = {"targets": [{"name": f"{i:03}-" + "n" * 196, "address": "unix:/nowhere/fpm.sock"} for i in range(80)]}
    with Exporter(arguments, config=settings) as exporter:
        exporter.wait_for(lambda page: len(page.values("fastcgi_up")) == 80, "the first rounds")
        yield exporter


@pytest.fixture(scope="module")
def big():
    with exporter_of_big_pages("--log.level=debug") as exporter:
        yield exporter


@pytest.fixture
def attacked(big):
    """After each attack: little memory, no connection left, and still at work."""
    descriptors = big.descriptors()
    yield big
    wait_until(lambda: big.descriptors() <= descriptors, "every connection to be closed")
    assert big.get("/healthz").status == 200
    assert peak_resident_bytes(big.pid) < MEMORY_LIMIT


def test_answers_stay_under_a_kilobyte(attacked):
    told = attacked.get("/fcgi-ping?verbose")
    assert len(told.body) < 1024 and told.json()["down"] == 80
    name = "000-" + "n" * 196
    assert len(attacked.get(f"/fcgi-ping/{name}?verbose").body) < 1024 and attacked.why(name)["target"] == name


REQUEST = "GET /healthz HTTP/1.1\r\nHost: t\r\n"
POST = "POST /healthz HTTP/1.1\r\nHost: t\r\n"
INNER = "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.mark.parametrize(
    "status,request_bytes",
    [
        (400, "GET /healthz HTTP/1.1\r\n\r\n"),
        (400, REQUEST + "Host: u\r\n\r\n"),
        (400, "GET /healthz\r\n\r\n"),
        (400, "\r\n\r\n" + INNER),
        (400, "GET  /healthz HTTP/1.1\r\n\r\n"),
        (505, "GET /healthz HTTP/2.0\r\nHost: t\r\n\r\n"),
        (400, "GET /healthz HTTP/11\r\nHost: t\r\n\r\n"),
        (400, "GET /health\0z HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, REQUEST + "X: a\0b\r\n\r\n"),
        (400, REQUEST + "X: \x1b[31m\r\n\r\n"),
        (400, "GET /config%00.html HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, "GET /fcgi-ping/%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, "GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, "GET /%2 HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, "GET /h\xe9 HTTP/1.1\r\nHost: t\r\n\r\n"),
        (400, REQUEST + "X : a\r\n\r\n"),
        (400, REQUEST + "X: a\r\n b\r\n\r\n"),
        (400, REQUEST.replace("\r\n", "\n") + "\n"),
        (400, REQUEST + "X: a\rY: b\r\n\r\n"),
        (400, REQUEST + "nonsense\r\n\r\n"),
        (400, "\x16\x03\x01\x02\x00\x01\x00"),
        (505, "PRI * HTTP/2.0\r\n\r\n\xff"),
        (414, "GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: t\r\n\r\n"),
        (431, REQUEST + "A: b\r\n" * 4000),
        (400, REQUEST + f"Content-Length: {len(INNER)}\r\n\r\n" + INNER),
        (405, POST + "Content-Length: 4000\r\n\r\n" + INNER),
        (405, POST.replace("POST", "PUT") + "Content-Length: 500000000000\r\n\r\n" + INNER),
        (405, POST + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n"),
        (417, POST + "Expect: miracles\r\n\r\n"),
        (413, POST + "Content-Length: 500000000000\r\n\r\n"),
        *[(400, POST + f"Content-Length: {n}\r\n\r\n" + INNER) for n in ("-1", "+5", "0x10", "5, 5", "", "9" * 30)],
        (400, POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        (400, POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER),
        (400, POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + INNER),
        *[
            (411, POST + "Transfer-Encoding: chunked\r\n\r\n" + body + INNER)
            for body in ("5\r\nhello\r\n0\r\n\r\n", "-2\r\nxx\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n")
        ],
        (501, POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + INNER),
    ],
)
def test_refused_with_one_answer_and_the_end(attacked, status, request_bytes):
    with RawClient(attacked.bound[0]) as client:
        client.send(request_bytes.encode("latin-1"))
        response = client.response()
        assert response.status == status, response.body
        assert response.headers["connection"] == "close" and "x-evil" not in response.headers
        assert client.rest() == b""


def test_a_body_that_nobody_wanted_is_not_taken_for_a_request(attacked):
    with RawClient(attacked.bound[0]) as client:
        post = POST + f"Content-Length: {len(INNER)}\r\n\r\n" + INNER
        client.send((post + INNER.replace("healthz", "nothing")).encode())
        assert [client.response().status, client.response().status] == [405, 404]


@pytest.mark.parametrize("value", ["0-0", "0-," * 2700 + "0-", "1" * 8100 + "-", "-1", "99999999-"])
def test_ranges_are_not_looked_at(attacked, value):
    with RawClient(attacked.bound[0]) as client:
        for page in ("/metrics", "/healthz"):
            client.get(page, "Range: bytes=" + value)
            response = client.response()
            assert response.status == 200 and not {"content-range", "accept-ranges"} & set(response.headers)
            assert response.body.endswith(b"\n") and len(response.body) < 4 << 20
            assert (len(response.body) > 500_000) == (page == "/metrics")


@pytest.mark.parametrize(
    "opening,line",
    [
        ("GET /", b"a"),
        (REQUEST + "X: ", b"a"),
        (REQUEST, b"Header: value\r\n"),
        (POST + "Transfer-Encoding: chunked\r\n\r\n", b"x"),
        (POST + "Content-Length: 4000000000\r\n\r\n", b"x"),
    ],
)
def test_endless_input_meets_an_end(attacked, opening, line):
    piece = line * ((1 << 20) // len(line))
    with RawClient(attacked.bound[0]) as client:
        client.send(opening.encode())
        sent = 0
        while client.send(piece):
            sent += 1
            assert sent < 100, "megabytes taken"


def test_a_header_is_not_decoded_and_not_repeated(attacked):
    names = ("Accept", "Accept-Encoding", "User-Agent", "Cookie", "X-Evil")
    with RawClient(attacked.bound[0]) as client:
        client.get("/fcgi-ping", *[name + ": a%0d%0aX-Evil:%201%0d%0a" for name in names])
        response = client.response()
        assert response.status == 404 and response.body == b""
        assert set(response.headers) == {"date", "content-length", "cache-control", "x-fastcgi-health"}


def test_the_log_names_the_real_peer_and_one_line_a_request(attacked):
    with RawClient(attacked.bound[0]) as client:
        client.get('/mark-1"%20level=error%20msg="owned', "REMOTE_ADDR: 6.6.6.6", "X-Forwarded-For: 6.6.6.6")
        assert client.response().status == 404
        wait_until(lambda: attacked.has_line("mark-1", "peer=" + client.name), "the request in the log")
    line = next(line for line in attacked.lines if "mark-1" in line)
    assert '\\"' in line and line.count("\n") == 1 and not attacked.has_line("6.6.6.6")


def test_requests_sent_ahead_are_answered_in_order(attacked):
    asked = ("GET /metrics", "GET /healthz", "HEAD /metrics", "OPTIONS /healthz", "GET /nothing", "GET /-/ready")
    wire = b"".join(f"{line} HTTP/1.1\r\nHost: t\r\n\r\n".encode() for line in asked)
    for pieces in ([wire], [wire[i : i + 1] for i in range(len(wire))]):
        with RawClient(attacked.bound[0]) as client:
            for piece in pieces:
                client.send(piece)
            responses = [client.response(head_only=i == 2) for i in range(6)]
            assert [response.status for response in responses] == [200, 200, 200, 405, 404, 200]
            assert b"fastcgi_up{" in responses[0].body
            assert [response.body for response in responses[1:3] + responses[5:]] == [b"ok\n", b"", b"Ready\n"]


@pytest.mark.parametrize(
    "version,connection,is_kept",
    [
        ("1.1", None, True),
        ("1.1", "keep-alive", True),
        ("1.1", "TE", True),
        ("1.1", "close", False),
        ("1.1", "Close", False),
        ("1.1", "close, TE", False),
        ("1.1", "TE,CLOSE", False),
        ("1.1", "keep-alive, close", False),
        ("1.0", None, False),
        ("1.0", "keep-alive", True),
        ("1.0", "Keep-Alive", True),
        ("1.0", "close", False),
    ],
)
def test_keeping_a_connection(attacked, version, connection, is_kept):
    headers = [f"Connection: {connection}"] if connection else []
    for asked in ("GET /healthz", "HEAD /healthz", "GET /nothing", "POST /healthz", "GET /metrics"):
        method, page = asked.split()
        with RawClient(attacked.bound[0]) as client:
            client.get(page, *headers, method=method, version=version)
            response = client.response(head_only=method == "HEAD")
            said = response.headers.get("connection")
            assert said == (("keep-alive" if version == "1.0" else None) if is_kept else "close")
            if not is_kept:
                assert client.rest() == b""
                continue
            client.get("/healthz")
            assert client.response().body == b"ok\n"


def test_a_small_answer_is_one_packet(attacked):
    """Head and body in two would wait for each other's ACK, 44 ms at a time."""
    with RawClient(attacked.bound[0]) as client:
        for _ in range(50):
            client.get("/healthz")
            assert client.response().body == b"ok\n"
        info = client.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
        assert struct.unpack_from("=I", info, 152) == (50,), "tcpi_data_segs_in"


def test_a_head_that_does_not_end_in_time_is_told_so(attacked):
    with RawClient(attacked.bound[0]) as client:
        client.send(REQUEST.encode() + b"X: a")
        assert client.response().status == 408
        assert client.rest() == b""


def test_http_1_0_needs_no_host_and_a_url_may_be_whole(attacked):
    for line in ("GET /healthz HTTP/1.0\r\n\r\n", "GET http://a.test/healthz HTTP/1.1\r\nHost: a.test\r\n\r\n"):
        with RawClient(attacked.bound[0]) as client:
            client.send(line.encode())
            assert client.response().status == 200


# Crowds.

IDLE, SLOW_HEADS, SLOW_READERS = 1000, 1000, 20
MOST_CONNECTIONS = 4096


def reading(exporter, name):
    return float(re.search(rf"^fastcgi_exporter_{name} (\S+)$", exporter.get("/metrics").text, re.MULTILINE)[1])


def status_at(address):
    with RawClient(address) as client:
        client.get("/healthz")
        return client.response().status


def slow_readers(stack, address):
    """Each has its answer begun, and takes no more of it."""
    readers = [stack.enter_context(RawClient(address, receive_buffer_bytes=2048)) for _ in range(SLOW_READERS)]
    for reader in readers:
        reader.get("/metrics")
    for reader in readers:
        assert reader.socket.recv(12, socket.MSG_PEEK | socket.MSG_WAITALL) == b"HTTP/1.1 200"
    return readers


def test_crowds_delay_neither_health_nor_the_end():
    """Who comes is answered while nearly all who came before him still hold their connections: he waits for nobody's
    end. On a busy machine the time of some of them is over meanwhile, and others take their places."""
    with exporter_of_big_pages() as exporter, contextlib.ExitStack() as stack:
        address = exporter.bound[0]
        kept = stack.enter_context(RawClient(address))
        readers = slow_readers(stack, address)
        crowds = [stack.enter_context(Crowd(address, IDLE))]
        crowds.append(stack.enter_context(Crowd(address, SLOW_HEADS, REQUEST.encode() + b"X: ")))
        answers = 0

        def a_hundred_answers_that_waited_for_nobody():
            nonlocal answers
            crowds[1].send(b"a")
            if reading(exporter, "http_connections") > (IDLE + SLOW_HEADS) / 2:
                for _ in range(10):
                    kept.get("/healthz")
                    assert kept.response().body == b"ok\n"
                    assert status_at(address) == 200
                    answers += sum(len(crowd.ended()) for crowd in crowds) < (IDLE + SLOW_HEADS) / 2
            for crowd in crowds:
                crowd.keep_up()
            return answers >= 100

        wait_until(a_hundred_answers_that_waited_for_nobody, "a hundred answers before half of the crowd had to go")
        assert reading(exporter, "http_connections_evicted_total") == 0
        assert len(readers[0].response().body) > 500_000, "a slow reader that hurries now gets the rest"
        assert peak_resident_bytes(exporter.pid) < MEMORY_LIMIT
        exporter.process.send_signal(signal.SIGTERM)
        assert exporter.process.wait(30) == 0


def test_a_crowd_beyond_the_limit_has_to_make_room(attacked):
    with Crowd(attacked.bound[0], MOST_CONNECTIONS + 200):
        wait_until(lambda: reading(attacked, "http_connections_evicted_total") >= 200, "the first to be sent away")
        assert status_at(attacked.bound[0]) == 200
        assert reading(attacked, "http_connections") <= MOST_CONNECTIONS


def test_few_descriptors_are_enough_for_health():
    """Of 128 there are 16 for connections: a 17th idle one costs an idle one its place, never a health answer."""
    arguments = ["--fastcgi.target=unix:/nowhere/fpm.sock"]
    with Exporter(arguments, prefix=["prlimit", "--nofile=128:128"]) as exporter, Crowd(exporter.bound[0], 300):
        for _ in range(20):
            assert status_at(exporter.bound[0]) == 200
        assert reading(exporter, "http_connections") <= 16
