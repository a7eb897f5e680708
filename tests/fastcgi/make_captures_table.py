#!/usr/bin/env python3
"""Writes captures.tsv: what each recorded answer in captures/ means, for response_reader_test.cc.

A second decoder, written on purpose in another language and another manner (the whole answer at once, by regular
expression) than the reader under test, so that the table is no copy of that reader's opinion.

    make_captures_table.py          writes captures.tsv
    make_captures_table.py --check  fails when captures.tsv differs
"""

import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).parent
BEGIN_REQUEST, END_REQUEST, STDOUT, STDERR = 1, 3, 6, 7
PROTOCOL_STATUSES = ("request_complete", "cannot_multiplex", "overloaded", "unknown_role")
COLUMNS = ("capture", "request_id", "outcome", "answer_bytes", "protocol_status", "status", "app_status",
           "body_fnv1a64", "body_bytes", "stderr_bytes")
NOTHING = ("-",) * 6  # the columns from answer_bytes to body_bytes where no answer is whole


def records(data):
    """Yields (type, id, content, offset behind the record) of every whole record."""
    at = 0
    while at + 8 <= len(data):
        _, kind, request_id, content, padding = struct.unpack_from(">BBHHB", data, at)
        end = at + 8 + content + padding
        if end > len(data):
            return
        yield kind, request_id, data[at + 8:at + 8 + content], end
        at = end


def asked_id(request):
    """The id of the first request in the recording; 1 where something else than a request was sent."""
    return next((request_id for kind, request_id, _, _ in records(request) if kind == BEGIN_REQUEST), 1)


def fnv1a64(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def split(output):
    """The status and the body of CGI output."""
    if not output:
        return 200, b""
    headers, _, body = re.fullmatch(rb"(.*?\n)(\r?\n)(.*)", output, re.DOTALL).groups()
    status = re.search(rb"^status:[ \t]*(\d{3})\b", headers, re.MULTILINE | re.IGNORECASE)
    status = status or re.match(rb"HTTP/1\.\d (\d{3})\b", headers)
    return int(status[1]) if status else 200, body


def belongs_to_another(record, request_id):
    """Something with another id, which no reader that asked one thing may take; CANT_MPX_CONN may be overlooked."""
    kind, record_id, content, _ = record
    if kind == END_REQUEST and content[4] == PROTOCOL_STATUSES.index("cannot_multiplex"):
        return False
    return kind in (END_REQUEST, STDOUT, STDERR) and record_id != request_id


def row(name, request, response):
    request_id = asked_id(request)
    mine = [record for record in records(response) if record[1] == request_id]
    ends = [at for at, record in enumerate(mine) if record[0] == END_REQUEST]
    answer = mine[:ends[0] + 1] if ends else mine
    stderr_bytes = sum(len(content) for kind, _, content, _ in answer if kind == STDERR)
    end_offset = answer[-1][3] if ends else len(response)
    if any(belongs_to_another(record, request_id) for record in records(response[:end_offset])):
        return (name, request_id, "protocol_error", *NOTHING, stderr_bytes)
    if not ends:
        return (name, request_id, "need_more", *NOTHING, stderr_bytes)
    status, body = split(b"".join(content for kind, _, content, _ in answer if kind == STDOUT))
    app_status, protocol_status = struct.unpack_from(">IB", answer[-1][2])
    return (name, request_id, "complete", end_offset, PROTOCOL_STATUSES[protocol_status], status, app_status,
            f"{fnv1a64(body):016x}", len(body), stderr_bytes)


def table():
    lines = ["\t".join(COLUMNS)]
    for response in sorted((HERE / "captures").glob("*.response.bin")):
        name = response.name.removesuffix(".response.bin")
        request = response.with_name(name + ".request.bin")
        lines.append("\t".join(map(str, row(name, request.read_bytes(), response.read_bytes()))))
    return "\n".join(lines) + "\n"


def main():
    path = HERE / "captures.tsv"
    if sys.argv[1:] == ["--check"]:
        if path.read_text() != table():
            sys.exit("captures.tsv is not what captures/ says: run make_captures_table.py and read the difference")
        return
    path.write_text(table())


if __name__ == "__main__":
    main()
