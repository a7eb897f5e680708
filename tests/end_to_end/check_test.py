"""The `check` sub-command: a table of calls and exit codes."""

import json
import os
import subprocess

import pytest

from support import namespace, responder
from support.exporter import BINARY, Exporter, run
from support.php_fpm import PhpFpm
from support.responder import Responder
from support.waiting import wait_until


@pytest.fixture(scope="module")
def peers():
    with Responder(responder.answering()) as good, Responder(responder.answering(b"nothing")) as wrong, Responder(
        responder.sending(b"")
    ) as closing, Responder(responder.silent) as hanging, Responder(
        responder.answering(b"Server busy. Please try again later.", "503 Service Unavailable")
    ) as busy:
        yield {
            "good": good.address,
            "wrong": wrong.address,
            "dead": closing.address,
            "silent": hanging.address,
            "busy": busy.address,
            "gone": "/nonexistent/x.sock",
        }


@pytest.mark.parametrize(
    "subject,options,want",
    [
        ("good", [], 0),
        ("wrong", [], 1),
        ("dead", [], 1),
        ("busy", [], 1),
        ("gone", [], 1),
        ("silent", ["--timeout=200ms"], 1),
        ("good", ["--for=ping"], 0),
        ("wrong", ["--for=ping"], 1),
        ("good", ["--for=live"], 0),
        ("wrong", ["--for=live"], 0),
        ("busy", ["--for=live"], 0),
        ("dead", ["--for=live"], 1),
        ("gone", ["--for=live"], 1),
        ("good", ["--for=ready"], 0),
        ("busy", ["--for=ready"], 1),
        ("good", ["--nagios"], 0),
        ("busy", ["--nagios"], 1),
        ("wrong", ["--nagios"], 2),
        ("gone", ["--nagios"], 2),
        ("good", ["--expect=ong"], 0),
        ("good", ["--expect=other"], 1),
        ("wrong", ["--expect=nothing"], 0),
        ("good", ["--for=nonsense"], 64),
        ("good", ["--timeout=never"], 64),
        ("good", ["--timeout=0s"], 64),
        ("good", ["--module=php_fpm"], 0),
        ("wrong", ["--module=php_fpm"], 1),
        ("good", ["--module=none"], 64),
        ("good", ["--no-such-flag"], 64),
        ("good", ["another"], 64),
        ("good", ["--self"], 64),
    ],
)
def test_an_address(peers, subject, options, want):
    code, out, err = run(["check", peers[subject], *options])
    assert code == want, (out, err)
    assert out or err


@pytest.mark.parametrize("arguments", [[], ["[::1"], ["a name with spaces/"]])
def test_a_subject_that_makes_no_sense(arguments):
    code, out, err = run(["check", *arguments])
    assert (code, out) == (64, ""), (code, out, err)
    assert err


def test_no_subject_is_a_usage_error():
    assert run(["check"])[0] == 64


def test_flags_may_stand_before_and_after_the_sub_command(peers):
    assert run(["--log.level=error", "check", peers["good"]])[0] == 0
    assert run(["check", peers["good"], "--log.level=error"])[0] == 0


def test_json_tells_everything(peers):
    code, out, _ = run(["check", "--json", peers["wrong"]])
    told = json.loads(out)
    assert code == 1
    assert told["outcome"] == "mismatch" and told["class"] == "fail" and told["reason"] == "mismatch"
    assert told["sentence"].endswith(".") and "nothing" in told["detail"]
    assert set(told["phases_seconds"]) == {"resolve", "connect", "send", "wait", "receive"}


def test_verbose_shows_both_directions(peers):
    code, out, _ = run(["check", "--verbose", peers["good"]])
    assert code == 0
    assert "> BEGIN_REQUEST" in out and "> PARAMS" in out and "< STDOUT" in out and "< END_REQUEST" in out


def test_nagios_lines_start_with_the_state(peers):
    for subject, word in (("good", "OK"), ("busy", "WARNING"), ("wrong", "CRITICAL")):
        assert run(["check", "--nagios", peers[subject]])[1].startswith(f"FASTCGI {word} - ")


def test_a_real_pool_by_its_path():
    with PhpFpm({"www": {}}) as fpm:
        assert run(["check", fpm.addresses["www"]])[0] == 0
        assert run(["check", fpm.addresses["www"], "--path=/other"])[0] == 1


@pytest.mark.parametrize("family", ["tcp", "unix", "abstract"])
def test_an_address_that_takes_no_connection_is_as_saturated_as_the_daemon_says(family):
    full = Responder(responder.silent, family)  # listens, and is never started
    module = {"interval": "200ms", "timeout": "100ms", "health": {"rise": 1, "fall": 1}, "ping": {"path": "/"}}
    target = {"name": "full", "address": full.address, "module": "m"}
    try:
        with Exporter(config={"modules": {"m": module}, "targets": [target]}) as exporter:
            exporter.wait_for(lambda page: page.health("full") == "saturated", "a verdict that knows the queue")
            daemon = exporter.why("full")
            asked = ["check", full.address, "--timeout=100ms"]
            told = json.loads(run([*asked, "--json"])[1])
            assert (told["health"], told["class"], told["dead"]) == (daemon["health"], daemon["class"], False)
            assert told["health"] == "saturated"
            reason = "in the listen queue, limit 512: no worker is free"
            assert reason in told["detail"] and reason in daemon["detail"]
            assert [run([*asked, option])[0] for option in ("--nagios", "--for=live", "--for=ready")] == [1, 0, 1]
    finally:
        full.close()


def test_the_environment_of_the_original_is_the_default(peers):
    assert run(["check", peers["wrong"]], {"PING_RESPONSE": "nothing"})[0] == 0


@pytest.fixture(scope="module")
def running(peers):
    prompt = {name: address for name, address in peers.items() if name != "silent"}
    config = {
        "modules": {
            "m": {
                "interval": "200ms",
                "timeout": "10s",
                "health": {"rise": 1, "fall": 1},
                "start_grace": "0s",
                "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
            }
        },
        "targets": [
            {"name": name, "address": address if ":" in address else "unix:" + address, "module": "m"}
            for name, address in prompt.items()
        ],
    }
    with Exporter(config=config) as exporter:
        exporter.wait_for(lambda p: all(p.outcome(name) for name in prompt), "a round of each")
        yield exporter


@pytest.mark.parametrize(
    "target,options,want",
    [
        ("good", [], 0),
        ("wrong", [], 1),
        ("busy", [], 1),
        ("gone", [], 1),
        ("good", ["--for=live"], 0),
        ("wrong", ["--for=live"], 0),
        ("gone", ["--for=live"], 1),
        ("busy", ["--for=ready"], 1),
        ("good", ["--nagios"], 0),
        ("busy", ["--nagios"], 1),
        ("gone", ["--nagios"], 2),
        ("nobody", ["--nagios"], 3),
        ("nobody", [], 1),
    ],
)
def test_a_name_asks_the_running_exporter(running, target, options, want):
    code, out, err = run(["check", target, f"--web.listen-address=127.0.0.1:{running.port}", *options])
    assert code == want, (out, err)


def test_json_of_a_name_is_the_exporters_own(running):
    code, out, _ = run(["check", "busy", "--json", f"--web.listen-address=:{running.port}"])
    assert code == 1 and json.loads(out)["health"] == "saturated"


def test_self(running):
    assert run(["check", "--self", f"--web.listen-address=:{running.port}"])[0] == 0
    assert run(["check", "--self"], {"SERVER": f"127.0.0.1:{running.port}"})[0] == 0


def test_an_exporter_on_an_abstract_socket(peers):
    where = f"unix:@fastcgi-exporter-{os.getpid()}"
    with Exporter([f"--fastcgi.target=good={peers['good']}"], listen=where):
        asked = [f"--web.listen-address={where}"]
        assert run(["check", "--self", *asked])[:2] == (0, "ok\n")
        assert wait_until(lambda: run(["check", "good", *asked])[1] == "good is up\n", "its first round")


GOOD_WEB = "web: {listen_address: 'unix:%s', route_prefix: /x}\n"


@pytest.mark.parametrize(
    "edit",
    [
        "%(web)stargets: [{name: good, address: '%(good)s'}]\nbroken: 1\n",
        "%(web)stargets: [{name: good, adress: 1}]\nmodules: 5\n",
        "%(web)stargets:\n  - {name: good\n",  # broken off while it was written
        "%(web)sweb: {listen_address: ':1'}\n",
        "{%(web)s, unknown: 1}",
    ],
)
def test_a_running_exporter_is_asked_whatever_became_of_its_file(peers, tmp_path, edit):
    web = GOOD_WEB % (tmp_path / "pages.sock")
    good = f"{web}targets: [{{name: good, address: '{peers['good']}'}}]\n"
    with Exporter(config=good, listen=None) as exporter:
        asked = ["--config.file=" + exporter.config_file.name]
        wait_until(lambda: run(["check", "good", *asked])[1] == "good is up\n", "its first round")
        exporter.write_config(edit % {"web": web if "{%(" not in edit else web.strip(), "good": peers["good"]})
        assert run(["check", "--self", *asked]) == (0, "ok\n", "")
        assert run(["check", "good", *asked]) == (0, "good is up\n", "")
        assert run(["check", "good", "--nagios", *asked])[0] == 0
        code, _, err = run(["check", peers["good"], *asked])
        assert code == 64 and "file" in err + asked[0], "an address is asked what the modules of the file say"
        code, out, _ = run(["check", peers["good"], "--nagios", *asked])
        assert code == 3 and out.startswith("FASTCGI UNKNOWN - ") and out.count("\n") == 1


@pytest.mark.parametrize("content", ["web: {listen_address: 7}\n", "web: [\n", None])
def test_without_a_readable_web_part_only_flags_say_where(running, tmp_path, content):
    file = tmp_path / "bad.yaml"
    if content:
        file.write_text(content)
    (tmp_path / "empty.yaml").write_text("targets: []\n")
    prefix = namespace.prefix("ip link set lo up")  # where the default address is nobody else's
    at = f"--web.listen-address=:{running.port}"
    assert run(["check", "--self", f"--config.file={file}", at, "--web.route-prefix=/"]) == (0, "ok\n", "")
    with Exporter([f"--config.file={tmp_path / 'empty.yaml'}"], listen=None, prefix=prefix) as exporter:
        # Somebody answers there, who need not be the exporter that is meant.
        asked = [*namespace.inside(exporter.pid, BINARY), "check", "--self", f"--config.file={file}"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        assert str(file) in done.stderr and "say it with --web.listen-address" in done.stderr
        done = subprocess.run([*asked, "--nagios"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 3 and done.stdout.startswith("FASTCGI UNKNOWN - ")


@pytest.mark.parametrize("question", [["--self"], ["good"]])
def test_a_bad_flag_is_a_mistake_in_the_call(question):
    asked = ["check", *question, "--web.listen-address=nonsense"]
    assert run(asked)[0] == 64
    code, out, _ = run([*asked, "--nagios"])
    assert code == 3 and out.startswith("FASTCGI UNKNOWN - --web.listen-address")


def test_self_when_nothing_runs(peers):
    code, out, err = run(["check", "--self", "--web.listen-address=unix:/nonexistent/pages.sock"])
    assert code == 1 and "is it running" in err
    assert run(["check", "--self", "--nagios", "--web.listen-address=unix:/nonexistent/pages.sock"])[0] == 3
