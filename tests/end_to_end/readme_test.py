"""The examples of the README, as they stand there."""

import json
import pathlib
import re
import subprocess

import yaml

from support.busy_workers import BusyWorkers
from support.exporter import Exporter
from support.php_fpm import PhpFpm
from support.prometheus import Prometheus
from support.waiting import wait_until

README = pathlib.Path(__file__).parents[2] / "README.md"


def readme_examples():
    """The pool's configuration, the exporter's, and the probes of the section on pools."""
    text = README.read_text(encoding="utf-8")
    section = text.split("## Is my pool busy or dead?")[1].split("\n## ")[0]
    ini, *documents = [block for _, block in re.findall(r"```(ini|yaml)\n(.*?)```", section, re.DOTALL)]
    directives = dict(line.partition(";")[0].split("=", 1) for line in ini.splitlines())
    config, probes = map(yaml.safe_load, documents)
    return {name.strip(): value.strip() for name, value in directives.items()}, config, probes


def test_the_readme_is_right_about_pools():
    directives, config, probes = readme_examples()
    assert directives["pm.status_listen"] == "/run/php/www-status.sock"
    with PhpFpm({"www": {**directives, "pm.status_listen": "unix"}}) as fpm, BusyWorkers(fpm) as busy:
        config["modules"]["pool"]["interval"] = "500ms"  # the test has less time than people have
        config["modules"]["pool"]["timeout"] = "500ms"
        with Exporter(config=json.dumps(config).replace("/run/php", fpm.folder)) as exporter:

            def statuses():
                return {name: exporter.get(probe["httpGet"]["path"]).status for name, probe in probes.items()}

            wait_until(lambda: set(statuses().values()) == {200}, "every probe to pass")
            busy.occupy("www")
            exporter.wait_for(lambda p: p.health("www") == "saturated", "saturation")
            assert statuses() == {"startupProbe": 404, "livenessProbe": 200, "readinessProbe": 503}
    live = probes["livenessProbe"]
    assert live["periodSeconds"] * live["failureThreshold"] >= 60


def probe_job(port):
    """The README's scrape configuration for /probe, for an exporter at this port."""
    text = README.read_text(encoding="utf-8")
    section = text.split("## Let Prometheus decide")[1].split("\n## ")[0]
    block = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1]
    (job,) = yaml.safe_load(block.replace("127.0.0.1:9253", f"127.0.0.1:{port}"))["scrape_configs"]
    return {**job, "job_name": "by_probe"}


def test_prometheus_asks_every_target_through_probe(tmp_path):
    """One of three shards: it watches some of the targets, and /probe serves all of them."""
    pools = {"pool-1": {"pm.status_path": "/status"}, "pool-2": {"pm.status_path": "/status", "listen": "tcp"}}
    with PhpFpm(pools) as fpm:
        targets = [
            {"name": name, "address": address, "module": "php_fpm", "labels": {"app": "shop"}}
            for name, address in fpm.addresses.items()
        ]
        targets.append({"name": "gone", "address": f"unix:{fpm.folder}/gone.sock"})
        with Exporter(["--shard.count=3", "--shard.index=0"], config={"targets": targets}) as exporter:
            job = probe_job(exporter.port)
            job["http_sd_configs"][0]["refresh_interval"] = "1s"
            with Prometheus(exporter.port, "- " + json.dumps(job)) as prometheus:

                def successes():
                    samples = prometheus.query('probe_success{job="by_probe"}')
                    return {dict(labels)["instance"]: value for labels, value in samples.items()}

                wait_until(lambda: successes() == {"pool-1": 1, "pool-2": 1, "gone": 0}, "a probe of every target")
                wait_until(
                    lambda: prometheus.number('phpfpm_max_children_reached_total{instance="pool-2",app="shop"}') == 0,
                    "the figures of a pool",
                )
                assert prometheus.number('probe_failed_due_to_connect{instance="gone"}') == 1
                assert prometheus.number('sum(up{job="by_probe"})') == 3
            config = tmp_path / "prometheus.yml"
            config.write_text(json.dumps({"scrape_configs": [job]}))
            subprocess.run(["promtool", "check", "config", config], check=True, capture_output=True)
            command = ["promtool", "check", "service-discovery", config, "by_probe"]
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            assert {each["labels"]["instance"] for each in found} == {"pool-1", "pool-2", "gone"}
