"""However it ends, the next one starts; and one that is about to end, or stands still, is known for it."""

import contextlib
import os
import signal
import socket
import subprocess

import pytest

from support import raw_http, responder
from support.exporter import BINARY, Exporter, clean_environment
from support.faults import TRACEABLE, held, injected, thread_named
from support.ports import reserved_port
from support.raw_http import RawClient
from support.responder import Responder
from support.waiting import wait_until

# The system calls at which SIGKILL hits, from the first step to the last, and which of several.
MOMENTS = [
    "bind",
    "chmod",
    "listen",
    "listen:when=2",
    "clone3,clone:when=3",
    "epoll_pwait2,epoll_wait:when=2",
    "accept4",
    "connect",
    "sendto",
    "unlink",
]


def ask(address):
    """The status of /healthz, None when nobody answers."""
    try:
        with RawClient(address) as client:
            client.get("/healthz")
            return client.response().status
    except (OSError, AssertionError):
        return None


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_it_starts_again(tmp_path, moment):
    """It starts, is asked, and is told to end: somewhere on the way it is killed."""
    unix = f"unix:{tmp_path}/pages.sock"
    tcp = f"127.0.0.1:{reserved_port()}"
    with Responder(responder.answering(), "unix") as peer:
        arguments = ["--fastcgi.target=" + peer.address, *(f"--web.listen-address={where}" for where in (unix, tcp))]
        killing = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", f"--inject={moment_of(moment)}"]
        process = subprocess.Popen([*killing, BINARY, *arguments], env=clean_environment(), stderr=subprocess.DEVNULL)
        wait_until(lambda: process.poll() is not None or (peer.accepted and ask(unix) == 200), "all of it, or the end")
        process.terminate()
        assert process.wait(30) == -signal.SIGKILL, "nothing was killed"
        with Exporter(arguments, listen=None) as exporter:
            assert [ask(address) for address in exporter.bound] == [200, 200]
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [1], "a pass")
        assert os.listdir(tmp_path) == []


def moment_of(text):
    calls, _, when = text.partition(":")
    return f"{calls}:signal=SIGKILL" + (":" + when if when else "")


TARGETS = 1000
CLIENTS = 30  # of each kind; more pages at once would be refused


def module(**settings):
    return {"interval": "1s", "timeout": "60s", "abandon_after": "120s", "ping": {}, **settings}


@contextlib.contextmanager
def clients_of_every_kind(exporter, guest):
    """{kind: sockets}: who waits for a probe, who reads nothing of a large page, who has not asked yet, who is idle."""
    requests = {
        "probe": f"GET /probe?module=m&target={guest} HTTP/1.1\r\nHost: x\r\n\r\n",
        "page": "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        "half": "GET /healthz HTTP/1.1\r\nHos",
        "idle": "",
    }
    clients = {kind: [] for kind in requests}
    with contextlib.ExitStack() as stack:
        for kind, request in requests.items():
            for _ in range(CLIENTS):
                client = stack.enter_context(raw_http.connect(exporter.bound[0], receive_buffer_bytes=65536))
                client.sendall(request.encode())
                clients[kind].append(client)
        yield clients


def rest_of(client):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while more := client.recv(1 << 20):
            data += more
    return data


def test_it_ends_cleanly_with_probes_and_answers_of_every_kind_open():
    raw_http.allow_descriptors(4096)
    with Responder(responder.silent, backlog=4096) as peer, Responder(responder.silent) as guest:
        targets = [{"name": f"t{i:04}", "address": peer.address, "module": "m"} for i in range(TARGETS)]
        config = {"modules": {"m": module()}, "targets": targets, "probe_allow": [guest.address]}
        with Exporter(config=config) as exporter:
            wait_until(lambda: len(peer.connections) == TARGETS, "1,000 exchanges")
            with clients_of_every_kind(exporter, guest.address) as clients:
                wait_until(lambda: guest.connections, "the exchange of the guests")
                for client in clients["page"]:
                    client.recv(1, socket.MSG_PEEK)  # its answer has begun
                exporter.process.terminate()
                for client in clients["probe"]:
                    answer = rest_of(client)
                    assert answer == b"" or answer.startswith(b"HTTP/1.1 503 "), answer
                for client in clients["half"] + clients["idle"]:
                    assert rest_of(client) == b""
                for client in clients["page"]:
                    assert rest_of(client).startswith(b"HTTP/1.1 200 ")
                assert exporter.process.wait(30) == 0
            wait_until(lambda: exporter.has_line("msg=stopped"), "its last line")
            wait_until(lambda: not peer.connections and not guest.connections, "every connection to be closed")


def test_a_worker_that_stands_still_is_seen_on_healthz_and_so_is_that_it_goes_on():
    with Responder(responder.answering()) as peer:
        config = {"modules": {"m": module()}, "targets": [{"name": "t", "address": peer.address, "module": "m"}]}
        with Exporter(config=config, environment=TRACEABLE) as exporter:
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [1], "a pass")
            with held(thread_named(exporter, "worker")):
                wait_until(lambda: exporter.get("/healthz").status == 503, "/healthz to tell")
                assert exporter.get("/-/healthy").status == 503
                assert exporter.get("/fcgi-live").status == 200, "the pool is not to blame"
                assert exporter.get("/metrics").status == 200
            wait_until(lambda: exporter.get("/healthz").status == 200, "/healthz to be good again")


@pytest.mark.parametrize("thread", ["worker", "front"])
def test_a_loop_that_dies_takes_the_exporter_with_it(thread):
    """Whoever supervises it sees that at once, and starts the next one."""
    with Responder(responder.answering()) as peer:
        arguments = ["--fastcgi.target=" + peer.address, f"--web.listen-address=127.0.0.1:{reserved_port()}"]
        dying = Exporter(arguments, listen=None, environment=TRACEABLE)
        dying.__enter__()
        with injected(thread_named(dying, thread), "epoll_pwait2,epoll_wait:error=EBADF"):
            assert dying.process.wait(30) == -signal.SIGABRT
        dying.__exit__(Exception)
        with Exporter(arguments, listen=None) as exporter:
            assert exporter.get("/healthz").status == 200
