"""The kernel's accept queues, as `ss` tells them: independent of the code under test."""

import collections
import subprocess

Queue = collections.namedtuple("Queue", "length limit")


def of(address):
    """Connections that nobody has accepted yet, and how many may wait; None when nobody listens there."""
    is_unix = address.startswith("unix:")
    table = subprocess.run(["ss", "-lnH", "-x" if is_unix else "-t"], capture_output=True, text=True, check=True)
    for line in table.stdout.splitlines():
        fields = line.split()[1 if is_unix else 0 :]  # unix lines begin with the kind of socket
        if fields[0] == "LISTEN" and fields[3] == address.removeprefix("unix:"):
            return Queue(int(fields[1]), int(fields[2]))
    return None
