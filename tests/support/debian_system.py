"""A Debian in a folder: to run commands in, or to boot with a systemd of its own."""

import contextlib
import os
import pathlib
import subprocess

from support.debian_package import output_of
from support.waiting import wait_until

PACKAGING = pathlib.Path(os.environ.get("PACKAGING", "build/packaging"))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
NSPAWN = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit"]
# What changes with every package that comes and goes.
ACCOUNTS_OF_PACKAGES = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "tmp", "proc", "sys", "dev")


def unpack(name, folder):
    output_of("tar", "-C", folder, "-xf", PACKAGING / f"{name}.tar")
    return folder


def run_in(root, *command):
    """In the folder, without booting it; what it needs of the kernel is mounted for it."""
    variables = [f"--setenv={k}={v}" for k, v in ENVIRONMENT.items()]
    return output_of(*NSPAWN, "--pipe", "-D", root, *variables, *command)


def install(root, package):
    """The package's file, and from Debian's servers what it depends on."""
    (root / "root" / package.name).write_bytes(package.read_bytes())
    run_in(root, "apt-get", "-qq", "update")
    run_in(root, "apt-get", "-qq", "install", "--yes", "--no-install-recommends", f"/root/{package.name}")


def files_of(root):
    """Every path, but for those that keep account of packages."""
    paths = set()
    for folder, names, files in os.walk(root):
        here = os.path.relpath(folder, root)
        names[:] = [name for name in names if os.path.normpath(os.path.join(here, name)) not in ACCOUNTS_OF_PACKAGES]
        paths |= {os.path.normpath(os.path.join(here, name)) for name in names + files}
    return paths


class BootedSystem:
    """`with BootedSystem(folder) as system:`; its network is a loopback of its own."""

    def __init__(self, root):
        self.root = root

    def __enter__(self):
        boot = [*NSPAWN, "--private-network", "--boot", "-D", self.root]
        self.process = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_until(self._has_booted, "the system to have booted", 120)
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError):
            self.run("systemctl", "poweroff")
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _has_booted(self):
        """Also finds its first process, which is not the first child of systemd-nspawn's."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            (self.pid,) = children.read().split() or [None]
        asked = ["nsenter", "--all", "--target", str(self.pid), "systemctl", "is-system-running"]
        return self.pid and subprocess.run(asked, capture_output=True, text=True).stdout.strip() == "running"

    def run(self, *command):
        return output_of("nsenter", "--all", "--target", self.pid, *command, env=ENVIRONMENT)

    def path(self, inside):
        """One of its files, from outside."""
        return f"/proc/{self.pid}/root{inside}"

    def write(self, inside, text):
        path = pathlib.Path(self.path(inside))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def get(self, path):
        """A page of the exporter: the machine's own curl, in the system's network."""
        curl = ["curl", "-sS", "-m", "10", f"http://127.0.0.1:9253{path}"]
        return output_of("nsenter", "--net", "--target", self.pid, *curl)

    def property(self, name):
        return self.run("systemctl", "show", "fastcgi_exporter", "--value", f"--property={name}").strip()
