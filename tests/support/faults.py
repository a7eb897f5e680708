"""What a kernel can do to a program, played by strace on one thread or on all of a process that runs already."""

import contextlib
import os
import subprocess
import threading

from support.waiting import wait_until

# A leak check at the exit cannot work beside another tracer.
TRACEABLE = {"ASAN_OPTIONS": "detect_leaks=0"}


def thread_named(exporter, name):
    tasks = f"/proc/{exporter.pid}/task"
    for thread in os.listdir(tasks):
        with open(f"{tasks}/{thread}/comm") as comm:
            if comm.read().strip() == name:
                return thread
    raise AssertionError("no thread is called " + name)


def is_traced(thread):
    """True, too, once it has died of it."""
    try:
        with open(f"/proc/{thread}/status") as status:
            return "TracerPid:\t0\n" not in status.read()
    except FileNotFoundError:
        return True


@contextlib.contextmanager
def injected(thread, *faults):
    """The thread's system calls end so until the end of the block; `faults` as `strace --inject=` takes them."""
    with attached(thread, [f"--inject={fault}" for fault in faults]):
        yield


@contextlib.contextmanager
def injected_everywhere(exporter, *faults):
    with attached(exporter.pid, ["-f", *(f"--inject={fault}" for fault in faults)]):
        threads = f"/proc/{exporter.pid}/task"
        wait_until(lambda: all(map(is_traced, os.listdir(threads))), "strace at every thread")
        yield


@contextlib.contextmanager
def attached(thread, options):
    tracer = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-p", str(thread), *options])
    try:
        wait_until(lambda: is_traced(thread) or tracer.poll() is not None, "strace")
        assert is_traced(thread), f"strace does not understand {options}"
        yield
    finally:
        tracer.terminate()
        tracer.wait(30)


def held(thread):
    """The thread sleeps at its next system call."""
    return injected(thread, "all:delay_enter=60s")


class Pulse:
    """`with Pulse(exporter):` asks /healthz all the time; whatever happens in the block, it must say 200."""

    PAUSE_SECONDS = 0.02

    def __init__(self, exporter):
        self.exporter = exporter
        self.is_over = threading.Event()
        self.answers = []
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.is_over.set()
        self.thread.join()
        if kind is None:
            assert set(self.answers) == {200}, self.answers

    def _ask(self):
        while not self.is_over.wait(self.PAUSE_SECONDS):
            try:
                self.answers.append(self.exporter.get("/healthz").status)
            except OSError as error:
                self.answers.append(repr(error))
