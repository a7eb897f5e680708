"""The committed dashboards, as Grafana would read them."""

import glob
import json
import os
import re

# Of deploy/php/opcache.php, and why.
NOT_SHOWN_OF_THE_OPCACHE = {
    "phpfpm_opcache_hit_ratio": "since the last restart; the panel's is of the last minutes",
    "phpfpm_opcache_blacklist_misses_total": "nobody is woken by what was excluded on purpose",
    "phpfpm_opcache_wasted_memory_ratio": "the panel Memory has the bytes",
    "phpfpm_opcache_interned_strings": "their memory is what runs out",
    "phpfpm_opcache_jit_buffer_bytes": "0 unless the JIT compiler is switched on, which few do",
    "phpfpm_opcache_jit_buffer_free_bytes": "as above",
    "phpfpm_opcache_start_time_seconds": "the pool's start, as a rule; restarts are annotations",
}

CHOICES = ("job", "instance", "target", "pool")  # the variables that a query may name
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
FOLDER = os.path.join(TOP, "dashboards")


def load():
    """{uid: dashboard}"""
    found = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "fastcgi-*.json"))):
        with open(path) as file:
            found[os.path.basename(path).removesuffix(".json")] = json.load(file)
    return found


def panels(dashboard):
    """Those that show something, the ones inside collapsed rows included."""
    for one in dashboard["panels"]:
        if one["type"] == "row":
            yield from one["panels"]
        else:
            yield one


def variables(dashboard, kind="query"):
    return [one for one in dashboard["templating"]["list"] if one["type"] == kind]


def queries(dashboard):
    """(where, PromQL) of everything that is sent to Prometheus, but for variables."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["target"]["expr"]


def filled_in(expression, values):
    """`values`: {"$job": ...}; the longest names first, as $__rate_interval begins with $__rate."""
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(name, values[name])
    assert "$" not in expression, f"what is the value of a variable in {expression}?"
    return expression


def label_values(variable):
    """(selector, label) of a variable's query."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
    assert found, variable["query"]
    return found.groups()


def metric_names(expression):
    """The metrics that PromQL names with a selector, as every query of a dashboard does."""
    without_matchers = re.sub(r"\{[^}]*\}", "{}", expression)
    return set(re.findall(r"\b(?:fastcgi|phpfpm|process|up|scrape|target|job)[a-z0-9_:]*(?=\{\})", without_matchers))
