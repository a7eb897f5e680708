"""The image: built from deploy/Dockerfile, looked into, and run as Kubernetes would."""

import json
import os
import signal
import subprocess
import tarfile

import pytest

from support import containers
from support.containers import CONFINED, Container
from support.debian_package import output_of
from support.debian_system import PACKAGING
from support.php_fpm import PhpFpm
from support.waiting import wait_until

MOST_BYTES = 30 << 20


@pytest.fixture(scope="module")
def image():
    containers.build_exporter()
    return containers.EXPORTER


@pytest.fixture(scope="module")
def files(image, tmp_path_factory):
    """Those of the image: {name: size}."""
    file = tmp_path_factory.mktemp("image") / "root.tar"
    container = output_of("podman", "create", image).strip()
    output_of("podman", "export", "--output", file, container)
    output_of("podman", "rm", container)
    with tarfile.open(file) as tar:
        return {member.name: member.size for member in tar if member.isreg() or member.issym()}


def test_nothing_but_the_exporter_and_its_libraries_is_in_it(files):
    programs = [name for name in files if "/bin/" in f"/{name}" or "/sbin/" in f"/{name}"]
    assert programs == ["usr/bin/fastcgi_exporter"]
    others = [name for name in files if ".so" not in name and "/doc/" not in name and name not in programs]
    # What podman puts there to mount over.
    given = {"etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", "run/.containerenv"}
    assert set(others) - given == {"etc/fastcgi_exporter/fastcgi_exporter.yaml"}
    assert sum(files.values()) < MOST_BYTES


def test_it_names_a_user_by_number_and_a_health_check(image):
    (config,) = json.loads(output_of("podman", "inspect", image))
    assert config["User"] == "65532:65532"
    assert config["Healthcheck"]["Test"][:4] == ["CMD", "/usr/bin/fastcgi_exporter", "check", "--self"]


def test_confined_it_runs_and_its_health_check_tells_well_from_stuck(image):
    with Container(image, [*CONFINED, "--network=none"]) as container:
        container.wait_for("/healthz")
        assert container.health_check() == 0
        pid = container.inspect()["State"]["Pid"]
        with open(f"/proc/{pid}/status") as status:
            of_process = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        assert of_process["Uid"].split()[0] == "65532" and of_process["CapEff"] == "0000000000000000"
        os.kill(pid, signal.SIGSTOP)
        assert container.health_check() != 0
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: container.health_check() == 0, "a healthy exporter")


def test_it_watches_a_pool_over_a_mounted_socket_with_a_mounted_configuration(image, tmp_path):
    config = tmp_path / "fastcgi_exporter.yaml"
    config.write_text("targets: [{name: www, address: 'unix:/run/php/www.sock', module: php_fpm}]\n")
    with PhpFpm({"www": {"listen.mode": "0666", "pm.status_path": "/status"}}) as fpm:
        mounts = [f"-v={config}:/etc/fastcgi_exporter/fastcgi_exporter.yaml:ro", f"-v={fpm.folder}:/run/php"]
        with Container(image, [*CONFINED, "--network=none", *mounts]) as container:
            container.wait_for("/fcgi-ping/www")
            assert container.health_check() == 0


def test_compose_and_dockerfile_are_understood():
    compose = containers.PROJECT / "deploy/compose.yaml"
    output_of("docker-compose", "-f", compose, "config", "--quiet")
    dockerfile = containers.PROJECT / "deploy/Dockerfile"
    output_of(PACKAGING / "node/node_modules/.bin/dockerfile-utils", "lint", dockerfile)


def test_nginx_and_prometheus_understand_the_files_that_compose_mounts(tmp_path):
    folder = containers.PROJECT / "deploy/compose"
    for file in (folder / "prometheus.yml", folder / "../prometheus/rules.yml"):
        (tmp_path / file.name).write_text(file.read_text())
    output_of("promtool", "check", "config", tmp_path / "prometheus.yml")
    # The paths inside nginx's own image are beside its configuration there.
    (tmp_path / "nginx.conf").write_text((folder / "nginx.conf").read_text())
    (tmp_path / "fastcgi_params").symlink_to("/etc/nginx/fastcgi_params")
    subprocess.run(["nginx", "-t", "-q", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], check=True)
