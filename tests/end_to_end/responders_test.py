"""Real FastCGI responders, each from its Debian package."""

import contextlib
import os
import socket
import subprocess
import tempfile
import threading

import pytest

from support import processes
from support.exporter import Exporter
from support.php_fpm import PhpFpm, reachable
from support.ports import reserved_port
from support.waiting import wait_until

LIBFCGI_PROGRAM = r"""
#include <fcgiapp.h>
int main(void) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\npong from libfcgi\n");
    FCGX_Finish_r(&request);
  }
  return 0;
}
"""


def config_for(address, path="/fpm-ping", params=None, contains="pong"):
    module = {
        "interval": "200ms",
        "timeout": "2s",
        "params": params or {},
        "ping": {"path": path, "expect": {"contains": contains}},
    }
    return {"modules": {"m": module}, "targets": [{"name": "it", "address": address, "module": "m"}]}


@contextlib.contextmanager
def running(command, address, **options):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        wait_until(lambda: process.poll() is not None or reachable(address), f"{command[0]} to listen")
        assert process.poll() is None, f"{command[0]} ended at once"
        yield process
    finally:
        processes.end(process)


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield path


def passes(config, rounds=5):
    with Exporter(config=config) as exporter:
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_probes_total", target="it", check="ping") >= rounds, "rounds"
        )
        assert page.outcome("it") == "pass", exporter.why("it")
        assert page.total("fastcgi_probe_failures_total", target="it") == 0
        assert page.value("fastcgi_probe_duration_seconds_count", target="it", check="ping") >= rounds


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_php_fpm(listen):
    with PhpFpm({"www": {"listen": listen}}) as fpm:
        passes(config_for(fpm.addresses["www"]))


def test_php_fpm_over_ipv6():
    with PhpFpm({"www": {"listen": f"[::1]:{reserved_port('::1')}"}}) as fpm:
        passes(config_for(fpm.addresses["www"]))


def test_php_cgi(folder):
    script = os.path.join(folder, "ping.php")
    with open(script, "w") as file:
        file.write("<?php echo 'pong';")
    address = f"127.0.0.1:{reserved_port()}"
    with running(["php-cgi8.2", "-n", "-b", address], address):
        passes(config_for(address, script))


def cgi_script(folder):
    script = os.path.join(folder, "ping.cgi")
    with open(script, "w") as file:
        file.write("#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\npong\\n'\n")
    os.chmod(script, 0o755)
    return script


def test_fcgiwrap(folder):
    script = cgi_script(folder)
    address = f"unix:{folder}/wrap.sock"
    with running(["fcgiwrap", "-s", address], address):
        passes(config_for(address, script))


def test_a_libfcgi_program(folder):
    program = os.path.join(folder, "responder")
    subprocess.run(["cc", "-x", "c", "-", "-o", program, "-lfcgi"], input=LIBFCGI_PROGRAM.encode(), check=True)
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(f"{folder}/lib.sock")
        listener.listen(16)
        address = f"unix:{folder}/lib.sock"
        # libfcgi takes its listener as descriptor 0, as a FastCGI process manager hands it over.
        with running([program], address, stdin=listener.fileno()):
            passes(config_for(address))


def test_uwsgi(folder):
    script = cgi_script(folder)
    address = f"unix:{folder}/uwsgi.sock"
    cgi = ["--plugin", "cgi", "--fastcgi-modifier1", "9", "--cgi", script]
    with running(["uwsgi-core", "--fastcgi-socket", f"{folder}/uwsgi.sock", *cgi], address):
        passes(config_for(address))


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_a_thousand_probes_hold_no_worker_and_leave_no_descriptor(listen):
    with PhpFpm({"one": {"listen": listen, "pm.max_children": 1}}) as fpm:
        config = config_for(fpm.addresses["one"])
        config["modules"]["m"]["interval"] = "50ms"
        config["targets"] = [{**config["targets"][0], "name": f"it{i}"} for i in range(8)]
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [1] * 8, "the first passes")
            before = exporter.descriptors()
            page = exporter.wait_for(
                lambda p: p.total("fastcgi_probes_total") >= 1000, "a thousand probes", 180
            )
            assert page.total("fastcgi_probe_failures_total") == 0
            assert exporter.descriptors() <= before + 8  # an exchange of each may be open
            # The only worker is free for somebody else: a second exporter passes at once.
            passes(config_for(fpm.addresses["one"]), rounds=2)


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_twenty_reloads_of_a_pool_are_retried_and_not_failures(listen):
    with PhpFpm({"www": {"listen": listen}}, process_control_timeout="0") as fpm:
        config = config_for(fpm.addresses["www"])
        config["modules"]["m"]["interval"] = "50ms"
        config["targets"] = [{**config["targets"][0], "name": f"it{i}"} for i in range(8)]
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [1] * 8, "passes")
            # Whether a reload meets a probe is chance; a few storms are enough for it to happen.
            for _ in range(10):
                storm_of_reloads(fpm)
                beats = exporter.metrics().total("fastcgi_probes_total") + 8 * 20
                page = exporter.wait_for(lambda p: p.total("fastcgi_probes_total") >= beats, "probes after the storm")
                assert page.total("fastcgi_probe_failures_total") == 0, exporter.log[-3000:]
                if page.total("fastcgi_probe_retries_total") >= 1:
                    return
            raise AssertionError("200 reloads met no probe")


def storm_of_reloads(fpm):
    """20 reloads, 100 ms apart: the pace is the test's input, nothing is waited for."""
    pace = threading.Event()
    for _ in range(20):
        fpm.reload()
        pace.wait(0.1)
