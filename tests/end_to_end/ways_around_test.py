"""Ways around the routes, the login, the end of a request, and the rule that nothing of one reaches a responder."""

import base64
import crypt  # Debian 12's Python still has it

import pytest

from support import fastcgi
from support.exporter import Exporter
from support.raw_http import RawClient
from support.responder import Responder
from support.waiting import wait_until

PAGES = ["/", "/metrics", "/fcgi-ping", "/fcgi-live", "/fcgi-ready", "/health", "/healthz", "/-/healthy", "/-/ready"]
PAGES += ["/-/reload", "/probe", "/api/v1/targets", "/api/v1/status", "/config", "/sd"]
HEALTH = "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.fixture(scope="module", name="attacked")
def one_target():
    with Exporter(["--fastcgi.target=secret-name=127.0.0.1:1"]) as exporter:
        yield exporter
        assert exporter.get("/healthz").status == 200


PATH_SHAPES = [
    "/../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e/%252e%252e/etc/passwd",
    "/..;/..;/etc/passwd",
    "/..\\..\\etc\\passwd",
    "/..%5c..%5cetc%5cpasswd",
    "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "//etc/passwd",
    "/%00",
    "%00",
    "%00.html",
    "/%00/../../etc/passwd",
    "/\0",
    "/.git/config",
    "/./../proc/self/environ",
    "/file:///etc/passwd",
]


@pytest.mark.parametrize("page", PAGES)
def test_no_path_leads_out_of_a_page(attacked, page):
    for shape in PATH_SHAPES:
        with RawClient(attacked.bound[0]) as client:
            client.get(page.rstrip("/") + shape)
            response = client.response()
            assert response.status in ((400,) if "\0" in shape or "%00" in shape else (400, 404)), (page, shape)
            assert b"root:" not in response.body and b"PATH=" not in response.body
    for query in ("?\0", "?a=%00", "?target=%00", "?verbose%00", "?target=../../etc/passwd&q=..%2f..%2fetc%2fpasswd"):
        with RawClient(attacked.bound[0]) as client:
            client.get(page + query)
            response = client.response()
            assert response.status != 500 and b"root:" not in response.body and b"\0" not in response.body
            assert response.status == 400 or "\0" not in query


AROUND_THE_LOGIN = [
    ("", []),
    ("", ["Authorization:"]),
    ("", ["Authorization: Basic"]),
    ("", ["Authorization: Basic Og=="]),
    ("", ["Authorization: Basic " + base64.b64encode(b"alice").decode()]),
    ("", ["Authorization: Basic " + base64.b64encode(b"alice:").decode()]),
    ("", ["Authorization: Basic " + base64.b64encode(b"alice:wonderland\0").decode()]),
    ("", ["Authorization: Bearer wonderland"]),
    ("", ["Authorization: Basic Og==", "Authorization: Basic " + base64.b64encode(b"alice:wonderland").decode()]),
    ("", ["Proxy-Authorization: Basic " + base64.b64encode(b"alice:wonderland").decode()]),
    ("", ["Cookie: user=alice", "X-Forwarded-User: alice", "Remote-User: alice", "X-Remote-User: alice"]),
    ("", ["X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-For: 127.0.0.1"]),
    ("?/healthz", []),
    ("?user=alice&password=wonderland", []),
    ("/", []),
    ("/healthz", []),
    ("/../healthz", []),
    ("/..%2fhealthz", []),
    (";/healthz", []),
    ("%20", []),
    ("%09", []),
    ("/.", []),
]


def test_no_way_of_asking_is_a_way_around_the_login(tmp_path):
    web = tmp_path / "web.yaml"
    hashed = crypt.crypt("wonderland", "$2b$04$abcdefghijklmnopqrstuu")
    web.write_text(f"basic_auth_users: {{alice: {hashed}}}")
    arguments = [f"--web.config.file={web}", "--web.unauthenticated-paths=/healthz"]
    with Exporter(["--fastcgi.target=secret-name=127.0.0.1:1", *arguments]) as exporter:
        address = exporter.bound[0]
        for page in [page for page in PAGES if page != "/healthz"]:
            for before in ("", "/", "/.", "/healthz/..", "/healthz%2f..", "http://127.0.0.1", "http://healthz"):
                expect_no_entry(address, before + page, [])
            for more, headers in AROUND_THE_LOGIN:
                expect_no_entry(address, page + more, headers)
            for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                expect_no_entry(address, page, ["Content-Length: 0"], method)
        expect_each_request_to_log_in(address)


def expect_no_entry(address, path, headers, method="GET"):
    with RawClient(address) as client:
        client.get(path, *headers, method=method)
        response = client.response(head_only=method == "HEAD")
        assert response.status in (400, 401), (method, path, headers, response.status)
        assert b"secret-name" not in response.body and b"fastcgi_" not in response.body.split(b"realm")[0]


def expect_each_request_to_log_in(address):
    """A login is of its request, not of the connection, nor of what is sent ahead beside it."""
    login = "Authorization: Basic " + base64.b64encode(b"alice:wonderland").decode()
    with RawClient(address) as client:
        for headers, status in (([login], 200), ([], 401), ([login], 200), ([login + "x"], 401)):
            client.get("/config", *headers)
            assert client.response().status == status, headers
        request = "GET /config HTTP/1.1\r\nHost: t\r\n"
        client.send((request + login + "\r\n\r\n" + request + "\r\n" + HEALTH).encode())
        assert [client.response().status for _ in range(3)] == [200, 401, 200]


# Requests that two servers in a row could cut in different places.

POST = "POST /-/reload HTTP/1.1\r\nHost: t\r\n"
GET = "GET /metrics HTTP/1.1\r\nHost: t\r\n"
CHUNKED_END = "\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        *[POST + f"Transfer-Encoding:{value}\r\n" for value in ("\tchunked", " chunked ", " Chunked", " CHUNKED")],
        *[POST + f"Transfer-Encoding: {value}\r\n" for value in ("xchunked", "chunked, identity", "identity", "")],
        *[POST + f"Transfer-Encoding: {value}\r\n" for value in ('"chunked"', "chunked;q=1", "chunked\v", "\vchunked")],
        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        POST + "Transfer-Encoding: identity\r\nTransfer-encoding: chunked\r\nContent-Length: 5\r\n",
        POST + "Transfer-Encoding:\r\n chunked\r\n",
        POST + "Transfer\tEncoding: chunked\r\n",
        POST + " Transfer-Encoding: chunked\r\n",
        POST + "X: y\nTransfer-Encoding: chunked\r\n",
        POST + "X: y\rTransfer-Encoding: chunked\r\n",
        POST.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n",
        *[POST + f"Content-Length: {value}\r\n" for value in ("0, 0", "0 0", "00x", "0;", "0\0", "\v0", "1e1", "٣")],
        POST + "Content-Length : 0\r\n",
        POST + "Content-Length\r\n",
        POST + "Content-Length: 0\r\nContent-Length: 5\r\n",
        POST + "Content-Length: 5\r\nContent-Length: 0\r\n",
        POST + "Content-Length: 18446744073709551616\r\n",
        POST + "Content-Length: 4294967296\r\n",
        GET + "Content-Length: 36\r\n",
        GET + "Transfer-Encoding: chunked\r\n",
        GET + "Host: u\r\n",
        GET.replace("Host: t", "Host: t, u"),
        GET.replace("Host: t", "Host : t"),
        GET.replace(" HTTP/1.1", " HTTP/1.1 HTTP/1.1"),
        GET.replace("GET /", "GET\t/"),
        GET.replace("GET", "GET\0"),
        GET.replace("\r\n", "\n"),
        "CONNECT t:80 HTTP/1.1\r\nHost: t\r\n",
        GET + "Upgrade: h2c\r\nContent-Length: 5\r\n",
    ],
)
def test_what_two_servers_could_read_in_two_ways_ends_the_connection(attacked, head):
    inner = "GET /-/healthy HTTP/1.1\r\nHost: t\r\n\r\n"
    with RawClient(attacked.bound[0]) as client:
        client.send((head + CHUNKED_END + inner).encode("utf-8"))
        response = client.response()
        assert 400 <= response.status <= 505 and response.headers["connection"] == "close"
        assert client.rest() == b"", "a second answer"


# What reaches a responder.


def recording(wires):
    def behave(connection, _):
        request = fastcgi.read_request(connection)
        if request:
            wires.append(request[1])
            connection.sendall(fastcgi.answer())

    return behave


def test_what_a_client_sends_never_reaches_a_responder():
    """Who chose a parameter of FastCGI could run any script: the bytes are those of the beat, whatever is asked."""
    wires = []
    with Responder(recording(wires)) as peer:
        module = {"interval": "1h", "timeout": "60s", "ping": {"path": "/fpm-ping"}}
        targets = [{"name": "www", "address": peer.address, "module": "m"}]
        with Exporter(config={"modules": {"m": module}, "targets": targets}) as exporter:
            wait_until(lambda: wires, "the beat")
            probes = sum(leads_to_a_probe(exporter, query, evil) for query in QUERIES for evil in EVIL_HEADERS)
            assert probes >= len(EVIL_HEADERS)
            assert len(wires) == 1 + probes and set(wires) == {wires[0]}
            assert b"evil" not in wires[0]


QUERIES = [
    "/probe?target=www",
    "/probe?target=www&debug=true",
    "/probe?target=www&SCRIPT_FILENAME=/evil.php",
    "/probe?target=www&PHP_VALUE=auto_prepend_file%3dphp://evil",
    "/probe?target=www&params=evil",
    "/probe?target=www&path=/evil.php",
    "/probe?target=www/evil.php",
    "/probe?target=www%0d%0aevil",
    "/probe?target=www&module=evil",
    "/probe/evil.php?target=www",
    "/evil.php/probe?target=www",
    "/fcgi-ping/www?SCRIPT_FILENAME=/evil.php",
    "/api/v1/targets/www?evil",
]
EVIL_HEADERS = [
    [],
    ["Proxy: http://evil", "SCRIPT_FILENAME: /evil.php", "PHP-VALUE: evil", "X-Forwarded-For: evil", "Cookie: evil"],
    ["User-Agent: evil", "Referer: http://evil/", "X-Prometheus-Scrape-Timeout-Seconds: 9", "REMOTE_ADDR: evil"],
]


def leads_to_a_probe(exporter, query, headers):
    answer = exporter.get(query, dict(header.split(": ", 1) for header in headers))
    assert answer.status < 500
    return "\nprobe_success 1\n" in answer.text
