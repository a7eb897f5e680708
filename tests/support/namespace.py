"""A network namespace of its own, with no way out: where a test may cut and lead astray what it likes."""

import contextlib
import os
import pathlib
import subprocess
import sys

from support import processes

TESTS = str(pathlib.Path(__file__).resolve().parents[1])
IS_ROOT = os.getuid() == 0
UNSHARE = ["unshare", "--net"] if IS_ROOT else ["unshare", "--map-root-user", "--net"]
ENTER = ["nsenter", "--net"] if IS_ROOT else ["nsenter", "--user", "--net", "--preserve-credentials"]

# A healthy responder on every address; its port is told, and it ends with its input.
RESPONDER = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from support.responder import Responder, answering
peer = Responder(answering())
peer.listener.close()
peer.listener = socket.create_server(("0.0.0.0", int(sys.argv[2])))
with peer:
    print("ready", flush=True)
    sys.stdin.read()
"""


def prefix(*commands):
    """Runs a program in a new namespace, which these commands set up."""
    return [*UNSHARE, "sh", "-ec", "\n".join(commands) + '\nexec "$@"', "sh"]


def inside(pid, *command):
    """The command, in the namespace of that process."""
    return [*ENTER, "--target", str(pid), *command]


def run_inside(pid, command):
    subprocess.run(inside(pid, *command.split()), check=True, timeout=60)


@contextlib.contextmanager
def responder_inside(pid, port):
    python = [sys.executable, "-B", "-c", RESPONDER, TESTS, str(port)]
    process = subprocess.Popen(inside(pid, *python), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.stdin.close()
        processes.end_by_itself(process)
        process.stdout.close()
