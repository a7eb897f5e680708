"""The Debian package: in a clean system, and as a service of a booted one with a real PHP-FPM."""

import re
import subprocess

import pytest

from support import debian_system
from support.debian_package import build_package
from support.debian_system import BootedSystem, run_in
from support.fastcgi_client import Request
from support.page import Page
from support.waiting import wait_until

SOCKET = "/run/php/php8.2-fpm.sock"
BACKLOG = 8
CLIENTS = 3
POOL = f"""[www]
user = www-data
group = www-data
listen = {SOCKET}
listen.owner = www-data
listen.group = www-data
listen.backlog = {BACKLOG}
pm = static
pm.max_children = 1
ping.path = /fpm-ping
pm.status_path = /status
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def system(package, tmp_path_factory):
    root = debian_system.unpack("booting", tmp_path_factory.mktemp("booting"))
    (root / "etc/php/8.2/fpm/pool.d/www.conf").write_text(POOL)
    debian_system.install(root, package)
    with BootedSystem(root) as booted:
        yield booted


def test_it_installs_runs_and_purges_in_a_clean_system(package, tmp_path):
    root = debian_system.unpack("clean", tmp_path)
    debian_system.install(root, package)
    installed = debian_system.files_of(root)
    assert {"usr/bin/fastcgi_exporter", "etc/fastcgi_exporter/fastcgi_exporter.yaml"} <= installed
    assert "fastcgi_exporter" in run_in(root, "fastcgi_exporter", "--version")
    config = "--config.file=/etc/fastcgi_exporter/fastcgi_exporter.yaml"
    assert "The configuration is good." in run_in(root, "fastcgi_exporter", "--config.check", config)

    run_in(root, "dpkg", "--purge", "fastcgi-exporter")
    left = [path for path in debian_system.files_of(root) if re.search("fastcgi.exporter", path)]
    assert left == [f"root/{package.name}"]
    # Installed again, by dpkg alone as its libraries are there: whatever is left of it is what was there before.
    before = debian_system.files_of(root)
    run_in(root, "dpkg", "--install", f"/root/{package.name}")
    assert debian_system.files_of(root) == installed
    run_in(root, "dpkg", "--purge", "fastcgi-exporter")
    assert debian_system.files_of(root) == before


def test_the_service_runs_and_may_do_hardly_anything(system):
    assert system.property("ActiveState") == "active"
    assert system.property("StatusText") == "watching 1 targets"
    status = status_of(system)
    assert status["CapEff"] == status["CapBnd"] == "0000000000000000"
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert int(status["Uid"].split()[0]) >= 61184  # systemd's dynamic users
    page = wait_until(lambda: page_where(system, lambda p: p.health("php8.2-www") == "up"), "the pool to be up")
    assert page.value("process_max_fds") > 1024


def test_the_queue_of_a_saturated_pool_is_right_under_the_hardened_unit(system):
    system.write("/srv/asleep.php", "<?php fopen('/srv/gate', 'r');")
    system.run("mkfifo", "/srv/gate")
    system.run("chown", "www-data", "/srv/gate")
    address = "unix:" + system.path(SOCKET)
    requests = [Request(address, "/asleep", SCRIPT_FILENAME="/srv/asleep.php")]
    wait_until(lambda: queue_of(system)[0] == 0, "the worker to have taken the script")
    requests += [Request(address, "/fpm-ping") for _ in range(CLIENTS)]

    def is_right(page):
        shown = [page.value("fastcgi_listen_queue_" + what, target="php8.2-www") for what in ("connections", "limit")]
        return page.health("php8.2-www") == "saturated" and shown == queue_of(system) == [CLIENTS + 1, BACKLOG]

    wait_until(lambda: page_where(system, is_right), "a saturated pool and the queue that ss shows")
    system.run("sh", "-c", ": > /srv/gate")
    for request in requests:
        request.close()
    wait_until(lambda: page_where(system, lambda p: p.health("php8.2-www") == "up"), "the pool to be up again")


def test_a_reload_takes_the_new_configuration_and_restarts_nothing(system):
    pid = system.property("MainPID")
    probes = page_of(system).value("fastcgi_probes_total", target="php8.2-www", check="ping")
    with open(system.path("/etc/fastcgi_exporter/fastcgi_exporter.yaml"), "a") as config:
        config.write("targets: [{name: nobody, address: '127.0.0.1:9', module: ping}]\n")
    system.run("systemctl", "reload", "fastcgi_exporter")

    def knows_nobody(page):
        return page.values("fastcgi_health", target="nobody")

    page = wait_until(lambda: page_where(system, knows_nobody), "the new target")
    assert page.value("fastcgi_probes_total", target="php8.2-www", check="ping") >= probes
    assert (system.property("MainPID"), system.property("NRestarts")) == (pid, "0")


def test_the_watchdog_restarts_an_exporter_that_stands_still(system):
    impatient = "/run/systemd/system/fastcgi_exporter.service.d/test.conf"
    system.write(impatient, "[Service]\nWatchdogSec=2s\n")
    system.run("systemctl", "daemon-reload")
    system.run("systemctl", "restart", "fastcgi_exporter")
    pid = system.property("MainPID")
    system.run("kill", "-STOP", pid)
    wait_until(lambda: system.property("NRestarts") == "1", "the watchdog to bite")
    wait_until(lambda: system.property("ActiveState") == "active", "a new exporter")
    assert system.property("MainPID") not in ("0", pid)
    assert system.get("/healthz")
    system.run("rm", impatient)
    system.run("systemctl", "daemon-reload")


def test_the_socket_unit_keeps_the_port_open_while_nobody_runs(system):
    system.write("/etc/default/fastcgi_exporter", 'ARGS="--web.systemd-socket"\n')
    system.run("systemctl", "stop", "fastcgi_exporter")
    system.run("systemctl", "enable", "--now", "fastcgi_exporter.socket")
    # Who asks has the exporter started, and waits for its answer.
    assert system.get("/healthz")
    pid = system.property("MainPID")
    system.run("kill", "-KILL", pid)
    assert system.get("/healthz")
    assert system.property("MainPID") not in ("0", pid)


def status_of(system):
    with open(system.path(f"/proc/{system.property('MainPID')}/status")) as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def page_of(system):
    return Page(system.get("/metrics"))


def page_where(system, condition):
    page = page_of(system)
    return page if condition(page) else None


def queue_of(system):
    """Of the pool's socket, as ss reads it: how many wait, how many may."""
    table = subprocess.run(
        ["nsenter", "--net", "--target", system.pid, "ss", "-xlnH", "src", SOCKET], capture_output=True, text=True
    )
    fields = table.stdout.split()
    return [int(fields[2]), int(fields[3])]
