"""Images built by buildah and run by podman, with what runs in them."""

import json
import pathlib
import subprocess

from support.debian_package import output_of
from support.debian_system import PACKAGING
from support.waiting import wait_until

PROJECT = pathlib.Path(__file__).resolve().parents[2]
EXPORTER = "localhost/fastcgi_exporter"
PHP = "localhost/php-fpm"
# As Kubernetes' restricted standard has it.
CONFINED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=64m", "--pids-limit=64"]


def import_system(name, image):
    output_of("podman", "import", PACKAGING / f"{name}.tar", image)


def build(image, dockerfile, folder, *arguments):
    """Layers are kept, so that what stays the same is not made again. Only Docker's format has health checks."""
    of_docker = ["--isolation=chroot", "--pull-never", "--format=docker", "--layers"]
    output_of("buildah", "bud", *of_docker, *arguments, "-f", dockerfile, "-t", image, folder)


def build_exporter():
    import_system("clean", "localhost/debian:bookworm-slim")
    base = "--build-arg=DEBIAN=localhost/debian:bookworm-slim"
    build(EXPORTER, PROJECT / "deploy/Dockerfile", PROJECT, base)


def build_php():
    folder = PROJECT / "tests/packaging"
    import_system("booting", "localhost/debian:booting")
    build(PHP, folder / "php-fpm.Dockerfile", folder)


class Container:
    """`with Container(image, ["--cap-drop=ALL"], ["check"]) as container:`"""

    def __init__(self, image, options=(), arguments=()):
        self.command = ["podman", "run", "--detach", "--cgroups=disabled", *options, image, *arguments]

    def __enter__(self):
        self.name = output_of(*self.command).strip()
        return self

    def __exit__(self, *_):
        print(self.logs())
        subprocess.run(["podman", "rm", "--force", "--time=2", self.name], capture_output=True)

    def logs(self):
        return subprocess.run(["podman", "logs", self.name], capture_output=True, text=True).stderr

    def inspect(self):
        return json.loads(output_of("podman", "inspect", self.name))[0]

    def get(self, path, port=9253):
        """(status, body) of a page, asked in the container's network; status 0 when nobody answers."""
        return get_in_network_of(self.inspect()["State"]["Pid"], path, port)

    def wait_for(self, path):
        wait_until(lambda: self.get(path)[0] == 200, path)

    def health_check(self):
        return subprocess.run(["podman", "healthcheck", "run", self.name], capture_output=True).returncode


def get_in_network_of(pid, path, port=9253):
    curl = ["curl", "-sS", "-m", "5", "-w", "\n%{http_code}", f"127.0.0.1:{port}{path}"]
    asked = subprocess.run(["nsenter", "--net", "--target", str(pid), *curl], capture_output=True, text=True)
    body, _, status = asked.stdout.rpartition("\n")
    return int(status or 0), body
