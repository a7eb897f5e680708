"""A real php-fpm 8.2 with its own folder, pools and sockets."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from support import processes
from support.ports import reserved_port
from support.waiting import wait_until

PROGRAM = "/usr/sbin/php-fpm8.2"


class PhpFpm:
    """`pools`: {name: {directive: value}}; `listen` defaults to a unix socket, "tcp" means a port of our own; as for
    `pm.status_listen`, which has no default. `ini`: {setting: value}, for php.ini is not read."""

    def __init__(self, pools, ini=None, **globals_):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        self.addresses = {}
        self.status_addresses = {}  # of the pools with pm.status_listen
        self.pools = pools
        self.ini = ini or {}
        self.globals = globals_
        self.scripts = os.path.join(self.folder, "www")
        os.mkdir(self.scripts)

    def script(self, name, code):
        path = os.path.join(self.scripts, name)
        with open(path, "w") as file:
            file.write(code)
        return path

    def _write_config(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        lines = [
            "[global]",
            f"error_log = {self.folder}/error.log",
            "daemonize = no",
            *(f"{k} = {v}" for k, v in self.globals.items()),
        ]
        for name, directives in self.pools.items():
            listen = self._place(directives.get("listen", "unix"), name)
            self.addresses[name] = named(listen)
            pool = {
                "pm": "static",
                "pm.max_children": 2,
                "ping.path": "/fpm-ping",
                "user": user,
                "group": user,
                **directives,
                "listen": listen,
            }
            if "pm.status_listen" in directives:
                pool["pm.status_listen"] = self._place(directives["pm.status_listen"], name + "-status")
                self.status_addresses[name] = named(pool["pm.status_listen"])
            lines += [f"[{name}]", *written(pool)]
        self.config = os.path.join(self.folder, "fpm.conf")
        with open(self.config, "w") as file:
            file.write("\n".join(lines) + "\n")

    def _place(self, listen, name):
        if listen == "tcp":
            return f"127.0.0.1:{reserved_port()}"
        return f"{self.folder}/{name}.sock" if listen == "unix" else listen

    def __enter__(self):
        self._write_config()
        self.start()
        return self

    def start(self):
        root = ["--allow-to-run-as-root"] if os.getuid() == 0 else []
        ini = [option for setting in self.ini.items() for option in ("-d", "=".join(setting))]
        self.process = subprocess.Popen(
            [PROGRAM, "--nodaemonize", "--fpm-config", self.config, "-n", *ini, *root],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(
            lambda: self.process.poll() is not None or all(map(reachable, self.listening)),
            "php-fpm's sockets",
        )
        assert self.process.poll() is None, open(os.path.join(self.folder, "error.log")).read()

    @property
    def listening(self):
        return [*self.addresses.values(), *self.status_addresses.values()]

    @property
    def pids(self):
        """The master's and its workers'."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return [self.process.pid, *map(int, children.read().split())]

    def freeze(self):
        """Master and workers stand still: the kernel goes on accepting connections for them."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):  # a worker may end at any time
                os.kill(pid, number)

    def reload(self):
        self.process.send_signal(signal.SIGUSR2)

    def stop(self):
        if self.process.poll() is None:
            self.thaw()  # who stands still does not hear that it shall end
        processes.end(self.process)

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def written(directives):
    """A list is written as so many lines, as for access.suppress_path[]."""
    for name, value in directives.items():
        for one in value if isinstance(value, list) else [value]:
            yield f"{name} = {one}"


def named(listen):
    """A `listen` directive's value as an address."""
    return listen if ":" in listen else "unix:" + listen


def reachable(address):
    """Whether something listens, learned from the kernel's tables: a bare connect would take a worker."""
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        with open("/proc/net/unix") as table:
            return any(line.split()[3:4] == ["00010000"] and line.rstrip().endswith(" " + path) for line in table)
    port = f":{int(address.rsplit(':', 1)[1]):04X}"
    for name in ("tcp", "tcp6"):
        with open("/proc/net/" + name) as table:
            for line in table:
                fields = line.split()
                if len(fields) > 3 and fields[1].endswith(port) and fields[3] == "0A":
                    return True
    return False
