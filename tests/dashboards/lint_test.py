"""Every dashboard keeps the rules of Grafana's linter, each rule finds what breaks it, and nothing that the exporter
measures is forgotten."""

import copy
import os
import re

import pytest
import yaml

import linter
from support import dashboards

UNITS_FILE = "node_modules/@grafana/grafana-foundation-sdk/dist/units/types.gen.d.ts"
DASHBOARDS = dashboards.load()
NOT_SHOWN = {
    "process_virtual_memory_bytes": "address space says nothing of memory in use",
    "process_virtual_memory_max_bytes": "as above",
    "fastcgi_exporter_web_config_last_reload_successful": "absent without --web.config.file",
    "fastcgi_exporter_tls_handshake_failures_total": "as above",
}
OF_PROMETHEUS = {"up", "scrape_duration_seconds"}  # not of the exporter


def known_units():
    with open(os.path.join(os.environ["WORKSHOP"], UNITS_FILE)) as file:
        return set(re.findall(r'= "([^"]+)";', file.read()))


def units(dashboard):
    return linter.panel_units_rule(dashboard, known_units())


def first_panel(change):
    return lambda d: change(next(dashboards.panels(d)))


def targets(old, new):
    def spoil(dashboard):
        for target in (t for panel in dashboards.panels(dashboard) for t in panel["targets"]):
            target["expr"] = target["expr"].replace(old, new)

    return spoil


def variable(name, **change):
    return lambda d: next(v for v in d["templating"]["list"] if v["name"] == name).update(change)


def doubled_id(dashboard):
    dashboard["panels"][1]["id"] = dashboard["panels"][2]["id"]


# Each rule, and what breaks it.
RULES = {
    "template-datasource-rule": (linter.template_datasource_rule, variable("datasource", label="Source")),
    "template-job-rule": (linter.template_query_rule("job", "Job"), variable("job", allValue=".*")),
    "template-instance-rule": (linter.template_query_rule("instance", "Instance"), variable("instance", multi=False)),
    "template-label-promql-rule": (
        linter.template_label_promql_rule,
        variable("job", query={"query": "label_values(up{, job)"}),
    ),
    "template-on-time-change-reload-rule": (linter.template_on_time_change_reload_rule, variable("job", refresh=1)),
    "panel-datasource-rule": (linter.panel_datasource_rule, first_panel(lambda p: p["datasource"].update(uid="abc"))),
    "panel-title-description-rule": (linter.panel_title_description_rule, first_panel(lambda p: p.pop("description"))),
    "panel-units-rule": (units, first_panel(lambda p: p["fieldConfig"]["defaults"].update(unit="parsecs"))),
    "panel-no-targets-rule": (linter.panel_no_targets_rule, first_panel(lambda p: p["targets"].clear())),
    "target-promql-rule": (linter.target_promql_rule, targets("(", "((")),
    "target-rate-interval-rule": (linter.target_rate_interval_rule, targets("$__rate_interval", "5m")),
    "target-job-rule": (linter.target_matcher_rule("job"), targets('job=~"$job"', 'job="fastcgi"')),
    "target-instance-rule": (linter.target_matcher_rule("instance"), targets('instance=~"$instance"', "")),
    "target-counter-agg-rule": (linter.target_counter_agg_rule, targets("rate(", "sum_over_time(")),
    "target-logql-rule": (linter.target_logql_rule, first_panel(lambda p: p["datasource"].update(type="loki"))),
    "target-logql-auto-rule": (linter.target_logql_auto_rule, targets("$__rate_interval", "$__auto")),
    "uneditable-dashboard": (linter.uneditable_dashboard, lambda d: d.update(editable=True)),
    "stable names": (linter.stable_names, lambda d: d.update(version=7)),
    "layout: ids": (linter.layout, doubled_id),
    "layout: places": (linter.layout, first_panel(lambda p: p["gridPos"].update(h=40))),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_dashboard_keeps_the_rule_and_the_rule_finds_what_breaks_it(uid, name):
    rule, spoil = RULES[name]
    assert list(rule(DASHBOARDS[uid])) == []
    spoilt = copy.deepcopy(DASHBOARDS[uid])
    spoil(spoilt)
    assert list(rule(spoilt)) != []


def test_the_linter_has_seventeen_rules_of_grafana():
    assert len([name for name in RULES if "-" in name]) == 17


def test_links_lead_to_dashboards_that_are_there():
    for uid, dashboard in DASHBOARDS.items():
        text = str(dashboard)
        linked = set(re.findall(r"/d/([a-z-]+)", text))
        assert dashboard["uid"] == uid and linked <= set(DASHBOARDS)
        assert {link["url"] for link in dashboard["links"]} == {"/d/" + other for other in DASHBOARDS if other != uid}


def names_in_the_readme():
    """(ours, those of --compat=hipages), from the generated table."""
    with open(os.path.join(dashboards.TOP, "README.md")) as file:
        table = re.search(r"<!-- metrics: begin -->(.*)<!-- metrics: end -->", file.read(), re.S)[1]
    ours, legacy = table.split("With `--compat=hipages`", 1)
    # Those of /probe are of a scrape job of its own, with labels of the user's choice.
    return [set(re.findall(r"^\| `(?!probe_)(\w+)` \|", part, re.M)) for part in (ours, legacy)]


def without_suffix(name):
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_nothing_that_the_exporter_measures_is_forgotten():
    ours, legacy = names_in_the_readme()
    assert len(ours) > 50 and len(legacy) == 18
    queries = [query for dashboard in DASHBOARDS.values() for _, query in dashboards.queries(dashboard)]
    shown = {name for query in queries for name in dashboards.metric_names(query)}
    with open(os.path.join(dashboards.TOP, "deploy/prometheus/rules.yml")) as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    ruled = {name for rule in rules for name in re.findall(r"(?<![:\w])(?:fastcgi|phpfpm)_\w+(?![\w:])", rule["expr"])}
    used = {without_suffix(name) for name in shown | ruled}
    assert ours - used == set(NOT_SHOWN)
    # The legacy names are for the dashboards that people have already.
    assert not legacy & used
    assert {n for n in used if not n.startswith("phpfpm_opcache_")} - ours == OF_PROMETHEUS
