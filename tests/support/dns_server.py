"""A name server on a free loopback port that answers, denies, lies or stays silent, name by name."""

import socket
import struct
import threading

MOST_UDP_BYTES = 512  # of who does not say that he takes more
TRUNCATED = 0x0200


def bound_pair():
    """A datagram and a listening socket on one free port."""
    while True:
        datagrams, listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
        datagrams.bind(("127.0.0.1", 0))
        try:
            listener.bind(datagrams.getsockname())
            listener.listen()
            return datagrams, listener
        except OSError:  # somebody else has that port for tcp
            datagrams.close()
            listener.close()


def cut_off(answer):
    """The question without answers, and that there are more: to be asked again by tcp."""
    question_end = answer.index(b"\0", 12) + 5
    flags = struct.unpack("!H", answer[2:4])[0] | TRUNCATED
    return answer[:2] + struct.pack("!HHHHH", flags, 1, 0, 0, 0) + answer[12:question_end]


class DnsServer:
    """`names`: {name: ["127.0.0.1", "::1", ...]}, [] for NXDOMAIN, None for silence, or a function from the query and
    its question to the bytes of the answer. Unlisted names: NXDOMAIN."""

    def __init__(self, names):
        self.names = {k.lower(): v for k, v in names.items()}
        self.socket, self.listener = bound_pair()
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.asked = []
        self.threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve, self._accept)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.listener.shutdown(socket.SHUT_RDWR)  # close() alone does not end accept()
        self.listener.close()

    def _serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
                answer = self._answer(query)
                if answer:
                    self.socket.sendto(answer if len(answer) <= MOST_UDP_BYTES else cut_off(answer), client)
            except OSError:
                return

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        """Each message is preceded by its length (RFC 1035, 4.2.2)."""
        with connection, connection.makefile("rwb") as stream:
            while len(length := stream.read(2)) == 2:
                answer = self._answer(stream.read(struct.unpack("!H", length)[0]))
                if answer:
                    stream.write(struct.pack("!H", len(answer)) + answer)
                    stream.flush()

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
        if callable(addresses):
            return addresses(query, question)
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        matching = [a for a in addresses if (":" in a) == (family == socket.AF_INET6)] if family else []
        code = 0 if addresses else 3
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(matching), 0, 0)
        body = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(packed)) + packed
            for packed in (socket.inet_pton(family, a) for a in matching)
        )
        return head + question + body
