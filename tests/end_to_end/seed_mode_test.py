"""The tool that this one replaces: its environment variables, defaults and answers, with a real php-fpm."""

import os
import signal

import pytest

from support import responder
from support.dns_server import DnsServer
from support.exporter import Exporter, run
from support.php_fpm import PhpFpm
from support.responder import Responder
from support.waiting import wait_until


def seed(address, **more):
    """The variables for "127.0.0.1:9000" or "unix:/path"."""
    variables = {"SERVER": "127.0.0.1:0"}
    if address.startswith("unix:"):
        variables["DESTINATION"] = address.removeprefix("unix:")
    else:
        variables["DESTINATION"], variables["DESTINATION_PORT"] = address.rsplit(":", 1)
    return {**variables, **more}


def ping_is(exporter, status):
    """Waits for the status; the body is empty whatever it is."""
    answer = wait_until(
        lambda: (a := exporter.get("/fcgi-ping")).status == status and a, f"/fcgi-ping to be {status}"
    )
    assert answer.body == b""
    assert answer.headers["content-length"] == "0"
    for path in ("/health", "/healthz"):
        assert exporter.get(path).status == 200


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_a_pool_that_runs_stops_and_runs_again(listen):
    with PhpFpm({"www": {"listen": listen}}) as fpm, Exporter(environment=seed(fpm.addresses["www"])) as exporter:
        ping_is(exporter, 200)
        assert exporter.get("/fcgi-ping/default").status == 200
        fpm.stop()
        ping_is(exporter, 404)
        fpm.start()
        ping_is(exporter, 200)


def test_the_defaults():
    """With no variable at all it asks 127.0.0.1:9000 and listens on 127.0.0.1:8080: --config.check shows both."""
    code, out, err = run(["--config.check"])
    assert code == 0, err
    for default in ("127.0.0.1:8080", "127.0.0.1:9000", "/fpm-ping", "pong", "1s"):
        assert default in out, out
    with Responder(responder.answering()) as peer, Exporter(environment=seed(peer.address)) as exporter:
        ping_is(exporter, 200)
        config = exporter.get("/config").text
        assert "/fpm-ping" in config and "pong" in config and "default" in config


def test_another_path_and_response():
    with PhpFpm({"www": {"ping.path": "/are-you-there", "ping.response": "all good here"}}) as fpm:
        variables = seed(fpm.addresses["www"], PING_PATH="/are-you-there", PING_RESPONSE="good")
        with Exporter(environment=variables) as exporter:
            ping_is(exporter, 200)


@pytest.mark.parametrize(
    "body,status",
    [
        (b"nothing of the kind", None),
        (b"", None),
        (b"pong", "500 Internal Server Error"),
        (b"File not found.\n", "404 Not Found"),
    ],
)
def test_anything_without_the_response_is_404(body, status):
    with Responder(responder.answering(body, status)) as peer, Exporter(environment=seed(peer.address)) as exporter:
        exporter.wait_for(lambda p: p.value("fastcgi_up", target="default") is not None, "the first round")
        ping_is(exporter, 404)


def test_a_name_as_destination():
    with Responder(responder.answering()) as peer, DnsServer({"php.test": ["127.0.0.1"]}) as dns:
        variables = seed(f"php.test:{peer.port}", FASTCGI_EXPORTER_DNS_SERVERS=dns.address)
        with Exporter(environment=variables) as exporter:
            ping_is(exporter, 200)


def test_localhost_as_destination():
    with Responder(responder.answering()) as peer, Exporter(environment=seed(f"localhost:{peer.port}")) as exporter:
        ping_is(exporter, 200)


def test_empty_means_unset():
    with Responder(responder.answering()) as peer:
        variables = seed(peer.address, PING_PATH="", PING_RESPONSE="", RUST_LOG="")
        with Exporter(environment=variables) as exporter:
            ping_is(exporter, 200)


@pytest.mark.parametrize("level", [{"RUST_LOG": "debug"}, {"RUST_LOG": "warn,fastcgi_healthcheck=debug"}])
def test_debug_shows_each_record_in_both_directions(level):
    with PhpFpm({"www": {}}) as fpm, Exporter(environment=seed(fpm.addresses["www"], **level)) as exporter:
        for record in ("BEGIN_REQUEST", "PARAMS", "STDIN", "STDOUT", "END_REQUEST", "SCRIPT_NAME=/fpm-ping", "pong"):
            wait_until(lambda: exporter.has_line("level=debug", record), f"{record} in the log")


def test_info_shows_no_records():
    with Responder(responder.answering()) as peer, Exporter(environment=seed(peer.address)) as exporter:
        ping_is(exporter, 200)
        assert "BEGIN_REQUEST" not in exporter.log and "level=debug" not in exporter.log


@pytest.mark.parametrize(
    "name,value",
    [
        ("DESTINATION_PORT", "99999"),
        ("DESTINATION_PORT", "0"),
        ("DESTINATION_PORT", "nine"),
        ("SERVER", "nonsense"),
        ("DESTINATION", "two words"),
    ],
)
def test_a_bad_value_names_its_variable_and_starts_nothing(name, value):
    code, out, err = run([], {name: value})
    assert code == 1
    assert name in err and value in err
    assert "panic" not in err and "terminate" not in err


def test_the_variables_are_ignored_with_one_warning_elsewhere():
    with Responder(responder.answering()) as peer:
        variables = {"DESTINATION": "192.0.2.1", "PING_PATH": "/other"}
        with Exporter(["--fastcgi.target=www=" + peer.address], environment=variables) as exporter:
            exporter.wait_for(lambda p: p.value("fastcgi_up", target="www") == 1, "www to be up")
            warnings = [line for line in exporter.lines if "level=warn" in line]
            assert len(warnings) == 1 and "DESTINATION" in warnings[0] and "PING_PATH" in warnings[0], warnings


def test_a_port_in_use_is_exit_code_1_with_the_reason():
    with Responder(responder.answering()) as peer:
        code, out, err = run([], {"SERVER": peer.address})
        assert code == 1
        assert peer.address in err and "in use" in err.lower()


def test_it_ends_on_either_signal():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Responder(responder.answering()) as peer, Exporter(environment=seed(peer.address)) as exporter:
            os.kill(exporter.pid, number)
            assert exporter.process.wait(30) == 0
