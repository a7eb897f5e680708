"""Name servers that hang, lie, cut their answers off and name fifty addresses. The exporter neither ends nor hangs,
says what is wrong, and finds the truth by itself when it is told."""

import socket
import struct

from support import responder
from support.dns_server import DnsServer
from support.exporter import Exporter
from support.faults import Pulse
from support.responder import Responder

FAILED = "fastcgi_probe_failures_total"


def module():
    return {
        "interval": "100ms",
        "timeout": "500ms",
        "start_grace": "0s",
        "health": {"rise": 1, "fall": 1},
        "ping": {"expect": {"contains": "pong"}},
    }


def config_for(addresses):
    targets = [{"name": name, "address": address, "module": "m"} for name, address in addresses.items()]
    return {"modules": {"m": module()}, "targets": targets}


def wait_for_outcome(exporter, target, outcome):
    page = exporter.wait_for(lambda p: p.outcome(target) == outcome, f"{target} to be {outcome}")
    assert page.health(target) == ("up" if outcome == "pass" else "down"), outcome


def wait_for_passes(exporter, *targets):
    exporter.wait_for(lambda p: all(p.health(target) == "up" for target in targets), f"passes of {targets}")


# What a name server may say: functions of the query and its question.
A_RECORD = struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton("127.0.0.1")
CNAME_OF_ITSELF = struct.pack("!HHHIHH", 0xC00C, 5, 1, 1, 2, 0xC00C)
NAME_WITHOUT_END = b"\xc0\x0c\xc0"
POINTS_AT_ITSELF = struct.pack("!H", 0xC000 + 12 + 20)


def saying(body, flags=0x8180, answers=1, identity=0, questions=1):
    def lie(query, question):
        number = struct.unpack("!H", query[:2])[0] ^ identity
        return struct.pack("!HHHHHH", number, flags, questions, answers, 0, 0) + question * questions + body

    return lie


LIES = {
    "another-number": saying(A_RECORD, identity=1),
    "another-question": lambda query, question: saying(A_RECORD)(query, b"\x05wrong\x04test\0" + question[-4:]),
    "no-question": saying(A_RECORD, questions=0),
    "a-query": saying(b"", flags=0x0100, answers=0),
    "a-loop": saying(POINTS_AT_ITSELF * 8),
    "half-a-name": saying(NAME_WITHOUT_END),
    "three-bytes-of-address": saying(struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 3) + b"\x7f\0\0"),
    "too-long": saying(struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 60000) + b"\x7f\0\0\1"),
    "its-own-alias": saying(CNAME_OF_ITSELF),
    "65535-answers": saying(b"", answers=65535),
    "cut-off": saying(b"", flags=0x8380, answers=0),  # to be asked again by tcp, where nobody listens
    "server-failure": saying(b"", flags=0x8182, answers=0),
    "refused": saying(b"", flags=0x8185, answers=0),
    "one-byte": lambda query, question: b"\0",
    "silence": None,
    "another-class": saying(struct.pack("!HHHIH", 0xC00C, 1, 3, 1, 4) + socket.inet_aton("127.0.0.1")),
}


def test_a_name_server_that_hangs_and_lies_and_then_tells_the_truth():
    with DnsServer({f"{lie}.test": answer for lie, answer in LIES.items()}) as dns, Responder(
        responder.answering()
    ) as peer:
        addresses = {lie: f"{lie}.test:{peer.port}" for lie in LIES}
        environment = {"FASTCGI_EXPORTER_DNS_SERVERS": dns.address}
        config = config_for({**addresses, "ip": peer.address})
        config["targets"][-1]["override"] = {"timeout": "30s"}  # the responder is a thread of this busy process
        with Exporter(config=config, environment=environment) as exporter:
            with Pulse(exporter):
                for lie in LIES:
                    wait_for_outcome(exporter, lie, "resolve_failed")
                    assert exporter.get(f"/fcgi-live/{lie}").status == 200, lie
                wait_for_passes(exporter, "ip")
                dns.names = {name: ["127.0.0.1"] for name in dns.names}
                wait_for_passes(exporter, *LIES)
            assert exporter.metrics().total(FAILED, target="ip") == 0


def test_names_with_fifty_addresses():
    dead = [f"127.7.0.{i}" for i in range(1, 51)]
    answers = {"one-lives.test": dead[:9] + ["127.0.0.1"] + dead[10:], "all-dead.test": dead}
    with DnsServer(answers) as dns, Responder(responder.answering()) as peer:
        config = config_for({name: f"{name}:{peer.port}" for name in answers})
        rule = {"name": "pods", "address": f"one-lives.test:{peer.port}", "module": "m"}
        config["discovery"] = {"dns": [rule]}
        with Exporter(config=config, environment={"FASTCGI_EXPORTER_DNS_SERVERS": dns.address}) as exporter:
            with Pulse(exporter):
                wait_for_outcome(exporter, "one-lives.test", "pass")
                wait_for_outcome(exporter, "all-dead.test", "refused")
                alive = f"pods@127.0.0.1:{peer.port}"
                page = exporter.wait_for(lambda p: p.values("fastcgi_up", target=alive) == [1], alive)
                assert page.value("fastcgi_exporter_targets") == 2 + 50
                exporter.wait_for(
                    lambda p: sum(p.values("fastcgi_health", state="down")) == 50, "the other 49, and the dead name"
                )
                wait_for_passes(exporter, "one-lives.test", alive)
