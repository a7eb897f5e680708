"""/probe: one probe, now, for whoever decides by himself what to ask; and /sd, which tells him what there is."""

import gzip
import json
import os
import select
import socket
import struct
import subprocess
import threading

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from support import accept_queue, fastcgi, page, raw_http, responder
from support.busy_workers import BusyWorkers
from support.dns_server import DnsServer
from support.exporter import Exporter
from support.php_fpm import PhpFpm
from support.responder import Responder
from support.waiting import wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PHASES = {"resolve", "connect", "send", "wait", "receive"}


def probe(exporter, target, headers=None, **parameters):
    query = "&".join(f"{name}={value}" for name, value in {"target": target, **parameters}.items())
    return exporter.get("/probe?" + query, headers)


def metrics_of(answer):
    assert answer.status == 200, answer.text
    return page.Page(answer.text)


def pong(connection, _):
    connection.sendall(fastcgi.answer())


def number(answer, name, **labels):
    return metrics_of(answer).total(name, **labels)


def test_a_pool_is_probed_by_name_and_by_address(tmp_path):
    directives = {"pm.status_path": "/status"}
    with PhpFpm({"www": directives}) as fpm:
        script = fpm.script("numbers.php", "<?php echo \"# TYPE php_x gauge\\nphp_x 7\\n\";")
        module = {"interval": "1h", "ping": {}, "status": {}, "params": {"X_TOKEN": "s3cret"}}
        config = {
            "modules": {"all": {**module, "script": {"path": script}}},
            "targets": [{"name": "www", "address": fpm.addresses["www"], "module": "all", "labels": {"app": "shop"}}],
            "probe_allow": [f"unix:{fpm.folder}/*.sock"],
        }
        with Exporter(config=config) as exporter:
            exporter.wait_for(
                lambda p: p.health("www") == "up" and p.outcome("www", "script") == "pass", "the first round of all"
            )
            before = exporter.metrics()
            answer = probe(exporter, "www")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert number(answer, "probe_success") == 1
            assert number(answer, "probe_fastcgi_status_code") == 200
            assert number(answer, "phpfpm_processes", pool="www") == 2
            assert number(answer, "phpfpm_accepted_connections_total", pool="www") >= 4
            assert number(answer, "php_x") == 7
            phases = {labels["phase"] for labels, _ in metrics_of(answer).samples["probe_fastcgi_duration_seconds"]}
            assert phases == PHASES
            assert all(name.startswith(("probe_", "phpfpm_", "php_")) for name in metrics_of(answer).samples)
            assert 'target="' not in answer.text

            # By address only with the default module, which has no script.
            by_address = probe(exporter, fpm.addresses["www"])
            assert number(by_address, "probe_success") == 1 and "php_x" not in by_address.text
            assert number(by_address, "phpfpm_processes", pool="www", state="active") >= 1
            assert number(probe(exporter, "www", module="ping"), "probe_success") == 1

            # For machines: the linter is silent, the strict parser content, both formats and gzip the same.
            lint = subprocess.run(["promtool", "check", "metrics"], input=answer.body, capture_output=True)
            assert (lint.returncode, lint.stdout, lint.stderr) == (0, b"", b"")
            wanted = probe(exporter, "www", {"Accept": OPENMETRICS, "Accept-Encoding": "gzip"})
            assert wanted.headers["content-type"].startswith(OPENMETRICS)
            assert wanted.headers["vary"] == "Accept, Accept-Encoding"
            families = {f.name for f in parse_openmetrics(gzip.decompress(wanted.body).decode())}
            assert {"probe_success", "phpfpm_accepted_connections", "php_x"} <= families

            # For people.
            story = probe(exporter, "www", debug="true")
            assert story.headers["content-type"].startswith("text/plain")
            for part in (
                "with the module all",
                "sent     PARAMS",
                "SCRIPT_NAME=/fpm-ping",
                "received END_REQUEST",
                "verdict pass (pass): The responder gave the expected answer.",
                "probe_success 1",
                "phpfpm_info",
                'X_TOKEN: "<secret>"',
            ):
                assert part in story.text, (part, story.text)
            assert "s3cret" not in story.text

            # No trace of all this in what is known of the target.
            after = exporter.metrics()
            for name in ("probes_total", "probes_skipped_total", "probe_duration_seconds_count"):
                assert before.samples["fastcgi_" + name] == after.samples["fastcgi_" + name], name


def test_a_saturated_pool_says_so_and_is_not_piled_upon():
    pools = {"www": {"pm.status_path": "/status", "pm.status_listen": "unix"}}
    with PhpFpm(pools) as fpm, BusyWorkers(fpm) as busy:
        address, status_address = fpm.addresses["www"], fpm.status_addresses["www"]
        config = {
            "modules": {"m": {"interval": "1h", "timeout": "1m", "ping": {}, "status": {}}},
            "targets": [{"name": "www", "address": address, "status_address": status_address, "module": "m"}],
            "probe_allow": [address],
        }
        with Exporter(config=config) as exporter:
            exporter.wait_for(lambda p: p.health("www") == "up", "the first round")
            busy.occupy("www")
            for asked in ("www", address, "www"):
                answer = probe(exporter, asked, {"X-Prometheus-Scrape-Timeout-Seconds": "1"})
                assert number(answer, "probe_success") == 0
                assert number(answer, "probe_failed_due_to_timeout") == 1
                assert number(answer, "probe_failed_due_to_saturation") == 1
                assert number(answer, "probe_timeout_seconds") == 0.5
                assert 0.45 <= number(answer, "probe_duration_seconds") < 30  # not the module's minute
                if asked == "www":  # its status address answers while every worker is busy
                    assert number(answer, "phpfpm_processes", pool="www", state="idle") == 0
            assert accept_queue.of(address).length == 1
            assert exporter.metrics().health("www") == "up"
            busy.wake()
            wait_until(lambda: number(probe(exporter, "www"), "probe_success") == 1, "the pool to come back")


def test_every_mistake_says_what_to_do():
    with Responder(responder.answering()) as peer:
        config = {"targets": [{"name": "www", "address": peer.address}], "probe_allow": ["127.0.0.9:*"]}
        with Exporter(config=config) as exporter:
            for query, headers, status, says in (
                ("", {}, 400, "the target is missing"),
                ("target=www&target=www", {}, 400, "target is given twice"),
                ("target=www&module=pinp", {}, 400, "there is no module \"pinp\"; did you mean ping?"),
                ("target=www&SCRIPT_FILENAME=/x.php", {}, 400, "there is no parameter"),
                ("target=www", {"X-Prometheus-Scrape-Timeout-Seconds": "soon"}, 400, "a number of seconds such as 10"),
                ("target=wwv", {}, 404, "did you mean www?"),
                ("target=" + peer.address, {}, 403, "is the address of the target www; ask for target=www"),
                ("target=127.0.0.8:9000", {}, 403, 'add "127.0.0.8:9000" to probe_allow'),
            ):
                answer = exporter.get("/probe?" + query, headers)
                assert (answer.status, says in answer.text) == (status, True), (query, answer.status, answer.text)
                assert answer.headers["content-type"].startswith("text/plain")
            assert exporter.get("/probe?target=www", method="POST").status == 405


def test_nothing_reaches_what_is_not_allowed(tmp_path):
    """Each of these would be a way to `inner`, which nobody may ask."""
    (tmp_path / "allowed").mkdir()
    with Responder(responder.answering()) as inner, Responder(responder.answering(), "unix") as socket_file, DnsServer(
        {"rebinds.test": ["127.0.0.1"], "internal.test": ["127.0.0.1"]}
    ) as dns:
        os.symlink(socket_file.path, tmp_path / "allowed" / "link.sock")
        os.symlink(socket_file.folder, tmp_path / "allowed" / "folder")
        port = inner.port
        config = {
            "targets": [],
            "probe_allow": [
                f"unix:{tmp_path}/allowed/*.sock",
                f"unix:{tmp_path}/allowed/*/*.sock",
                "10.0.0.0/8:*",
                "[fd00::]/8:*",
                "rebinds.test:*",
                "unix:@fastcgi-allowed-*",
            ],
        }
        there = f"{tmp_path}/allowed"
        attempts = [
            f"127.0.0.1:{port}",
            f"tcp://127.0.0.1:{port}",
            f"localhost:{port}",
            f"internal.test:{port}",
            f"rebinds.test:{port}",
            f"rebinds.test.:{port}",
            f"REBINDS.test:{port}",
            f"0.0.0.0:{port}",
            f"127.1:{port}",
            f"2130706433:{port}",
            f"017700000001:{port}",
            f"0177.0.0.1:{port}",
            f"0x7f000001:{port}",
            f"0x7f.0.0.1:{port}",
            f"[::1]:{port}",
            f"[::]:{port}",
            f"[0:0:0:0:0:0:0:1]:{port}",
            f"[::ffff:127.0.0.1]:{port}",
            f"[::ffff:7f00:1]:{port}",
            f"[::127.0.0.1]:{port}",
            f"[fe80::1%25lo]:{port}",
            f"10.0.0.7@127.0.0.1:{port}",
            f"10.0.0.7:{port}@127.0.0.1:{port}",
            f"10.0.0.7:80%23@127.0.0.1:{port}",
            f"http://127.0.0.1:{port}/",
            f"tcp://10.0.0.7:80/../127.0.0.1:{port}",
            f"127.0.0.1:{port + 65536}",
            f"127%2e0%2e0%2e1:{port}",
            f"127%252e0%252e0%252e1:{port}",
            f"127.0.0.1%00.10.0.0.7:{port}",
            f"10.0.0.7:{port}%0d%0aHost:%20x",
            f"10.0.0.7%0d%0a127.0.0.1:{port}",
            f"unix:{socket_file.path}",
            f"{there}/link.sock",
            f"{there}/folder/responder.sock",
            f"{there}/../../..{socket_file.path}",
            f"{there}/%2e%2e/%2e%2e/x.sock",
            f"unix://{there}/link.sock",
            f"unix:///{there}/link.sock",
            f"{there}//link.sock",
            f"{there}/./link.sock",
            f"{socket_file.path}%00{there}/x.sock",
            f"unix:@{socket_file.path}",
            "unix:@other",
            f"file://{socket_file.path}",
        ]
        with Exporter(config=config, environment={"FASTCGI_EXPORTER_DNS_SERVERS": dns.address}) as exporter:
            for attempt in attempts:
                answer = exporter.get("/probe?module=ping&target=" + attempt)
                assert answer.status in (400, 403, 404), (attempt, answer.status, answer.text)
                assert "\r" not in answer.text and "\0" not in answer.text
            # Encoded twice it is the name of a file, of which there is none.
            twice = probe(exporter, f"{there}/%252e%252e/x.sock", module="ping")
            assert number(twice, "probe_fastcgi_outcome", outcome="no_socket") == 1
            assert "leads to " + socket_file.path in probe(exporter, f"{there}/link.sock", module="ping").text
            assert "rebinds.test means 127.0.0.1" in probe(exporter, f"rebinds.test:{port}", module="ping").text
            assert {name for name, _ in dns.asked} == {"rebinds.test"}
        assert inner.accepted == 0 and socket_file.accepted == 0


def test_those_that_hang_are_in_nobodys_way():
    """500 and 500 at once, each address of its own: 127.0.1.1 and so on."""
    half = 500
    hosts = [f"127.0.{1 + i // 250}.{1 + i % 250}" for i in range(half)]
    with socket.socket() as hanging, socket.socket() as healthy:
        for listener in (hanging, healthy):
            listener.bind(("0.0.0.0", 0))
            listener.listen(1024)
        serving = Responder(responder.answering())
        serving.listener.close()
        serving.listener = healthy
        with serving:
            ports = {"hangs": hanging.getsockname()[1], "healthy": healthy.getsockname()[1]}
            config = {
                "modules": {"m": {"timeout": "1m", "ping": {}}},
                "targets": [],
                "probe_allow": [f"127.0.0.0/8:{port}" for port in ports.values()],
            }
            with Exporter(config=config) as exporter:
                clients = {}
                for kind in ("hangs", "healthy"):  # the healthy ones come last, behind all that hang
                    for host in hosts:
                        client = raw_http.connect(exporter.bound[0])
                        client.sendall(request_for(f"{host}:{ports[kind]}"))
                        clients.setdefault(kind, []).append(client)
                for client in clients["healthy"]:
                    answer = read_all(client)
                    assert answer.startswith("HTTP/1.1 200 ") and "\nprobe_success 1\n" in answer
                assert not select.select(clients["hangs"], [], [], 0)[0], "one that hangs was answered first"
                for client in clients["hangs"]:
                    client.close()


def request_for(target):
    return f"GET /probe?module=m&target={target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def read_all(client):
    text = b""
    while more := client.recv(65536):
        text += more
    client.close()
    return text.decode()


def test_equal_probes_share_one_exchange_and_clients_that_leave_leave_nothing_behind():
    with Responder(responder.holding(pong)) as peer:
        config = {
            "modules": {"m": {"timeout": "60s", "ping": {}}},
            "targets": [],
            "probe_allow": [peer.address],
        }
        with Exporter(config=config) as exporter:
            before = exporter.descriptors()
            clients = []
            for _ in range(100):
                clients.append(raw_http.connect(exporter.bound[0]))
                clients[-1].sendall(request_for(peer.address))
            exporter.wait_for(lambda p: p.total("fastcgi_exporter_http_connections") > 100, "every client")
            assert probe(exporter, "another").status == 404  # it is looked at after those before it
            exporter.wait_for(lambda p: p.total("fastcgi_exporter_probes_in_flight") == 1, "the exchange")
            wait_until(lambda: peer.accepted == 1, "the request")
            for client in clients[:50]:  # a reset is seen at once, a half-closed client may still want its answer
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            for client in clients[50:60]:
                client.close()
            wait_until(lambda: exporter.descriptors() <= before + 60, "the ends of those who left")
            peer.released.set()
            assert all("\nprobe_success 1\n" in read_all(client) for client in clients[60:])
            assert peer.accepted == 1
            exporter.wait_for(lambda p: p.total("fastcgi_exporter_probes_in_flight") == 0, "the end of the exchange")
            wait_until(lambda: exporter.descriptors() <= before + 2, "every connection to end")
            assert number(probe(exporter, peer.address, module="m"), "probe_success") == 1


def test_a_reload_changes_what_may_be_asked_and_not_what_was_asked():
    with Responder(responder.holding(pong)) as slow, Responder(responder.answering()) as other:
        module = {"interval": "1h", "timeout": "20s", "ping": {}}
        config = {
            "modules": {"m": module},
            "targets": [{"name": "www", "address": slow.address, "module": "m"}],
        }
        with Exporter(["--web.enable-lifecycle"], config=config) as exporter:
            wait_until(lambda: slow.accepted == 1, "the first beat")
            answers = []
            asking = threading.Thread(target=lambda: answers.append(probe(exporter, "www")))
            asking.start()
            assert probe(exporter, other.address).status == 403
            assert [g["targets"] for g in exporter.get("/sd").json()] == [["www"]]
            exporter.write_config({"targets": [], "probe_allow": [other.address], "modules": {"new": {"ping": {}}}})
            assert exporter.get("/-/reload", method="POST").status == 200
            assert number(probe(exporter, other.address, module="new"), "probe_success") == 1
            assert probe(exporter, "www").status == 404
            assert probe(exporter, other.address, module="m").status == 400
            assert exporter.get("/sd").json() == []
            wait_until(lambda: slow.accepted == 2, "the probe to be asked anew without its target")
            slow.released.set()
            asking.join(30)
            assert number(answers[0], "probe_success") == 1


def test_a_probe_for_which_there_is_no_descriptor_is_no_verdict():
    with Responder(responder.silent) as peer, Responder(responder.answering()) as other:
        config = {
            "modules": {"m": {"interval": "1s", "timeout": "10s", "ping": {}}},
            "targets": [{"name": str(i), "address": peer.address, "module": "m"} for i in range(30)],
            "probe_allow": [other.address],
        }
        with Exporter(config=config, prefix=["prlimit", "--nofile=90:90"]) as exporter:
            wait_until(
                lambda: probe(exporter, other.address).status == 503, "the descriptors to be taken"
            )
            answer = probe(exporter, other.address)
            assert "no descriptor" in answer.text and answer.headers["retry-after"] == "1"


def test_sd_is_what_prometheus_reads():
    with Exporter(["--fastcgi.target=a=127.0.0.1:9", "--fastcgi.target=b=/run/x.sock"]) as exporter:
        answer = exporter.get("/sd")
        assert answer.headers["content-type"] == "application/json"
        labels = {group["targets"][0]: group["labels"] for group in json.loads(answer.body)}
        assert labels["a"]["__meta_fastcgi_address"] == "tcp://127.0.0.1:9"
        assert labels["b"]["__meta_fastcgi_transport"] == "unix"
        assert labels["b"]["__meta_fastcgi_source"] == "flag"
