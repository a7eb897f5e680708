"""Hostile HTTP clients in a process of their own: by chance, bounded in rate and number, and at rest when told."""

import contextlib
import multiprocessing
import random
import socket
import struct
import time
import urllib.parse

from support import raw_http

TURNS_PER_SECOND = 20
MOST_HELD = 300
REQUEST = "GET {} HTTP/1.1\r\nHost: soak\r\n\r\n"
TARGETS = (
    "/metrics",
    "/",
    "/config",
    "/sd",
    "/fcgi-ping?verbose",
    "/fcgi-live",
    "/fcgi-ready/nobody",
    "/api/v1/targets?limit=1000",
    "/api/v1/targets/peer-000",
    "/../../etc/passwd",
    "/metrics/..%2f..%2fetc%2fpasswd",
    "/%00",
    "/-/reload",
    "/probe?target=127.0.0.1:1",
    "/probe?target=peer-001&debug=true",
    "/probe?target=fpm-000",
    "/probe?target=127.0.9.9:9&module=ping",  # allowed, and nobody is there
)
ODD_BYTES = (
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    b"GET /" + b"a" * 20000,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000,
    b"\0" * 1000,
)


class Clients:
    def __init__(self, address, seed):
        self.address = address
        self.chance = random.Random(seed)
        self.held = []
        self.counts = dict.fromkeys(("turns", "connections", "health_answers", "not_well"), 0)
        self.slowest_health = 0.0

    def connect(self, **options):
        self.counts["connections"] += 1
        return raw_http.connect(self.address, **options)

    def send(self, wire, **options):
        connection = self.connect(**options)
        with contextlib.suppress(OSError):  # refused while we were still sending
            connection.sendall(wire)
        return connection

    def target(self):
        return REQUEST.format(self.chance.choice(TARGETS)).encode()

    # What one of them does in its turn.

    def hold_nothing_said(self):
        self.held.append(self.connect())

    def hold_half_a_head(self):
        self.held.append(self.send(self.target()[: self.chance.randint(1, 30)]))

    def hold_and_read_slowly(self):
        self.held.append(self.send(REQUEST.format("/metrics").encode(), receive_buffer_bytes=2048))

    def hold_and_ask_no_more(self):
        self.held.append(self.send(self.target()))

    def talk_nonsense(self):
        self.send(self.chance.choice((*ODD_BYTES, self.chance.randbytes(3000)))).close()

    def ask_and_reset(self):
        with self.send(self.target()) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ask_ahead(self):
        with self.send(b"".join(self.target() for _ in range(20))) as connection:
            connection.recv(100)

    def come_as_a_flood(self):
        for connection in [self.connect() for _ in range(50)]:
            connection.close()

    def ask_for_a_random_path(self):
        path = "".join(chr(self.chance.randrange(1, 256)) for _ in range(self.chance.randrange(60)))
        self.send(REQUEST.format("/" + urllib.parse.quote(path, safe="/%")).encode()).close()

    DEEDS = (
        hold_nothing_said,
        hold_half_a_head,
        hold_and_read_slowly,
        hold_and_ask_no_more,
        talk_nonsense,
        ask_and_reset,
        ask_ahead,
        come_as_a_flood,
        ask_for_a_random_path,
    )

    def turn(self):
        self.counts["turns"] += 1
        self.chance.choice(self.DEEDS)(self)
        for connection in self.chance.sample(self.held, min(5, len(self.held))):
            with contextlib.suppress(OSError):
                connection.send(b"a")  # one byte more of a head that never ends, or of the next
        while len(self.held) > MOST_HELD:
            self.held.pop(self.chance.randrange(len(self.held))).close()
        self.ask_for_health()

    def ask_for_health(self):
        """As a probe of Kubernetes does: a connection of its own each time."""
        began = time.monotonic()
        with raw_http.RawClient(self.address) as client:
            client.get("/healthz", "Connection: close")
            self.counts["not_well"] += client.response().status != 200
        self.slowest_health = max(self.slowest_health, time.monotonic() - began)
        self.counts["health_answers"] += 1

    def rest(self):
        while self.held:
            self.held.pop().close()


def run(pipe, address, seed):
    """Turns while the last word was "go"; every word is answered with the counts."""
    clients = Clients(address, seed)
    going = False
    while True:
        if pipe.poll(1 / TURNS_PER_SECOND if going else None):
            going = pipe.recv() == "go"
            if not going:
                clients.rest()
            pipe.send(clients.counts | {"slowest_health_seconds": clients.slowest_health})
        if going:
            clients.turn()


class HostileClients:
    """`tell("go")` and `tell("rest")` return what they have done so far."""

    def __init__(self, address, seed):
        self.pipe, theirs = multiprocessing.Pipe()
        arguments = (theirs, address, seed)
        self.process = multiprocessing.get_context("fork").Process(target=run, args=arguments, daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()

    def tell(self, word):
        self.pipe.send(word)
        while not self.pipe.poll(1):
            assert self.process.is_alive(), "the hostile clients have died: /healthz did not answer, or see above"
        return self.pipe.recv()
