"""A real Prometheus that scrapes one exporter, or several."""

import json
import os
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from support import processes
from support.php_fpm import free_port
from support.waiting import wait_until


class Prometheus:
    def __init__(self, exporter_ports, job_extra=""):
        """`exporter_ports`: one, or a list of them."""
        ports = [exporter_ports] if isinstance(exporter_ports, int) else exporter_ports
        self.folder = tempfile.mkdtemp()
        self.port = free_port()
        exporters = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        config = os.path.join(self.folder, "prometheus.yml")
        with open(config, "w") as file:
            file.write(f"""global: {{scrape_interval: 1s, scrape_timeout: 1s}}
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

    def query(self, expression):
        """{labels as a sorted tuple: value} of an instant query."""
        data = json.loads(self._fetch("/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        return {tuple(sorted(r["metric"].items())): float(r["value"][1]) for r in data["data"]["result"]}

    def number(self, expression):
        result = self.query(expression)
        return next(iter(result.values())) if len(result) == 1 else None

    def targets(self):
        return json.loads(self._fetch("/api/v1/targets"))["data"]["activeTargets"]
