"""PHP-FPM's own files as the source of targets: Debian's pool as it is packaged, and a real php-fpm that runs it."""

import contextlib
import os
import pathlib
import pwd
import re
import signal
import subprocess
import tempfile

from support import processes
from support.exporter import Exporter, run
from support.php_fpm import PROGRAM, reachable
from support.waiting import wait_until

STOCK = pathlib.Path(__file__).parent.parent / "discovery/testdata/debian-php8.2-www.conf"


class DebianFiles:
    """A tree like Debian's /etc/php/8.2/fpm in a folder of its own; only what cannot be shared differs from the
    package: socket, user, and what `extra` adds at the end of the pool."""

    def __init__(self, extra=""):
        self.stack = contextlib.ExitStack()
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.socket = self.folder + "/php8.2-fpm.sock"
        pools = pathlib.Path(self.folder, "php/8.2/fpm/pool.d")
        pools.mkdir(parents=True)
        self.pool_file = str(pools / "www.conf")
        self.glob = self.folder + "/php/*/fpm/pool.d/*.conf"
        self.main_file = str(pools.parent / "php-fpm.conf")
        user = pwd.getpwuid(os.getuid()).pw_name
        text = STOCK.read_text()
        for key, value in {
            "listen": self.socket, "user": user, "group": user, "listen.owner": user, "listen.group": user
        }.items():
            text, count = re.subn(rf"^{re.escape(key)} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
            assert count == 1, key
        pathlib.Path(self.pool_file).write_text(text + extra.format(folder=self.folder))
        pathlib.Path(self.main_file).write_text(
            f"[global]\nerror_log = {self.folder}/error.log\ninclude={pools}/*.conf\n"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


class DebianFpm(DebianFiles):
    """The same with php-fpm running."""

    def __enter__(self):
        root = ["--allow-to-run-as-root"] if os.getuid() == 0 else []
        self.process = subprocess.Popen(
            [PROGRAM, "--nodaemonize", "--fpm-config", self.main_file, "-n", *root],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(processes.end, self.process)
        wait_until(lambda: self.process.poll() is not None or reachable("unix:" + self.socket), "php-fpm's socket")
        assert self.process.poll() is None, open(self.folder + "/error.log").read()
        return self


WITH_PATHS = """
ping.path = /$pool-ping
ping.response = "it is; well"
pm.status_path = /fpm/status
pm.status_listen = {folder}/$pool-status.sock
"""


def test_one_flag_watches_debians_pool_as_it_is():
    with DebianFpm() as fpm, Exporter(["--discover.php-fpm=" + fpm.glob]) as exporter:
        page = exporter.wait_for(lambda p: p.health("php8.2-www") == "up", "up")
        assert page.outcome("php8.2-www", "ping") == "pass"
        assert page.value("fastcgi_target_info", target="php8.2-www", source="php_fpm_pools",
                          address="unix:" + fpm.socket, transport="unix", module="php_fpm:any_answer") == 1
        assert exporter.get("/fcgi-ping/php8.2-www").status == 200
        assert exporter.has_line("hint: ", fpm.pool_file, "write ping.path = /fpm-ping")
        assert exporter.has_line("msg=discovered", "source=php_fpm_pools", "targets=1")
        fpm.process.terminate()
        exporter.wait_for(lambda p: p.health("php8.2-www") == "down", "down")


def test_ping_and_status_are_asked_where_the_pool_has_them():
    with DebianFpm(WITH_PATHS) as fpm, Exporter(["--discover.php-fpm=" + fpm.main_file]) as exporter:
        page = exporter.wait_for(
            lambda p: p.health("php8.2-www") == "up" and p.outcome("php8.2-www", "status") == "pass", "up")
        assert page.outcome("php8.2-www", "ping") == "pass"
        assert page.value("phpfpm_max_children", target="php8.2-www", pool="www") == 5
        assert not exporter.has_line("hint: ")


def test_a_reload_finds_a_new_pool_and_leaves_the_others_alone():
    with DebianFpm() as fpm, Exporter(["--discover.php-fpm=" + fpm.glob]) as exporter:
        before = exporter.wait_for(lambda p: p.health("php8.2-www") == "up", "up")
        pathlib.Path(fpm.pool_file).with_name("api.conf").write_text(f"[api]\nlisten = {fpm.folder}/api.sock\n")
        exporter.process.send_signal(signal.SIGHUP)
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_health", target="php8.2-api", state="down") == 1, "the pool that nobody started"
        )
        assert page.health("php8.2-www") == "up"
        assert page.total("fastcgi_probes_total", target="php8.2-www") >= before.total(
            "fastcgi_probes_total", target="php8.2-www"
        )


def test_what_discover_prints_is_a_configuration_that_works():
    with DebianFpm(WITH_PATHS) as fpm:
        code, text, errors = run(["discover", fpm.glob])
        assert (code, errors) == (0, "")
        assert "php8.2-www" in text
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            code, checked, errors = run(["--config.check", "--config.file=" + file.name])
            assert code == 0, errors
            assert "The configuration is good" in checked and "warning" not in checked
        with Exporter(config=text) as exporter:
            exporter.wait_for(lambda p: p.outcome("php8.2-www", "status") == "pass", "the status page")
            exporter.wait_for(lambda p: p.health("php8.2-www") == "up", "up")


def test_discover_gives_hints_as_comments_and_warnings_apart():
    with DebianFiles("\n[broken]\nlisten = ${{PORT}}\n") as files:
        code, text, errors = run(["discover", files.glob])
        assert code == 0
        assert text.startswith(f"# hint: {files.pool_file}:")
        assert f"unix:{files.socket}" in text and "broken" not in text
        assert "environment" in errors and "[broken]: is left out" in errors


def test_nothing_found_is_a_warning_and_the_exporter_runs():
    with tempfile.TemporaryDirectory() as folder:
        pattern = folder + "/*.conf"
        code, text, errors = run(["discover", pattern])
        assert (code, text) == (0, "targets: []\n")
        assert "no PHP-FPM pool is in " + pattern in errors
        with Exporter(["--discover.php-fpm=" + pattern]) as exporter:
            assert exporter.has_line("level=warn", "no PHP-FPM pool is in")
            assert exporter.get("/healthz").status == 200


def test_a_target_of_the_file_goes_before_a_pool():
    config = {
        "targets": [{"name": "php8.2-www", "address": "127.0.0.1:1"}],
        "discovery": {"php_fpm_pools": [{"files": [], "labels": {"app": "shop"}}]},
    }
    with DebianFpm() as fpm:
        config["discovery"]["php_fpm_pools"][0]["files"] = [fpm.glob]
        with Exporter(config=config) as exporter:
            page = exporter.wait_for(lambda p: p.health("php8.2-www") == "down", "down")
            assert page.value("fastcgi_target_info", target="php8.2-www", source="config",
                              address="tcp://127.0.0.1:1", transport="tcp", module="ping") == 1
            assert exporter.has_line("level=warn", "another target has its name")
        config["targets"][0]["name"] = "other"
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda p: p.health("php8.2-www") == "up", "up")
            assert 'app="shop"' in exporter.get("/metrics").text
