"""Kubernetes' objects, as they are written; tests/packaging.sh renders them and runs the sidecar."""

import json
import pathlib

import pytest
import yaml

from support.busy_workers import BusyWorkers
from support.exporter import Exporter, run
from support.kubernetes_schema import problems_of
from support.php_fpm import PhpFpm
from support.waiting import wait_until

FOLDER = pathlib.Path(__file__).parents[2] / "deploy/kubernetes"
NOT_OBJECTS = ("kustomization.yaml", "fastcgi_exporter.yaml")
OBJECTS = [file for file in sorted(FOLDER.glob("*/*.yaml")) if file.name not in NOT_OBJECTS]
CONFIGS = sorted(FOLDER.glob("*/fastcgi_exporter.yaml"))
# A kubelet that finds nobody to ask counts that against PHP: no restart of the exporter may take that long.
LEAST_SECONDS_UNTIL_KILLED = 60


def name_of(file):
    return f"{file.parent.name}/{file.name}"


def read(file):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def pod_of(file):
    return read(file)["spec"]["template"]["spec"]


def containers_of(pod):
    return pod.get("initContainers", []) + pod["containers"]


PODS = [file for file in OBJECTS if "template" in read(file)["spec"]]


@pytest.mark.parametrize("file", OBJECTS, ids=name_of)
def test_every_field_is_known_and_of_its_type(file):
    assert problems_of(read(file)) == []


def test_a_misspelt_field_and_a_wrong_type_are_found():
    document = read(FOLDER / "sidecar/deployment.yaml")
    exporter = document["spec"]["template"]["spec"]["initContainers"][0]
    exporter["securityContext"]["readOnlyRootFileSystem"] = True
    exporter["ports"][0]["containerPort"] = "9253"
    assert len(problems_of(document)) == 2


@pytest.mark.parametrize("file", CONFIGS, ids=name_of)
def test_the_exporters_configuration_is_good(file):
    code, _, err = run([f"--config.file={file}", "--config.check"])
    assert code == 0, err


@pytest.mark.parametrize("file", PODS, ids=name_of)
def test_every_pod_keeps_the_restricted_standard(file):
    pod = pod_of(file)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in containers_of(pod):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert {**pod["securityContext"], **context}["runAsUser"] > 0
        assert "limits" in container["resources"]
    assert all({"configMap", "emptyDir"} & set(volume) for volume in pod["volumes"])


def test_the_shards_are_as_many_as_the_pods():
    spec = read(FOLDER / "sharded/statefulset.yaml")["spec"]
    assert f"--shard.count={spec['replicas']}" in spec["template"]["spec"]["containers"][0]["args"]


def test_the_alerts_are_those_of_prometheus():
    rules = yaml.safe_load((FOLDER / "../prometheus/rules.yml").read_text(encoding="utf-8"))
    told = "run deploy/kubernetes/write_prometheusrule.py"
    assert read(FOLDER / "monitoring/prometheusrule.yaml")["spec"] == rules, told


def test_a_restart_of_the_sidecar_gets_nobody_killed():
    pod = pod_of(FOLDER / "sidecar/deployment.yaml")
    (exporter,) = pod["initContainers"]
    assert exporter["restartPolicy"] == "Always"
    probe = pod["containers"][0]["livenessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= LEAST_SECONDS_UNTIL_KILLED


def shipped(folder, path):
    """A file of deploy/ as it is, with the sockets in a folder of the test's."""
    return (FOLDER / path).read_text(encoding="utf-8").replace("/run/php", folder)


@pytest.mark.parametrize(
    "pool_file, config_file",
    [("sidecar/pool.conf", "sidecar/fastcgi_exporter.yaml"), ("../compose/pool.conf", "../compose/exporter.yaml")],
)
def test_the_probes_of_a_real_pool_say_what_is_so(pool_file, config_file):
    """The pool and the exporter as they are shipped, but for the number of workers."""
    probes = pod_of(FOLDER / "sidecar/deployment.yaml")["containers"][0]
    names = ("startupProbe", "livenessProbe", "readinessProbe")
    directives = pool_directives(pool_file)
    directives |= {"listen": "unix", "pm.status_listen": "unix", "pm.max_children": 2}
    with PhpFpm({"www": directives}) as fpm, BusyWorkers(fpm) as busy:
        config = yaml.safe_load(shipped(fpm.folder, config_file))
        config["modules"]["pool"] |= {"interval": "500ms", "timeout": "500ms"}
        with Exporter(config=json.dumps(config)) as exporter:

            def answers():
                return [exporter.get(probes[name]["httpGet"]["path"]).status for name in names]

            wait_until(lambda: answers() == [200, 200, 200], "every probe to pass")
            busy.occupy("www")
            wait_until(lambda: answers() == [404, 200, 503], "a saturated pool that lives")
            page = exporter.metrics()
            assert page.value("fastcgi_listen_queue_readable", target="www") == 1


def pool_directives(file):
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "[www]"
    return dict(map(str.strip, line.split("=", 1)) for line in lines[1:] if not line.startswith(";"))
