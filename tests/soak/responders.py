"""Hundreds of FastCGI responders in one process, each well for a while and then ill for a while, by chance."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import socket
import struct

from support import fastcgi
from support.ports import reserved_port

WELL_SECONDS = 40  # on average
ILL_SECONDS = (1, 20)
TIMEOUT_SECONDS = 1  # of the probes, so that a slow answer is sometimes a late one
PONG = fastcgi.answer()
END_OF_REQUEST = fastcgi.record(fastcgi.STDIN)

# What an ill one sends before it closes.
WIRES = {
    "mismatch": fastcgi.answer(b"not what was expected"),
    "busy": fastcgi.answer(b"busy", "503 Service Unavailable"),
    "not_found": fastcgi.answer(b"File not found.\n", "404 Not Found", b"Primary script unknown"),
    "error": fastcgi.answer(b"", "500 Internal Server Error", b"PHP Fatal error: \x1b[31m" + b"x" * 20000),
    "stderr": fastcgi.answer(stderr=b"PHP Warning: of no importance\n" * 100),
    "app_status": fastcgi.answer(app_status=255),
    "overloaded": fastcgi.answer(protocol_status=2),
    "too_large": fastcgi.record(fastcgi.STDOUT, b"x" * 65528) * 40,
    "truncated": PONG[: len(PONG) // 2],
    "http": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "nothing": b"",
}
FAULTS = (*WIRES, "garbage", "slow", "silent", "reset", "drip", "deaf", "gone")


class Peer:
    """One address. `fault` says how it answers, None: as it should."""

    def __init__(self, place, chance):
        self.place, self.chance = place, chance
        self.fault = None
        self.conversations = set()
        self.listen()

    def listen(self):
        is_unix = isinstance(self.place, str)
        self.listener = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_unix:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.place)
        self.listener.bind(self.place)
        self.listener.listen(8)
        self.listener.setblocking(False)

    @property
    def address(self):
        return "unix:" + self.place if isinstance(self.place, str) else "tcp://%s:%d" % self.place

    async def live(self):
        while True:
            await self.serve(self.chance.expovariate(1 / WELL_SECONDS))
            self.fault = self.chance.choice(FAULTS)
            await self.be_ill(self.chance.uniform(*ILL_SECONDS))
            self.fault = None

    async def be_ill(self, seconds):
        if self.fault == "gone":
            self.listener.close()
            await asyncio.sleep(seconds)
            self.listen()
        elif self.fault == "deaf":
            await asyncio.sleep(seconds)
        else:
            await self.serve(seconds)

    async def serve(self, seconds):
        loop = asyncio.get_running_loop()
        loop.add_reader(self.listener, self.accept, loop)
        await asyncio.sleep(seconds)
        loop.remove_reader(self.listener)

    def accept(self, loop):
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self.listener.accept()
            connection.setblocking(False)
            task = loop.create_task(self.converse(loop, connection))
            self.conversations.add(task)
            task.add_done_callback(self.conversations.discard)

    async def converse(self, loop, connection):
        with connection, contextlib.suppress(OSError):
            request = b""
            while not request.endswith(END_OF_REQUEST):
                more = await loop.sock_recv(connection, 65536)
                if not more:
                    return
                request += more
            await self.reply(loop, connection, self.fault)

    async def reply(self, loop, connection, fault):
        if fault == "silent":
            await loop.sock_recv(connection, 1)  # until the exporter leaves
        elif fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault == "garbage":
            await loop.sock_sendall(connection, self.chance.randbytes(self.chance.randint(1, 5000)))
        elif fault == "drip":
            for byte in PONG:
                await loop.sock_sendall(connection, bytes([byte]))
                await asyncio.sleep(0.01)
        else:
            if fault == "slow":
                await asyncio.sleep(self.chance.uniform(0, 3 * TIMEOUT_SECONDS))
            await loop.sock_sendall(connection, WIRES.get(fault, PONG))


async def live_until_told(peers, pipe):
    lives = [asyncio.create_task(peer.live()) for peer in peers]
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), told.set)
    end = asyncio.create_task(told.wait())
    done, _ = await asyncio.wait([end, *lives], return_when=asyncio.FIRST_COMPLETED)
    for life in done - {end}:
        life.result()  # a life ends only by a mistake of ours


def run(pipe, folder, count, seed):
    chance = random.Random(seed)
    peers = [Peer(f"{folder}/{i}.sock" if i % 2 else ("127.0.0.1", reserved_port()), chance) for i in range(count)]
    pipe.send([peer.address for peer in peers])
    asyncio.run(live_until_told(peers, pipe))


@contextlib.contextmanager
def responders(folder, count, seed):
    """Yields their addresses; half of them are sockets in the folder, half are ports of loopback."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, folder, count, seed)
    process = multiprocessing.get_context("fork").Process(target=run, args=arguments, daemon=True)
    process.start()
    try:
        yield ours.recv()
        assert process.is_alive(), "the responders have died"
    finally:
        with contextlib.suppress(OSError):
            ours.send("end")
        process.join(30)
        process.kill()
