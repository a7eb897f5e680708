"""FastCGI bytes, by hand from the specification (FastCGI 1.0 section 3.3): independent of the code under test."""

import struct

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7


def record(kind, content=b"", request_id=1, padding=0, version=1):
    return struct.pack("!BBHHBB", version, kind, request_id, len(content), padding, 0) + content + b"\0" * padding


def end_request(app_status=0, protocol_status=0, request_id=1):
    return record(END_REQUEST, struct.pack("!IB3x", app_status, protocol_status), request_id)


def stream(kind, content, piece=60_000):
    """As many records as it takes; PHP-FPM's pieces are smaller."""
    return b"".join(record(kind, content[at : at + piece]) for at in range(0, len(content), piece))


def answer(body=b"pong", status=None, stderr=b"", app_status=0, protocol_status=0):
    head = b"Content-Type: text/plain\r\n"
    if status:
        head = b"Status: " + status.encode() + b"\r\n" + head
    return (
        (record(STDERR, stderr) if stderr else b"")
        + stream(STDOUT, head + b"\r\n" + body)
        + end_request(app_status, protocol_status)
    )


def read_request(connection):
    """The whole request up to the empty STDIN record as (parameters, wire bytes); None when the client left before."""
    wire, params = b"", b""
    buffered = b""
    while True:
        while len(buffered) < 8 or len(buffered) < 8 + record_tail(buffered):
            more = connection.recv(65536)
            if not more:
                return None
            buffered += more
            wire += more
        kind, length = buffered[1], struct.unpack("!H", buffered[4:6])[0]
        content = buffered[8 : 8 + length]
        buffered = buffered[8 + record_tail(buffered) :]
        if kind == PARAMS:
            params += content
        if kind == STDIN and not content:
            return decode_params(params), wire


def record_tail(header):
    return struct.unpack("!H", header[4:6])[0] + header[6]


def decode_params(data):
    params, at = {}, 0

    def length():
        nonlocal at
        size = data[at]
        if size < 128:
            at += 1
        else:
            size = struct.unpack("!I", data[at : at + 4])[0] & 0x7FFFFFFF
            at += 4
        return size

    while at < len(data):
        name, value = length(), length()
        params[data[at : at + name].decode()] = data[at + name : at + name + value].decode()
        at += name + value
    return params
