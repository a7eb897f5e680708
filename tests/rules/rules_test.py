"""What ships in deploy/prometheus, read by Prometheus' own tools, and whole: an alert without a section in the runbook,
or without a case in which it fires and one in which it does not, is found here."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SHIPPED = os.path.join(TOP, "deploy/prometheus")
CASES = os.path.join(TOP, "tests/rules/rules_test.yml")
SECTION_PARTS = ("**Meaning.**", "**What to look at.**", "**What to do.**")


def read(path):
    with open(path) as file:
        return file.read()


GROUPS = yaml.safe_load(read(os.path.join(SHIPPED, "rules.yml")))["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"]: rule for rule in RULES if "record" in rule}
RUNBOOK = read(os.path.join(SHIPPED, "RUNBOOK.md"))
SECTIONS = {part.split("\n", 1)[0]: part for part in RUNBOOK.split("\n## ")[1:]}


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("check", "rules", "rules.yml"), ("check", "config", "prometheus.yml")])
def test_promtool_accepts(arguments):
    *question, name = arguments
    code, said = promtool(*question, os.path.join(SHIPPED, name))
    assert code == 0, said


def test_the_cases_pass():
    code, said = promtool("test", "rules", CASES)
    assert code == 0, said


def test_the_cases_fail_without_the_alerts(tmp_path):
    """So that a mistake in how the cases are written is seen: promtool passes over what it does not know."""
    for folder in ("deploy/prometheus", "tests/rules"):
        os.makedirs(tmp_path / folder)
    copy = shutil.copy(CASES, tmp_path / "tests/rules")
    recorded = [{**group, "rules": [r for r in group["rules"] if "record" in r]} for group in GROUPS]
    with open(tmp_path / "deploy/prometheus/rules.yml", "w") as file:
        yaml.safe_dump({"groups": recorded}, file)
    code, said = promtool("test", "rules", copy)
    assert code != 0 and [alert for alert in ALERTS if f"alertname: {alert}," not in said] == [], said


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    fires, silent = set(), set()
    for test in yaml.safe_load(read(CASES))["tests"]:
        for case in test.get("alert_rule_test", []):
            (fires if case["exp_alerts"] else silent).add(case["alertname"])
            # Labels of other targets in the same series are a case of silence, too.
            told = {tuple(sorted(alert["exp_labels"].items())) for alert in case["exp_alerts"]}
            if told and len(subjects(test)) > len(told):
                silent.add(case["alertname"])
    assert fires == set(ALERTS)
    assert silent == set(ALERTS)


def subjects(test):
    """(instance, target) of the series that a test plays."""
    labels = [dict(re.findall(r'(\w+)="([^"]*)"', series["series"])) for series in test["input_series"]]
    return {(have["instance"], have.get("target")) for have in labels}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_whole(name):
    alert = ALERTS[name]
    assert re.fullmatch(r"(FastCGI|PhpFpm)([A-Z][a-z]+)+", name)
    assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
    assert set(alert["labels"]) == {"severity"} and alert["labels"]["severity"] in ("critical", "warning", "info")
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == "deploy/prometheus/RUNBOOK.md#" + name.lower()
    assert all(part in SECTIONS[name] for part in SECTION_PARTS)


def test_every_section_of_the_runbook_is_of_an_alert():
    assert list(SECTIONS) == list(dict.fromkeys(SECTIONS)) and set(SECTIONS) == set(ALERTS)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_name_is_level_metric_operations(name):
    assert re.fullmatch(r"[a-z_]+:(fastcgi|phpfpm)_[a-z0-9_]+:[a-z0-9_]+", name)
    assert "_total" not in name


def test_the_queries_of_the_runbook_parse(tmp_path):
    queries = [
        line for block in re.findall(r"```promql\n(.*?)```", RUNBOOK, re.S) for line in block.splitlines() if line
    ]
    assert len(queries) > len(ALERTS)
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    with open(tmp_path / "queries.yml", "w") as file:
        yaml.safe_dump({"groups": [{"name": "runbook", "rules": rules}]}, file)
    code, said = promtool("check", "rules", str(tmp_path / "queries.yml"))
    assert code == 0, said
