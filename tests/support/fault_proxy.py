"""A proxy in front of FastCGI responders that does to what passes what its toxics say, over tcp and unix sockets.

All listeners live in one child process, which what the test itself does cannot slow down. Toxics are switched on and
off while connections are open; so is the listener (`down`) and its accepting (`deaf`).
"""

import asyncio
import collections
import contextlib
import multiprocessing
import os
import shutil
import socket
import struct
import tempfile

from support import toxics
from support.ports import reserved_port
from support.toxics import DOWN, UP

BACKLOG = 512
READ_BYTES = 65536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultProxies:
    """`with FaultProxies() as proxies:`, then proxies.open(name, responder's address, "tcp" | "unix") is the address
    to watch, and proxies.set({name: toxics}) what happens to what passes there."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(
            target=serve, args=(theirs, self.folder), daemon=True
        )
        self.process.start()
        return self

    def __exit__(self, *_):
        self.pipe.send(None)
        self.process.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, *call):
        self.pipe.send(call)
        answer = self.pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def open(self, name, responder, family):
        return self._ask("open", name, responder, family)

    def set(self, toxics):
        """{name: its toxics from now on}"""
        self._ask("set", toxics)

    def clear(self, names, severed=()):
        """No toxics, listening and accepting. What is open goes on, but for the connections of those in `severed`."""
        self._ask("clear", names, severed)

    def down(self, names):
        """Nobody listens, open connections end."""
        self._ask("down", names)

    def deaf(self, names):
        """Connections wait in the kernel's queue."""
        self._ask("deaf", names)

    def connections(self, older_than):
        """How many are open for so many seconds."""
        return self._ask("connections", older_than)


def serve(pipe, folder):
    asyncio.run(Server(pipe, folder).run())


class Server:
    def __init__(self, pipe, folder):
        self.pipe = pipe
        self.folder = folder
        self.proxies = {}

    async def run(self):
        self.ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.pipe.fileno(), self._on_call)
        await self.ended.wait()
        for proxy in self.proxies.values():
            proxy.down()

    def _on_call(self):
        call = self.pipe.recv()
        if call is None:
            self.ended.set()
            return
        what, *arguments = call
        try:
            answer = getattr(self, "do_" + what)(*arguments)
        except Exception as problem:  # for the test to see
            answer = problem
        self.pipe.send(answer)

    def do_open(self, name, responder, family):
        place = os.path.join(self.folder, name + ".sock") if family == "unix" else ("127.0.0.1", reserved_port())
        self.proxies[name] = Proxy(place, responder)
        self.proxies[name].listen()
        return self.proxies[name].address

    def do_set(self, toxics):
        for name, wanted in toxics.items():
            self.proxies[name].change(wanted)

    def do_clear(self, names, severed):
        for name in severed:
            self.proxies[name].sever()
        for name in names:
            self.proxies[name].change(())
            self.proxies[name].listen()

    def do_down(self, names):
        for name in names:
            self.proxies[name].down()

    def do_deaf(self, names):
        for name in names:
            self.proxies[name].stop_accepting()

    def do_connections(self, older_than):
        began = asyncio.get_running_loop().time() - older_than
        return sum(each < began for proxy in self.proxies.values() for each in proxy.connections.values())


class Proxy:
    def __init__(self, place, responder):
        self.is_unix = isinstance(place, str)
        self.place = place
        self.responder = responder
        self.address = "unix:" + place if self.is_unix else "%s:%d" % place
        self.listener = None
        self.toxics = {UP: (), DOWN: ()}
        self.changed = asyncio.get_running_loop().create_future()  # a new one for each change
        self.connections = {}  # when each began, by its task

    def listen(self):
        if self.listener is None:
            self.listener = socket.socket(socket.AF_UNIX if self.is_unix else socket.AF_INET)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(self.place)
            if self.is_unix:
                os.chmod(self.place, 0o777)
            self.listener.listen(BACKLOG)
            self.listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self.listener, self._accept)

    def stop_accepting(self):
        asyncio.get_running_loop().remove_reader(self.listener)

    def down(self):
        if self.listener is not None:
            self.stop_accepting()
            self.listener.close()
            self.listener = None
            if self.is_unix:
                os.unlink(self.place)
        self.sever()

    def change(self, wanted):
        self.toxics = {way: tuple(t for t in wanted if t.direction == way) for way in (UP, DOWN)}
        self.changed.set_result(None)
        self.changed = asyncio.get_running_loop().create_future()

    def sever(self):
        for connection in self.connections:
            connection.cancel()

    def _accept(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                client, _ = self.listener.accept()
                connection = asyncio.ensure_future(Connection(self, client).run())
                self.connections[connection] = asyncio.get_running_loop().time()
                connection.add_done_callback(self.connections.pop)


class Connection:
    """Two links, one a direction; when one ends, so does the other."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        client.setblocking(False)

    async def run(self):
        loop = asyncio.get_running_loop()
        with contextlib.closing(self.client), socket.socket(
            socket.AF_UNIX if self.proxy.responder.startswith("unix:") else socket.AF_INET
        ) as responder:
            responder.setblocking(False)
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await loop.sock_connect(responder, place_of(self.proxy.responder))
                await self._pass_both_ways(responder)

    async def _pass_both_ways(self, responder):
        links = [
            asyncio.ensure_future(Link(self.proxy, UP, self.client, responder).run()),
            asyncio.ensure_future(Link(self.proxy, DOWN, responder, self.client).run()),
        ]
        try:
            done, _ = await asyncio.wait(links, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        except toxics.Reset:
            for peer in (self.client, responder):
                if peer.family != socket.AF_UNIX:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        finally:
            for link in links:
                link.cancel()
            await asyncio.gather(*links, return_exceptions=True)  # nobody looks at a socket that will be closed


def place_of(address):
    if address.startswith("unix:"):
        return address.removeprefix("unix:")
    host, port = address.rsplit(":", 1)
    return host, int(port)


def has_ended(peer):
    try:
        return peer.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


class Link:
    """One direction of a connection."""

    def __init__(self, proxy, direction, source, sink):
        self.proxy = proxy
        self.direction = direction
        self.source = source
        self.sink = sink
        self.loop = asyncio.get_running_loop()
        self.seen = collections.Counter()  # bytes by toxic
        self.arrived = 0  # the piece in hand
        self.changed = None  # when the toxics that it meets are others
        self.has_lost = False

    async def run(self):
        """Returns when the source has ended, which the caller passes on."""
        try:
            while piece := await self._read():
                self.arrived = self.loop.time()
                await self._through(piece, self.proxy.toxics[self.direction])
        except toxics.Cut as cut:
            if isinstance(cut, toxics.Reset):
                raise
            return
        if self.has_lost and self.direction == DOWN:
            await self.loop.create_future()  # the end is lost, too; the exporter's own end is always passed on
        self.changed = self.proxy.changed
        for toxic in self.proxy.toxics[self.direction]:
            await self._wait_until(self.loop.time() + toxic.end_delay)

    async def _read(self):
        await self._readable()
        self.changed = self.proxy.changed
        for toxic in self.proxy.toxics[self.direction]:
            if toxic.resets_unread is not None:
                await self._wait_until(self.loop.time() + toxic.resets_unread)
                raise toxics.Reset
        return self.source.recv(READ_BYTES)

    async def _readable(self):
        ready = asyncio.Event()
        self.loop.add_reader(self.source, ready.set)
        try:
            await ready.wait()
        finally:
            self.loop.remove_reader(self.source)

    async def _through(self, piece, chain):
        if not chain:
            return await self.loop.sock_sendall(self.sink, piece)
        await chain[0].pass_on(self, piece, lambda part: self._through(part, chain[1:]))

    async def pause(self, seconds):
        """As long, or until the toxics change. Cut when nobody waits for the answer any more, to hold no worker."""
        await self.pause_until(self.loop.time() + seconds)

    async def pause_until(self, moment):
        await self._wait_until(moment)
        if self.direction == UP and has_ended(self.source):
            raise toxics.Cut

    async def _wait_until(self, moment):
        left = moment - self.loop.time()
        if left > 0 and not self.changed.done():
            # Not wait_for, which forgets that it was cancelled when what it waits for comes at the same time.
            await asyncio.wait([self.changed], timeout=left)

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)
