#!/usr/bin/env python3
"""Writes monitoring/prometheusrule.yaml: the rules of deploy/prometheus as an object of the Prometheus operator. Run it after
a change of rules.yml; a test compares."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parent / "prometheus/rules.yml"
OBJECT = HERE / "monitoring/prometheusrule.yaml"
HEAD = """\
# Written by write_prometheusrule.py from deploy/prometheus/rules.yml: change that.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: fastcgi-exporter}
spec:
"""


def written():
    _, groups = RULES.read_text(encoding="utf-8").split("\ngroups:\n")
    lines = ["groups:", *groups.splitlines()]
    return HEAD + "".join(f"  {line}".rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    OBJECT.write_text(written(), encoding="utf-8")
