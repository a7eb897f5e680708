"""Discovery that is live: files, sockets and names change, and the targets follow without a reload."""

import contextlib
import json
import os
import pathlib
import socket
import tempfile
import time

from support import responder
from support.dns_server import DnsServer
from support.exporter import Exporter, run
from support.responder import Responder
from support.waiting import wait_until

PROBLEMS = "fastcgi_exporter_discovery_problems"
CONFLICTS = "fastcgi_exporter_discovery_conflicts_total"
RELOADED = "fastcgi_exporter_config_last_reload_success_timestamp_seconds"
PICKED_UP_SECONDS = 2  # what is promised, and shown by the quickest of several: the machine may be busy
RESCAN_SECONDS = 30


def found(page):
    """{name: (source, address)} of every target."""
    return {
        labels["target"]: (labels["source"], labels["address"])
        for labels, _ in page.samples.get("fastcgi_target_info", [])
    }


def names(page):
    return set(found(page))


def probes(page, name):
    return page.total("fastcgi_probes_total", target=name)


def is_in(page, name, state):
    """False, too, for a target that is not there yet."""
    return page.value("fastcgi_health", target=name, state=state) == 1


def wait_for_targets(exporter, *wanted):
    return exporter.wait_for(lambda p: names(p) == set(wanted), f"exactly the targets {wanted}")


class PickUps:
    """How long the targets took to follow the files."""

    def __init__(self, exporter):
        self._exporter = exporter
        self._seconds = []

    def wait_for_targets(self, *wanted):
        start = time.monotonic()
        page = wait_for_targets(self._exporter, *wanted)
        self._seconds.append(time.monotonic() - start)
        return page

    def prove(self):
        assert min(self._seconds) <= PICKED_UP_SECONDS, self._seconds
        assert sum(self._seconds) < RESCAN_SECONDS, f"no watch, but the re-scan: {self._seconds}"


def replace(path, text):
    """As every careful writer does."""
    new = path.with_name("." + path.name + ".new")
    new.write_text(text)
    os.rename(new, path)


def wait_for_line(exporter, *parts):
    wait_until(lambda: exporter.has_line(*parts), f"a line of the log with {parts}")


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield pathlib.Path(path)


def test_pool_files_come_change_and_go():
    with folder() as etc, Responder(responder.answering(), family="unix") as peer:
        with Exporter([f"--discover.php-fpm={etc}/php/*/fpm/pool.d/*.conf"]) as exporter:
            start = exporter.metrics()
            assert names(start) == set() and start.value(PROBLEMS, source="php_fpm_pools") == 1
            pools = etc / "php/8.2/fpm/pool.d"  # PHP-FPM is installed after the exporter was started
            pools.mkdir(parents=True)
            (pools / "www.conf").write_text(f"[www]\nlisten = {peer.path}\nping.path = /fpm-ping\n")
            page = exporter.wait_for(lambda p: is_in(p, "php8.2-www", "up"), "the new pool", PICKED_UP_SECONDS + 8)
            assert page.value(PROBLEMS, source="php_fpm_pools") == 0
            wait_for_line(exporter, 'msg="no longer so"', "no PHP-FPM pool is in")
            newer = etc / "php/8.3/fpm/pool.d"
            newer.mkdir(parents=True)
            (newer / "www.conf").write_text("[www]\nlisten = 127.0.0.1:1\n[taken]\nlisten = " + peer.path + "\n")
            page = wait_for_targets(exporter, "php8.2-www", "php8.3-www")
            assert found(page)["php8.3-www"] == ("php_fpm_pools", "tcp://127.0.0.1:1")
            wait_for_line(exporter, "php8.3-taken is left out: the target php8.2-www has its socket")
            assert page.value(CONFLICTS) == 1
            replace(newer / "www.conf", "[www]\nlisten = 127.0.0.1:2\n")
            exporter.wait_for(
                lambda p: found(p).get("php8.3-www") == ("php_fpm_pools", "tcp://127.0.0.1:2"), "the other port"
            )
            os.remove(newer / "www.conf")
            after = wait_for_targets(exporter, "php8.2-www")
            assert probes(after, "php8.2-www") >= probes(page, "php8.2-www")
            assert after.value(RELOADED) == start.value(RELOADED)
            assert after.value(CONFLICTS) == 1


def test_a_mounted_config_map_is_swapped_under_a_bad_configuration_file():
    """Also: bad files keep their last good content, and unchanged targets lose nothing."""

    def write(version, groups):
        place = root / f"..2026_{version}"
        place.mkdir()
        (place / "targets.yaml").write_text(groups if isinstance(groups, str) else json.dumps(groups))
        os.symlink(place.name, root / "..data_tmp")
        os.rename(root / "..data_tmp", root / "..data")

    with folder() as root, Responder(responder.answering(), family="unix") as peer:
        kept = {"targets": ["kept=" + peer.address], "labels": {"app": "shop", "__meta_x": "1"}, "module": "m"}
        write(1, [kept])
        os.symlink("..data/targets.yaml", root / "targets.yaml")
        config = {
            "modules": {"m": {"interval": "50ms", "ping": {}}},
            "discovery": {"target_files": [{"files": [f"{root}/*.yaml", f"{root}/*.json"]}]},
        }
        with Exporter(config=config) as exporter:
            picked_up = PickUps(exporter)
            page = exporter.wait_for(lambda p: probes(p, "kept") >= 3, "three probes")
            assert page.values("fastcgi_target_info", target="kept", app="shop", source="target_files") == [1]
            exporter.write_config("targets: [")  # nobody reloads it
            write(2, [kept, {"targets": ["127.0.0.1:1"], "module": "ping"}])
            page = picked_up.wait_for_targets("kept", "127.0.0.1:1")
            write(3, "- targets: [kept=unix:/run/x.sock]\n- targets: [half=")
            page = exporter.wait_for(lambda p: p.value(PROBLEMS, source="target_files") == 1, "the half file")
            assert names(page) == {"kept", "127.0.0.1:1"}
            wait_for_line(exporter, "level=warn", f"{root}/targets.yaml:2", "last good content stay")
            assert sum("last good content" in line for line in list(exporter.lines)) == 1
            write(4, "")  # about to be written
            wait_for_line(exporter, "level=warn", "is empty; write []")
            assert names(exporter.metrics()) == {"kept", "127.0.0.1:1"}
            write(5, [kept])
            page = picked_up.wait_for_targets("kept")
            assert page.value(PROBLEMS, source="target_files") == 0
            (root / "more.json").write_text(json.dumps([{"targets": ["more=127.0.0.1:2"], "max_children": 3}]))
            picked_up.wait_for_targets("kept", "more")
            os.remove(root / "more.json")
            after = picked_up.wait_for_targets("kept")
            assert probes(after, "kept") > probes(page, "kept") > 3
            assert after.value("fastcgi_exporter_config_last_reload_successful") == 1
            picked_up.prove()


def test_sockets_are_found_once_and_a_dead_one_does_not_vanish():
    with contextlib.ExitStack() as stack:
        run_php = stack.enter_context(folder())
        peers = [stack.enter_context(Responder(responder.answering(), family="unix")) for _ in range(3)]

        def put(peer, name):
            os.link(peer.path, run_php / name)  # the same socket under another name

        os.symlink(run_php / "php8.2-fpm.sock", run_php / "php-fpm.sock")  # as Debian's alternatives do
        config = {
            "targets": [{"name": "written", "address": peers[2].address}],
            "discovery": {"unix_sockets": [{"glob": f"{run_php}/*.sock", "labels": {"app": "shop"}, "grace": "10m"}]},
        }
        exporter = stack.enter_context(Exporter(config=config))
        assert names(exporter.metrics()) == {"written"}
        put(peers[0], "php8.2-fpm.sock")
        put(peers[1], "php8.2-fpm-status.sock")
        put(peers[2], "another.sock")
        datagrams = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        datagrams.bind(str(run_php / "log.sock"))
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(run_php / "stale.sock"))
        (run_php / "file.sock").write_text("")
        page = exporter.wait_for(lambda p: is_in(p, "php8.2-fpm.sock", "up"), "the socket")
        wait_for_line(exporter, "another.sock is left out: the target written has its socket")
        wait_for_line(exporter, "stale.sock: nobody listens")
        page = wait_for_targets(exporter, "written", "php8.2-fpm.sock")
        assert page.values("fastcgi_target_info", source="unix_sockets", app="shop", module="php_fpm") == [1]
        exporter.wait_for(lambda p: p.outcome("php8.2-fpm.sock", "status"), "a question to the status address")
        assert f"status_address: unix:{run_php}/php8.2-fpm-status.sock" in exporter.get("/config").text
        accepted = peers[2].accepted  # nobody but the probes of `written` has connected there
        assert accepted <= probes(exporter.metrics(), "written") + 1
        os.remove(run_php / "php8.2-fpm.sock")
        exporter.wait_for(lambda p: is_in(p, "php8.2-fpm.sock", "down"), "the dead pool, still shown")
        put(peers[0], "php8.2-fpm.sock")
        exporter.wait_for(lambda p: is_in(p, "php8.2-fpm.sock", "up"), "the pool that is back")


def test_names_are_followed_and_outlive_their_name_server_for_a_while():
    answers = {"php.test": ["127.0.0.1", "::1"], "brief.test": ["127.0.0.3"]}
    with DnsServer(answers) as server, Responder(responder.answering()) as peer:
        environment = {"FASTCGI_EXPORTER_DNS_SERVERS": server.address}
        rule = {"module": "ping", "interval": "1s"}
        config = {
            "discovery": {
                "dns": [
                    {"name": "php", "address": f"php.test:{peer.port}", "grace": "10m", **rule},
                    {"name": "brief", "address": "brief.test:9", "grace": "0s", **rule},
                ]
            }
        }
        with Exporter(config=config, environment=environment) as exporter:
            first, second = f"php@127.0.0.1:{peer.port}", f"php@::1:{peer.port}"
            wait_for_targets(exporter, first, second, "brief@127.0.0.3:9")
            page = exporter.wait_for(lambda p: is_in(p, first, "up"), "up")
            assert found(page)[second] == ("dns", f"tcp://[::1]:{peer.port}")
            third = f"php@127.0.0.2:{peer.port}"
            server.names["php.test"] = ["127.0.0.1", "127.0.0.2"]
            page = wait_for_targets(exporter, first, third, "brief@127.0.0.3:9")
            server.names.update({"php.test": [], "brief.test": []})
            failing = exporter.wait_for(
                lambda p: p.value(PROBLEMS, source="dns") == 2 and names(p) == {first, third}, "the grace of one"
            )
            wait_for_line(exporter, "level=warn", "php: php.test", "its targets stay for 10m")
            wait_for_line(exporter, "level=warn", "brief: brief.test", "it has no targets")
            exporter.wait_for(lambda p: probes(p, first) > probes(failing, first), "probes while the name fails")
            server.names["php.test"] = ["127.0.0.1"]
            after = wait_for_targets(exporter, first)
            assert probes(after, first) >= probes(page, first)
            assert after.health(first) == "up"
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(config, file)
            file.flush()
            code, text, errors = run(["discover", "--config.file=" + file.name], environment=environment)
            assert code == 0 and first in text and "brief: brief.test" in errors, text + errors
