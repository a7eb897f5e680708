"""A FastCGI client of the tests' own, from the specification: what a web server does to a pool."""

import socket
import struct

from support import fastcgi

LIMIT_SECONDS = 60


def connect(address):
    """`address` as php_fpm.PhpFpm and responder.Responder name theirs: "unix:/path" or "127.0.0.1:9000"."""
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX)
        where = address.removeprefix("unix:")
    else:
        client = socket.socket()
        host, port = address.rsplit(":", 1)
        where = (host, int(port))
    client.settimeout(LIMIT_SECONDS)
    client.connect(where)
    return client


def length(text):
    return bytes([len(text)]) if len(text) < 128 else struct.pack("!I", len(text) | 1 << 31)


def encode(params):
    """A whole request: role responder, the connection ends with the answer."""
    pairs = ((name.encode(), value.encode()) for name, value in params.items())
    body = b"".join(length(name) + length(value) + name + value for name, value in pairs)
    return (
        fastcgi.record(fastcgi.BEGIN_REQUEST, struct.pack("!HB5x", 1, 0))
        + fastcgi.record(fastcgi.PARAMS, body)
        + fastcgi.record(fastcgi.PARAMS)
        + fastcgi.record(fastcgi.STDIN)
    )


class Answer:
    def __init__(self, stdout, stderr):
        head, _, self.body = stdout.partition(b"\r\n\r\n")
        self.stderr = stderr
        self.headers = {}
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.status = int(self.headers.get("status", "200").split()[0])


class Request:
    """One request, sent; its connection stays open until answer() or close()."""

    def __init__(self, address, path, query="", **params):
        self.connection = connect(address)
        defaults = {"SCRIPT_NAME": path, "SCRIPT_FILENAME": path, "REQUEST_METHOD": "GET", "QUERY_STRING": query}
        self.connection.sendall(encode({**defaults, **params}))

    def answer(self):
        """Waits for END_REQUEST; ConnectionError when the peer leaves before."""
        parts = {fastcgi.STDOUT: b"", fastcgi.STDERR: b""}
        try:
            while True:
                kind, content = self._record()
                if kind == fastcgi.END_REQUEST:
                    return Answer(parts[fastcgi.STDOUT], parts[fastcgi.STDERR])
                parts[kind] += content
        finally:
            self.close()

    def close(self):
        self.connection.close()

    def _record(self):
        header = self._read(8)
        size, padding = struct.unpack("!HB", header[4:7])
        return header[1], self._read(size + padding)[:size]

    def _read(self, size):
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise ConnectionError("the peer left in the middle of its answer")
            data += more
        return data


def ask(address, path, query="", **params):
    return Request(address, path, query, **params).answer()
