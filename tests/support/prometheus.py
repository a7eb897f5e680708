"""A real Prometheus that scrapes one exporter, or several."""

import json
import os
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from support import processes
from support.ports import reserved_port
from support.waiting import wait_until


class Prometheus:
    def __init__(self, exporter_ports, job_extra="", rules=None):
        """`exporter_ports`: one, or a list of them; `rules`: the text of a file of rules, evaluated once a second."""
        ports = [exporter_ports] if isinstance(exporter_ports, int) else exporter_ports
        self.folder = tempfile.mkdtemp()
        self.port = reserved_port()
        exporters = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        config = os.path.join(self.folder, "prometheus.yml")
        rule_files = []
        if rules:
            rule_files.append(os.path.join(self.folder, "rules.yml"))
            with open(rule_files[0], "w") as file:
                file.write(rules)
        with open(config, "w") as file:
            file.write(f"""global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: {json.dumps(rule_files)}
scrape_configs:
- job_name: fastcgi
  static_configs: [{{targets: [{exporters}]}}]
{job_extra}""")
        self.command = [
            "/usr/bin/prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._ready, "Prometheus' start")
        return self

    def __exit__(self, *_):
        processes.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self):
        assert self.process.poll() is None, "Prometheus ended at once"
        try:
            return self._fetch("/-/ready") is not None
        except OSError:
            return False

    def _fetch(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read().decode()

    def _ask(self, path, **parameters):
        return json.loads(self._fetch(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters)))["data"]

    def query(self, expression, **at):
        """{labels as a sorted tuple: value} of an instant query; `time`: when, in Unix seconds."""
        data = self._ask("query", query=expression, **at)
        return {tuple(sorted(r["metric"].items())): float(r["value"][1]) for r in data["result"]}

    def history(self, expression, start, end):
        """{labels as a sorted tuple: [value, ...]} of a range query, second by second; of a series that has ended
        before `end` the last one is None."""
        data = self._ask("query_range", query=expression, start=start, end=end, step=1)
        found = {}
        for series in data["result"]:
            values = [float(value) for _, value in series["values"]]
            ended = [None] if series["values"][-1][0] < end - 0.5 else []
            found[tuple(sorted(series["metric"].items()))] = values + ended
        return found

    def label_values(self, selector, label, start, end):
        """As a variable of a dashboard asks for them."""
        found = self._ask("series", **{"match[]": selector, "start": start, "end": end})
        return {series[label] for series in found if label in series}

    def alerts(self):
        return self._ask("alerts")["alerts"]

    def metric_names(self):
        return set(self._ask("label/__name__/values"))

    def number(self, expression):
        result = self.query(expression)
        return next(iter(result.values())) if len(result) == 1 else None

    def targets(self):
        return json.loads(self._fetch("/api/v1/targets"))["data"]["activeTargets"]
