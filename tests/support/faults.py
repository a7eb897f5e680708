"""What a kernel can do to a program, played by strace on one thread or on all of a process that runs already."""

import contextlib
import os
import signal
import subprocess
import tempfile
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
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextlib.contextmanager
def injected(thread, *faults):
    """The thread's system calls end so until the end of the block; `faults` as `strace --inject=` takes them."""
    with attached(thread, [f"--inject={fault}" for fault in faults]) as tracer:
        yield
        tracer.pause([thread])


@contextlib.contextmanager
def injected_everywhere(exporter, *faults):
    threads = f"/proc/{exporter.pid}/task"
    with attached(exporter.pid, ["-f", *(f"--inject={fault}" for fault in faults)]) as tracer:
        wait_until(lambda: all(map(is_traced, os.listdir(threads))), "strace at every thread")
        yield
        tracer.pause(os.listdir(threads))


@contextlib.contextmanager
def attached(thread, options):
    tracer = Tracer(thread, options)
    try:
        wait_until(lambda: is_traced(thread) or tracer.is_over(), "strace")
        assert is_traced(thread), f"strace does not understand {options}"
        yield tracer
    finally:
        tracer.detach()


class Tracer:
    """A running strace."""

    def __init__(self, thread, options):
        self.thread = thread
        self.notes = tempfile.NamedTemporaryFile("r")
        self.strace = subprocess.Popen(["strace", "-qq", "-o", self.notes.name, "-p", str(thread), *options])

    def is_over(self):
        return self.strace.poll() is not None

    def pause(self, threads):
        """Stops the process where none of the traced threads is within a system call: if strace went while it changes
        one, that call would end as "Function not implemented"."""
        self._signal(signal.SIGSTOP)
        wait_until(lambda: self.is_over() or self._paused() >= len(threads), "every thread to rest")

    def _paused(self):
        self.notes.seek(0)
        return len({line for line in self.notes if "--- stopped by SIGSTOP ---" in line})  # one of each thread

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):  # it has died of what was done to it
            os.kill(int(self.thread), number)

    def detach(self):
        self.strace.terminate()
        self.strace.wait(30)
        self.notes.close()
        self._signal(signal.SIGCONT)


def held(thread):
    """The thread sleeps at its next system call."""
    return injected(thread, "all:delay_enter=30s")


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
