"""A name server on a free loopback port that answers, denies or stays silent, name by name."""

import socket
import struct
import threading


class DnsServer:
    """`names`: {name: ["127.0.0.1", "::1", ...]}, [] for NXDOMAIN, None for silence. Unlisted names: NXDOMAIN."""

    def __init__(self, names):
        self.names = {k.lower(): v for k, v in names.items()}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.asked = []
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
                answer = self._answer(query)
                if answer:
                    self.socket.sendto(answer, client)
            except OSError:
                return

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
            at += query[at] + 1
        name, kind = ".".join(labels), struct.unpack("!H", query[at + 1 : at + 3])[0]
        question = query[12 : at + 5]
        self.asked.append((name, kind))
        addresses = self.names.get(name, [])
        if addresses is None:
            return None
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        matching = [a for a in addresses if (":" in a) == (family == socket.AF_INET6)] if family else []
        code = 0 if addresses else 3
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(matching), 0, 0)
        body = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(packed)) + packed
            for packed in (socket.inet_pton(family, a) for a in matching)
        )
        return head + question + body
