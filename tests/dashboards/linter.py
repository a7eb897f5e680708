"""The rules of Grafana's dashboard-linter, under its names, for classic dashboards on Prometheus; and a few of our own.
A rule is a function that yields what is wrong with a dashboard."""

import itertools
import re
import subprocess
import tempfile

from support import dashboards

DATASOURCES = ("$datasource", "${datasource}")
PLACEHOLDERS = {"$__rate_interval": "5m", "$__range": "1h"} | {f"${v}": ".+" for v in dashboards.CHOICES}
UID_LENGTH = 40
GRID_WIDTH = 24


def targets(dashboard):
    """(where, PromQL) of panels only, as the linter looks at them."""
    for panel in dashboards.panels(dashboard):
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]


def template_datasource_rule(dashboard):
    found = dashboards.variables(dashboard, "datasource")
    if [(v["name"], v.get("label"), v["query"]) for v in found] != [("datasource", "Data source", "prometheus")]:
        yield f"not the one variable for the data source: {found}"


def template_query_rule(name, label):
    def rule(dashboard):
        found = [v for v in dashboards.variables(dashboard) if v["name"] == name]
        if len(found) != 1:
            yield f"{len(found)} variables {name}"
            return
        (variable,) = found
        wanted = {"label": label, "multi": True, "includeAll": True, "allValue": ".+"}
        for key, value in wanted.items():
            if variable.get(key) != value:
                yield f"{name}: {key} is {variable.get(key)!r}"
        if variable["datasource"]["uid"] not in DATASOURCES:
            yield f"{name}: data source {variable['datasource']}"

    return rule


def template_label_promql_rule(dashboard):
    variables = dashboards.variables(dashboard)
    yield from unparsable((v["name"], dashboards.label_values(v)[0]) for v in variables)


def template_on_time_change_reload_rule(dashboard):
    for variable in dashboards.variables(dashboard):
        if variable["refresh"] != 2:
            yield f"{variable['name']}: refresh {variable['refresh']}"


def panel_datasource_rule(dashboard):
    for panel in dashboards.panels(dashboard):
        for one in [panel, *panel["targets"]]:
            if one.get("datasource", {}).get("uid") not in DATASOURCES:
                yield f"{panel['title']}: {one.get('datasource')}"


def panel_title_description_rule(dashboard):
    for panel in dashboards.panels(dashboard):
        if not panel.get("title") or not panel.get("description"):
            yield f"{panel.get('title')}: {panel.get('description')}"


def panel_units_rule(dashboard, known=None):
    for panel in dashboards.panels(dashboard):
        unit = panel["fieldConfig"]["defaults"].get("unit")
        if unit not in known:
            yield f"{panel['title']}: {unit}"


def panel_no_targets_rule(dashboard):
    for panel in dashboards.panels(dashboard):
        if not panel.get("targets"):
            yield panel["title"]


def target_promql_rule(dashboard):
    yield from unparsable(dashboards.queries(dashboard))


def target_rate_interval_rule(dashboard):
    for where, expression in targets(dashboard):
        for window in re.findall(r"\bi?rate\([^[]*\[([^]]*)\]", expression):
            if window != "$__rate_interval":
                yield f"{where}: [{window}]"


def target_matcher_rule(name):
    def rule(dashboard):
        for where, expression in dashboards.queries(dashboard):
            for selector in re.findall(r"\{([^}]*)\}", expression):
                if f'{name}=~"${name}"' not in selector:
                    yield f"{where}: {{{selector}}}"
            if bare(expression):
                yield f"{where}: without a selector: {bare(expression)}"

    return rule


def target_counter_agg_rule(dashboard):
    for where, expression in targets(dashboard):
        for use in re.finditer(r"(\w+\()?(\w+_total)\b(\{[^}]*\})?(\[)?", expression):
            if use[1] not in ("rate(", "irate(", "increase(") or not use[4]:
                yield f"{where}: {use[0]}"


def target_logql_rule(dashboard):
    for panel in dashboards.panels(dashboard):
        if any(one["datasource"]["type"] != "prometheus" for one in [panel, *panel["targets"]]):
            yield panel["title"]


def target_logql_auto_rule(dashboard):
    for where, expression in targets(dashboard):
        if "$__auto" in expression:
            yield f"{where}: {expression}"


def uneditable_dashboard(dashboard):
    if dashboard["editable"] is not False:
        yield "editable"


def stable_names(dashboard):
    """Ours: what links and provisioning name, and nothing that one Grafana gave."""
    if not re.fullmatch(r"[a-z-]{1,%d}" % UID_LENGTH, dashboard["uid"]):
        yield f"uid {dashboard['uid']}"
    for key in {"id", "version", "iteration", "__inputs"} & dashboard.keys():
        yield f"has {key}"
    for link in dashboard["links"]:
        if not (link["keepTime"] and link["includeVars"]):
            yield f"the link {link['title']} forgets the time or the variables"


def layout(dashboard):
    """Ours: ids are unique and no panel lies upon another."""
    every = [*dashboard["panels"], *(p for row in dashboard["panels"] if row["type"] == "row" for p in row["panels"])]
    ids = [panel["id"] for panel in every]
    if len(ids) != len(set(ids)):
        yield f"ids {ids}"
    for group in [dashboard["panels"], *(p["panels"] for p in dashboard["panels"] if p["type"] == "row")]:
        for a, b in itertools.combinations([panel["gridPos"] for panel in group], 2):
            if overlap(a["x"], a["w"], b["x"], b["w"]) and overlap(a["y"], a["h"], b["y"], b["h"]):
                yield f"{a} and {b}"
    for panel in every:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > GRID_WIDTH:
            yield f"{panel['title']} is too wide"


def overlap(start, size, other_start, other_size):
    return start < other_start + other_size and other_start < start + size


def bare(expression):
    """Metrics that no selector follows."""
    without_matchers = re.sub(r"\{[^}]*\}", "{}", expression)
    return re.findall(r"\b(?:fastcgi|phpfpm)_\w+\b(?!\{)", without_matchers)


def unparsable(queries):
    """By Prometheus' own parser."""
    names, rules = [], []
    for where, expression in queries:
        names.append(where)
        text = dashboards.filled_in(expression, PLACEHOLDERS).replace("\n", " ").replace("'", "''")
        rules.append(f"- {{record: 'query:{len(rules)}', expr: '{text}'}}")
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write("groups: [{name: queries, rules: [\n" + ",\n".join(r[2:] for r in rules) + "\n]}]\n")
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    if done.returncode:
        yield f"{done.stdout}{done.stderr} (of {names})"
