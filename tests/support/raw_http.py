"""HTTP as bytes on a socket, for requests that no decent client sends, and for clients by the thousand."""

import resource
import select
import socket

LIMIT_SECONDS = 60


def connect(address, receive_buffer_bytes=None):
    """To an address as the exporter logs it: tcp://127.0.0.1:80, tcp://[::1]:80, unix:/path or unix:@name."""
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        connection, where = socket.socket(socket.AF_UNIX), "\0" + path[1:] if path.startswith("@") else path
    else:
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        connection = socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET)
        where = (host.strip("[]"), int(port))
    connection.settimeout(LIMIT_SECONDS)
    if receive_buffer_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    connection.connect(where)
    return connection


class Response:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.version, status, self.reason = lines[0].split(" ", 2)
        self.status = int(status)
        self.head = head
        fields = [line.split(": ", 1) for line in lines[1:]]
        self.headers = {name.lower(): value for name, value in fields}
        assert len(self.headers) == len(fields), f"a header twice: {head!r}"
        self.body = b""


class RawClient:
    def __init__(self, address, **options):
        self.socket = connect(address, **options)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def name(self):
        """As the exporter should call us."""
        return "%s:%d" % self.socket.getsockname()[:2]

    def send(self, data):
        """False when the server has ended the connection."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def get(self, target, *headers, method="GET", version="1.1"):
        lines = [f"{method} {target} HTTP/{version}", "Host: test", *headers]
        assert self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    def response(self, head_only=False):
        while b"\r\n\r\n" not in self.received:
            assert self._more(), f"no answer, but {self.received!r}"
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        response = Response(head)
        length = 0 if head_only else int(response.headers["content-length"])
        while len(self.received) < length:
            assert self._more(), f"{len(self.received)} of {length} bytes"
        response.body, self.received = self.received[:length], self.received[length:]
        return response

    def rest(self):
        """Everything until the server ends the connection, which it must."""
        while self._more():
            pass
        return self.received

    def _more(self):
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            return False
        self.received += data
        return bool(data)


class Crowd:
    """Connections that have sent `opening` and wait. Whoever the server sends away comes back at keep_up()."""

    def __init__(self, address, size, opening=b"", **options):
        self.address, self.opening, self.options = address, opening, options
        self.sockets = {}
        self.poll = select.poll()
        for _ in range(size):
            self._join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets.values():
            each.close()

    def ended(self):
        """The descriptors of those that the server has ended, or told something: it owes them nothing."""
        return [descriptor for descriptor, _ in self.poll.poll(0)]

    def keep_up(self):
        """How many had to come back."""
        ended = self.ended()
        for descriptor in ended:
            self.poll.unregister(descriptor)
            self.sockets.pop(descriptor).close()
            self._join()
        return len(ended)

    def send(self, data):
        for each in self.sockets.values():
            try:
                each.sendall(data)
            except OSError:
                pass  # ended; keep_up() sees it

    def _join(self):
        connection = connect(self.address, **self.options)
        connection.sendall(self.opening)
        self.poll.register(connection.fileno(), select.POLLIN)
        self.sockets[connection.fileno()] = connection


def allow_descriptors(wanted):
    """For this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))  # only root may; who may not learns it here
    elif soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def peak_resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))
