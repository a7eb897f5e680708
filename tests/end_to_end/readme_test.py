"""The examples of the README, as they stand there."""

import json
import pathlib
import re

import yaml

from support.busy_workers import BusyWorkers
from support.exporter import Exporter
from support.php_fpm import PhpFpm
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
