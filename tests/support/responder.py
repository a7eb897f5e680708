"""A FastCGI peer that does what a test tells it, on a real socket, and writes down what it did."""

import contextlib
import multiprocessing
import os
import shutil
import socket
import struct
import tempfile
import threading

from support import fastcgi


class Responder:
    """Each connection gets a thread that runs `behave(connection, responder)`; change `behave` at any time.

    Addresses: "tcp" (a free port on 127.0.0.1), "tcp6", "unix" (a temporary path), "abstract".
    """

    def __init__(self, behave, family="tcp", backlog=512):
        self.behave = behave
        self.lock = threading.Lock()
        self.accepted = 0
        self.log = []  # one entry an answer, appended by the behaviours
        self.released = threading.Event()  # what hold() waits for
        self.folder = None
        if family in ("tcp", "tcp6"):
            self.listener = socket.socket(socket.AF_INET if family == "tcp" else socket.AF_INET6)
            host = "127.0.0.1" if family == "tcp" else "::1"
            self.listener.bind((host, 0))
            self.port = self.listener.getsockname()[1]
            self.address = f"127.0.0.1:{self.port}" if family == "tcp" else f"[::1]:{self.port}"
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            if family == "unix":
                self.folder = tempfile.mkdtemp()
                self.path = os.path.join(self.folder, "responder.sock")
                self.listener.bind(self.path)
                os.chmod(self.path, 0o777)
                os.chmod(self.folder, 0o755)
                self.address = "unix:" + self.path
            else:
                name = f"fastcgi-responder-{os.getpid()}-{id(self)}"
                self.listener.bind("\0" + name)
                self.address = "unix:@" + name
        self.listener.listen(backlog)
        self.connections = set()
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Nobody listens any more and every open connection ends."""
        self.released.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.behave(connection, self)
        except OSError:
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def note(self, what):
        with self.lock:
            self.log.append(what)


# Behaviours: functions of (connection, responder).


def answering(*args, **kwargs):
    wire = fastcgi.answer(*args, **kwargs)

    def behave(connection, responder):
        if fastcgi.read_request(connection):
            connection.sendall(wire)
            responder.note(wire)

    return behave


def sending(wire):
    """These bytes after the request, then an orderly close."""

    def behave(connection, responder):
        if fastcgi.read_request(connection):
            connection.sendall(wire)
            responder.note(wire)

    return behave


def silent(connection, responder):
    fastcgi.read_request(connection)
    connection.recv(1)  # until the client leaves


def holding(then):
    """Says nothing until `responder.released` is set."""

    def behave(connection, responder):
        if fastcgi.read_request(connection):
            responder.released.wait()
            then(connection, responder)

    return behave


def answering_when_released(connection, responder):
    responder.released.wait()
    answering()(connection, responder)


def closing(connection, responder):
    fastcgi.read_request(connection)


def resetting(connection, responder):
    fastcgi.read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(chunk):
    """The same bytes for ever, until the client leaves."""

    def behave(connection, responder):
        if fastcgi.read_request(connection):
            while True:
                connection.sendall(chunk)
                responder.note(len(chunk))

    return behave


def dripping(wire, gap):
    """One byte, then a gap in seconds, and so on."""

    def behave(connection, responder):
        if fastcgi.read_request(connection):
            for i in range(len(wire)):
                connection.sendall(wire[i : i + 1])
                if responder.released.wait(gap):
                    return

    return behave


@contextlib.contextmanager
def answering_process():
    """The address of a healthy responder in a child process, which what the test itself does cannot slow down."""
    ours, theirs = multiprocessing.Pipe()

    def serve():
        with Responder(answering(), backlog=4096) as peer:
            theirs.send(peer.address)
            theirs.recv()  # until the test is over

    process = multiprocessing.get_context("fork").Process(target=serve, daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join()
