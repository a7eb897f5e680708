"""The dashboards and the alerts, on one run of everything that may happen (support.scenario): each query of each panel
is put to a real Prometheus and must say what the scenario implies, and exactly the right alerts fire."""

import time

import pytest

from support import dashboards, expected_panels
from support.scenario import Scenario
from support.waiting import wait_until

DASHBOARDS = dashboards.load()
FIRING = {
    ("FastCGITargetDown", "wrong"),
    ("FastCGITargetDown", "gone"),
    ("FastCGITargetDown", "silent"),
    ("FastCGITargetSaturated", "busy"),
    ("FastCGIQueueFilling", "busy"),
    ("FastCGIMismatch", "nostatus"),
    ("FastCGISlow", "slow"),
    ("FastCGISlow", "late"),
    ("FastCGITargetMissing", "leaving"),
    ("PhpFpmStuckWorker", "stuck"),
    ("FastCGIReloadFailed", None),
}
WATCHED = {"shop", "busy", "wrong", "nostatus", "slow", "gone", "late", "shaky", "silent", "stuck", "flawed", "leaving"}


def firing(answer):
    return {(labels["alertname"], labels.get("target")) for labels in map(dict, answer)}


class Played:
    """The scenario at its end: what is asked of it is always of the same span of time."""

    def __init__(self, scenario):
        self.scenario, self.ask = scenario, scenario.prometheus
        scenario.happen()
        wait_until(
            lambda: firing(self.ask.query('ALERTS{alertstate="firing"}')) == FIRING,
            "exactly the right alerts",
        )
        self.end = time.time()
        self.alerts = {(a["labels"]["alertname"], a["labels"].get("target")): a for a in self.ask.alerts()}
        self.start = self.end - int(self.end - scenario.began)  # whole steps of a second
        self.values = {f"${name}": ".+" for name in dashboards.CHOICES}
        self.values |= {"$__rate_interval": "10s", "$__range": f"{round(self.end - self.start)}s"}

    def answer(self, query):
        expression = dashboards.filled_in(query["expr"], self.values)
        if query.get("instant"):
            return {labels: [value] for labels, value in self.ask.query(expression, time=self.end).items()}
        return self.ask.history(expression, self.start, self.end)


@pytest.fixture(scope="module")
def played():
    with Scenario() as scenario:
        yield Played(scenario)


def test_exactly_the_right_alerts_fire(played):
    """And no other did on the way: above all, no pool was ever called down for being saturated."""
    ever = played.ask.history('ALERTS{alertstate="firing"}', played.start, played.end)
    assert firing(ever) == FIRING


def test_an_alert_says_why_and_whose_it_is(played):
    down = played.alerts["FastCGITargetDown", "gone"]
    assert down["labels"]["team"] == "web" and down["labels"]["severity"] == "critical"
    assert down["annotations"]["description"].endswith("What its checks say: ping no_socket; ")
    mismatch = played.alerts["FastCGIMismatch", "nostatus"]["annotations"]
    assert mismatch["description"].startswith("100%") and "The last outcome: not_found." in mismatch["description"]
    filling = played.alerts["FastCGIQueueFilling", "busy"]["annotations"]
    assert filling["summary"] == "The accept queue of busy is 75% full."


def test_every_recorded_series_is_there(played):
    names = {name for name in played.ask.metric_names() if ":" in name}
    assert names == set(played.scenario.recorded)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_shows_what_happened(played, uid):
    wrong = []
    for panel in dashboards.panels(DASHBOARDS[uid]):
        expectations = expected_panels.expected(uid, panel)
        if len(expectations) != len(panel["targets"]):
            wrong.append(f"{panel['title']}: {len(panel['targets'])} queries, {len(expectations)} expectations")
        for query, expectation in zip(panel["targets"], expectations):
            found = expected_panels.problems(played.answer(query), expectation, played.end)
            wrong += [f"{panel['title']} {query['refId']}: {problem}" for problem in found]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_variable_offers_what_is_there(played, uid):
    instance = f"127.0.0.1:{played.scenario.exporter.port}"
    offered = {"job": {"fastcgi"}, "instance": {instance}, "pool": {"shop", "busy", "www"}}
    offered["target"] = {"shop", "busy", "stuck", "flawed"} if uid == "fastcgi-phpfpm-pool" else WATCHED
    for variable in dashboards.variables(DASHBOARDS[uid]):
        selector, label = dashboards.label_values(variable)
        selector = dashboards.filled_in(selector, played.values)
        assert played.ask.label_values(selector, label, played.start, played.end) == offered[variable["name"]]


def test_a_chosen_target_is_all_that_is_shown(played):
    """As Grafana writes a choice of several."""
    (panel,) = [p for p in dashboards.panels(DASHBOARDS["fastcgi-phpfpm-pool"]) if p["title"] == "Health"]
    expression = dashboards.filled_in(panel["targets"][0]["expr"], {**played.values, "$target": "(shop|busy)"})
    assert {dict(labels)["target"] for labels in played.ask.query(expression, time=played.end)} == {"shop", "busy"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_annotation_marks_the_moment(played, uid):
    started = played.start - 60
    for annotation in DASHBOARDS[uid]["annotations"]["list"]:
        answer = played.answer({"expr": annotation["target"]["expr"]})
        moments = {
            dict(labels).get("target"): sorted({at / 1000 for at in seen if at}) for labels, seen in answer.items()
        }
        recent = {name: all(started <= at <= played.end for at in seen) for name, seen in moments.items()}
        if annotation["name"] == "Pool restarts":
            assert recent == {"shop": True, "busy": True, "stuck": False, "flawed": False}
        elif annotation["name"] == "Opcache restarts":
            assert recent == {"shop": True} and len(moments["shop"]) == 1
        elif annotation["name"] == "Configuration reloads":
            assert moments == {None: pytest.approx(played.scenario.reload_moments, abs=0.001)}
        else:
            assert annotation["name"] == "Exporter restarts" and recent == {None: True}


def test_every_figure_of_the_opcache_is_shown(played):
    queries = (query for _, query in dashboards.queries(DASHBOARDS["fastcgi-phpfpm-pool"]))
    shown = {name for query in queries for name in dashboards.metric_names(query)}
    live = {name for name in played.ask.metric_names() if name.startswith("phpfpm_opcache_")}
    assert {name for name in live if name not in shown} == set(dashboards.NOT_SHOWN_OF_THE_OPCACHE)
