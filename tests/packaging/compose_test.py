"""deploy/compose.yaml, run: each service as it is written there, by podman, with Debian's programs in place of others'
images. Only Grafana, which Debian has not, is left out."""

import contextlib
import json
import pathlib

import pytest
import yaml

from support import containers
from support.containers import Container
from support.waiting import wait_until

HERE = pathlib.Path(__file__).parent
COMPOSE = containers.PROJECT / "deploy/compose.yaml"
SERVICES = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
PROGRAMS = "localhost/compose"  # stands in for the images of PHP, nginx and Prometheus
COMMANDS = {
    "web": ["nginx", "-g", "daemon off;"],
    "prometheus": ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/tmp/prometheus"],
}
NOT_OF_A_RUN = {"image", "build", "ports", "depends_on", "restart", "network_mode"}
PORTS = {"web": 8080, "exporter": 9253, "prometheus": 9090}


def options_of(service, sockets):
    """podman's, for what the service says."""
    options = []
    for key, value in service.items():
        if key == "volumes":
            for volume in value:
                source, rest = volume.split(":", 1)
                path = sockets if source == "sockets" else (COMPOSE.parent / source).resolve()
                options.append(f"-v={path}:{rest}")
        elif key in ("cap_drop", "security_opt"):
            options += [f"--{key.replace('_', '-')}={each}" for each in value]
        elif key == "read_only":
            options += ["--read-only"] if value else []
        else:
            assert key in NOT_OF_A_RUN, f"what does podman call {key}?"
    return options


class Composed:
    """The services, all of them in the network of the first, where the name `php` leads, too."""

    def __init__(self, folder):
        self.sockets, self.hosts = folder / "sockets", folder / "hosts"
        self.sockets.mkdir(mode=0o755)  # as a volume is: anybody may pass through
        self.hosts.write_text("127.0.0.1 localhost php\n", encoding="utf-8")

    def __enter__(self):
        with contextlib.ExitStack() as running:
            php = self._started(running, "php", ["--network=none"])
            for name in PORTS:
                self._started(running, name, [f"--network=container:{php.name}"])
            self.php, self.running = php, running.pop_all()
        return self

    def _started(self, running, name, network):
        image = containers.EXPORTER if "build" in SERVICES[name] else PROGRAMS
        options = [*network, f"-v={self.hosts}:/etc/hosts:ro", *options_of(SERVICES[name], self.sockets)]
        return running.enter_context(Container(image, options, COMMANDS.get(name, [])))

    def __exit__(self, *_):
        self.running.close()

    def get(self, name, path):
        return self.php.get(path, PORTS[name])

    def query(self, expression):
        """The values that Prometheus has."""
        _, answer = self.get("prometheus", f"/api/v1/query?query={expression}")
        return [float(each["value"][1]) for each in json.loads(answer)["data"]["result"]]


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    containers.build_exporter()
    containers.build_php()
    containers.build(PROGRAMS, HERE / "compose.Dockerfile", HERE)
    with Composed(tmp_path_factory.mktemp("composed")) as running:
        yield running


def test_every_service_but_grafana_is_run():
    assert set(SERVICES) - {"grafana"} == {"php", *PORTS}


def test_nginx_serves_the_application_of_the_pool(composed):
    wait_until(lambda: composed.get("web", "/")[0] == 200, "the application")
    assert composed.get("web", "/")[1].startswith("served by ")


def test_the_exporter_sees_the_pool_and_its_queue(composed):
    wait_until(lambda: composed.get("exporter", "/fcgi-ready/www")[0] == 200, "a pool that is ready")
    for series in (
        'fastcgi_health{target="www",state="up"} 1',
        'fastcgi_listen_queue_readable{target="www"} 1',
        'phpfpm_max_children{target="www",pool="www"} 4',
    ):
        wait_until(lambda: series in composed.get("exporter", "/metrics")[1], series)


def test_prometheus_stores_it_and_has_the_rules(composed):
    wait_until(lambda: composed.get("prometheus", "/-/ready")[0] == 200, "Prometheus")
    wait_until(lambda: composed.query("fastcgi_up") == [1], "the first scrape")
    groups = json.loads(composed.get("prometheus", "/api/v1/rules")[1])["data"]["groups"]
    rules = yaml.safe_load((COMPOSE.parent / "prometheus/rules.yml").read_text(encoding="utf-8"))["groups"]
    assert {group["name"] for group in groups} == {group["name"] for group in rules}
