"""Starting, being told what it is, and ending."""

import contextlib
import json
import re
import signal
import socket
import subprocess

import pytest

from support import responder
from support.exporter import BINARY, Exporter, clean_environment, run
from support.responder import Responder
from support.waiting import wait_until


def config_for(addresses, **module):
    settings = {
        "interval": "1s",
        "timeout": "500ms",
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        **module,
    }
    return {
        "modules": {"m": settings},
        "targets": [{"name": name, "address": address, "module": "m"} for name, address in addresses.items()],
    }


def test_version_and_help():
    code, out, _ = run(["--version"])
    assert code == 0 and out.startswith("fastcgi_exporter ")
    code, out, _ = run(["--help"])
    assert code == 0
    flags = ("--config.file", "--fastcgi.target", "--web.listen-address", "--web.enable-lifecycle")
    for word in (*flags, "check", "demo", "127.0.0.1:9000"):
        assert word in out


@pytest.mark.parametrize("command", ["serve", "check", "get", "discover", "demo"])
def test_the_help_of_a_command_is_text(command):
    """--for once showed its values as control characters."""
    code, out, _ = run([command, "--help"])
    assert code == 0 and out.replace("\n", "").isprintable(), repr(out)


def test_an_unknown_flag_is_named():
    code, _, err = run(["--no-such-flag"])
    assert code == 1 and "no-such-flag" in err


def test_all_problems_of_a_file_at_once_and_nothing_started(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("modules:\n  a: {intervall: 5s, timeout: soon}\ntargets:\n- {name: 'a b', address: nowhere}\n")
    for arguments in (["--config.check"], []):
        code, out, err = run([f"--config.file={file}", *arguments])
        assert code == 1
        for place in ("bad.yaml:2", "intervall", "timeout", "bad.yaml:4", "a b", "nowhere"):
            assert place in err, err
        assert "listening" not in err


def test_a_good_file_is_called_good(tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text("targets:\n- {name: www, address: 'unix:/run/php/www.sock'}\n")
    code, out, err = run([f"--config.file={file}", "--config.check"])
    assert code == 0, err
    assert "The configuration is good." in out and "/run/php/www.sock" in out


def test_flags_beat_the_file(tmp_path):
    config = config_for({"www": "127.0.0.1:9"})
    config["web"] = {"listen_address": "192.0.2.1:1"}
    with Exporter(config=config) as exporter:  # its --web.listen-address=127.0.0.1:0 wins, or it could not bind
        assert exporter.get("/healthz").status == 200


def test_one_flag_gives_a_full_result():
    with Responder(responder.answering()) as peer, Exporter(["--fastcgi.target=" + peer.address]) as exporter:
        page = exporter.wait_for(lambda p: p.values("fastcgi_up") == [1], "the target to be up")
        assert page.values("fastcgi_target_info", module="php_fpm") == [1]
        told = int(re.search(r"msg=started .*series=(\d+)", exporter.log)[1])
        shown = sum(len(samples) for samples in page.samples.values())
        assert shown - 10 <= told <= shown  # at the start no round had finished and no page had been asked for


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_a_thousand_exchanges_in_flight(number):
    with contextlib.ExitStack() as stack:
        hanging = [stack.enter_context(Responder(responder.silent, backlog=4096)) for _ in range(2)]
        addresses = {f"t{i:04}": hanging[i % 2].address for i in range(1000)}
        exporter = stack.enter_context(Exporter(config=config_for(addresses, timeout="30s", abandon_after="60s")))
        exporter.wait_for(lambda p: p.value("fastcgi_exporter_probes_in_flight") == 1000, "1,000 exchanges")
        open_page = exporter.connection()
        open_page.request("GET", "/metrics")
        exporter.process.send_signal(number)
        assert exporter.process.wait(30) == 0
        wait_until(lambda: not any(peer.connections for peer in hanging), "every connection to be closed")
        wait_until(lambda: exporter.has_line("msg=stopped"), "its last line")


def test_a_second_signal_ends_it_at_once():
    """The first one is being obeyed, or is obeyed already: in no case does the second one hang."""
    with Responder(responder.silent) as peer:
        exporter = Exporter(config=config_for({"t": peer.address}))
        exporter.__enter__()
        exporter.process.send_signal(signal.SIGTERM)
        exporter.process.send_signal(signal.SIGTERM)
        assert exporter.process.wait(30) in (0, -signal.SIGTERM)
        exporter.__exit__(Exception)


def test_nothing_is_left_behind_on_a_busy_port():
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        code, _, err = run(["--fastcgi.target=127.0.0.1:9", "--web.listen-address=" + address])
        assert code == 1 and address in err and "in use" in err


def test_json_logs_are_json():
    process = subprocess.Popen(
        [BINARY, "--fastcgi.target=www=127.0.0.1:9", "--web.listen-address=127.0.0.1:0", "--log.format=json"],
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    try:
        for line in process.stderr:
            entry = json.loads(line)
            if entry.get("target") == "www":
                assert entry["outcome"] == "refused" and entry["level"] == "info"
                break
    finally:
        process.terminate()
        process.stderr.close()
        assert process.wait(30) == 0


def test_a_closed_log_does_not_stop_it():
    with Responder(responder.answering()) as peer:
        process = subprocess.Popen(
            [BINARY, "--fastcgi.target=www=" + peer.address, "--web.listen-address=127.0.0.1:0", "--log.level=debug"],
            stderr=subprocess.PIPE,
            env=clean_environment(),
        )
        process.stderr.readline()
        process.stderr.close()
        before = peer.accepted
        wait_until(lambda: peer.accepted > before + 1, "probes after the log was closed")
        process.terminate()
        assert process.wait(30) == 0


def test_a_log_that_may_not_grow_does_not_stop_it(tmp_path):
    log = tmp_path / "log"
    with Responder(responder.answering()) as peer, log.open("wb") as out:
        flags = ["--fastcgi.target=www=" + peer.address, "--web.listen-address=127.0.0.1:0", "--log.level=debug"]
        limited = ["prlimit", "--fsize=1024", BINARY, *flags]
        process = subprocess.Popen(limited, stderr=out, env=clean_environment())
        wait_until(lambda: log.stat().st_size == 1024, "a full log")
        before = peer.accepted
        wait_until(lambda: peer.accepted > before + 1, "probes after the log was full")
        process.terminate()
        assert process.wait(30) == 0


def test_the_demo_says_what_it_does_and_its_metrics_live():
    with Exporter(["demo"]) as exporter:
        first = exporter.wait_for(lambda p: len(p.values("fastcgi_up")) >= 6, "six targets")
        exporter.wait_for(
            lambda p: p.total("fastcgi_probes_total") > first.total("fastcgi_probes_total"), "changing values"
        )
        exporter.wait_for(lambda p: p.total("fastcgi_mismatches_total") > 0, "the maintenance page of a target")
        exporter.wait_for(
            lambda p: p.value("fastcgi_health", target="checkout", state="saturated") == 1, "a target that is busy"
        )
        told = exporter.log
        assert f"http://127.0.0.1:{exporter.port}/metrics" in told and "Ctrl-C" in told
        assert exporter.get("/").status == 200 and "blog" in exporter.get("/").text
