"""Ending what a test started: asked first, and never left behind."""

import subprocess

LIMIT_SECONDS = 30


def end(process):
    """SIGTERM, and SIGKILL when that is not obeyed in time; returns the exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def end_by_itself(process):
    """Waits for a process that was told to end in its own way."""
    try:
        return process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return end(process)
