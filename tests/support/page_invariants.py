"""What must hold on every /metrics page we serve, whatever the targets do.

check(text) takes a page as text 0.0.4 or OpenMetrics and returns a list of problems, empty when all is well.
check_progress(before, after) does so for two pages of one process. As a program: page_invariants.py FILE...
"""

import collections
import math
import re
import sys

STATES = {"up", "saturated", "down", "unknown"}
REASONS = {"resolve", "connect", "timeout", "closed", "protocol", "overloaded", "status", "mismatch"}
SKIPS = {"outstanding", "backoff", "limit", "missed"}
PHASES = {"resolve", "connect", "send", "wait", "receive"}

_SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPE = re.compile(r"\\(.)")
_SUFFIXES = {
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}

Sample = collections.namedtuple("Sample", "name labels value")


class Family:
    def __init__(self, name):
        self.name = name
        self.type = None
        self.help = None
        self.samples = []


class Page:
    """The families of a page by their name as in text 0.0.4; what is wrong with the text itself is in problems."""

    def __init__(self, text):
        self.families = {}
        self.problems = []
        self.is_openmetrics = text.endswith("# EOF\n")
        self._current = None
        if text and not text.endswith("\n"):
            self.problems.append("the last line does not end")
        lines = text.split("\n")[:-1]
        if self.is_openmetrics:
            lines.pop()
        for line in lines:
            self._take(line)
        self._find_duplicates()

    def samples(self, name):
        family = self.families.get(name)
        return family.samples if family else []

    def by(self, name, *labels):
        """{(label values): value} of a family; None when the page does not have it."""
        if name not in self.families:
            return None
        return {tuple(s.labels.get(l) for l in labels): s.value for s in self.samples(name)}

    def grouped(self, name, inner, *labels):
        """{(label values): {value of the label `inner`: sample value}}; None when the page does not have it."""
        if name not in self.families:
            return None
        groups = {}
        for sample in self.samples(name):
            key = tuple(sample.labels.get(l) for l in labels)
            groups.setdefault(key, {})[sample.labels.get(inner)] = sample.value
        return groups

    def _take(self, line):
        if line.startswith("# "):
            self._take_header(line)
            return
        match = _SAMPLE.fullmatch(line)
        if not match:
            self.problems.append(f"neither a header nor a sample without timestamp: {line!r}")
            return
        name, labels, value = match.groups()
        sample = Sample(name, _labels(labels or ""), float(value))
        if not self._current or not self._belongs(name):
            self.problems.append(f"{name} does not stand under its own TYPE line")
            return
        self._current.samples.append(sample)

    def _take_header(self, line):
        keyword, name, rest = (line.split(" ", 3)[1:] + ["", ""])[:3]
        if keyword not in ("HELP", "TYPE"):
            self.problems.append(f"a comment: {line!r}")
            return
        if not self._current or self._current.name != name or self._current.samples:
            if name in self.families:
                self.problems.append(f"{name} comes in two places")
            self._current = self.families[name] = Family(name)
        attribute = keyword.lower()
        if getattr(self._current, attribute) is not None:
            self.problems.append(f"{name} has two {keyword} lines")
        setattr(self._current, attribute, rest)
        if self.is_openmetrics and attribute == "type" and rest == "counter":
            self._rename_counter()

    def _rename_counter(self):
        # The rest of this file knows families by the name of text 0.0.4.
        self.families[self._current.name + "_total"] = self.families.pop(self._current.name)

    def _belongs(self, name):
        family = self._current
        if family.type is None or family.help is None:
            self.problems.append(f"{family.name} has no HELP or no TYPE line")
            return True
        if self.is_openmetrics and family.type == "counter":
            return name == family.name + "_total"
        return name in [family.name + suffix for suffix in _SUFFIXES.get(family.type, ("",))]

    def _find_duplicates(self):
        seen = set()
        for family in self.families.values():
            for sample in family.samples:
                series = (sample.name, tuple(sorted(sample.labels.items())))
                if series in seen:
                    self.problems.append(f"twice on the page: {_show(series)}")
                seen.add(series)


def check(text):
    page = Page(text)
    problems = list(page.problems)
    for rule in (
        _targets_are_sorted,
        _buckets_add_up,
        _numbers_are_sane,
        _one_health_state,
        _counters_agree,
        _label_sets_are_whole,
        _one_outcome,
        _rounds_agree,
    ):
        problems += rule(page)
    if page.is_openmetrics:
        problems += _strict_parser(text)
    return problems


def check_progress(before, after):
    """Counters of series on both pages never fall."""
    old, new = _counters(Page(before)), _counters(Page(after))
    return [
        f"{_show(series)} fell from {old[series]} to {new[series]}"
        for series in old
        if series in new and new[series] < old[series]
    ]


def _counters(page):
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in page.families.values()
        for s in family.samples
        if family.type in ("counter", "histogram")
    }


def _targets_are_sorted(page):
    problems = []
    for family in page.families.values():
        targets = [s.labels["target"].encode() for s in family.samples if "target" in s.labels]
        if targets != sorted(targets):
            problems.append(f"{family.name}: targets are not sorted by name")
    return problems


def _buckets_add_up(page):
    problems = []
    for family in page.families.values():
        if family.type != "histogram":
            continue
        series = {}
        for s in family.samples:
            key = tuple(sorted((k, v) for k, v in s.labels.items() if k != "le"))
            series.setdefault(key, {}).setdefault(s.name[len(family.name) :], []).append(
                (s.labels.get("le"), s.value)
            )
        for key, parts in series.items():
            problems += [f"{family.name}{dict(key)}: {p}" for p in _one_histogram(parts)]
    return problems


def _one_histogram(parts):
    if set(parts) != {"_bucket", "_sum", "_count"}:
        return [f"has only {sorted(parts)}"]
    problems = []
    bounds = [le for le, _ in parts["_bucket"]]
    counts = [count for _, count in parts["_bucket"]]
    problems += [f"le={le!r} is not in canonical form" for le in bounds if le != canonical(float(le))]
    if [float(le) for le in bounds] != sorted(set(float(le) for le in bounds)):
        problems.append("bounds do not ascend")
    if counts != sorted(counts):
        problems.append("buckets are not cumulative")
    if bounds[-1] != "+Inf" or counts[-1] != parts["_count"][0][1]:
        problems.append("the +Inf bucket is not the count")
    return problems


def canonical(value):
    """A float as Go's %g writes it, with .0 where there is neither point nor exponent."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return repr(value)
    shortest = (f"{value:.{digits}e}" for digits in range(17))
    return next(text for text in shortest if float(text) == value)


def _numbers_are_sane(page):
    problems = []
    for family in page.families.values():
        for s in family.samples:
            if math.isnan(s.value):
                problems.append(f"{s.name}{s.labels} is NaN")
            if family.type in ("counter", "histogram") and s.value < 0:
                problems.append(f"{s.name}{s.labels} is below 0")
    return problems


def _one_health_state(page):
    return [
        f"fastcgi_health of {target}: {states}"
        for (target,), states in (page.grouped("fastcgi_health", "state", "target") or {}).items()
        if set(states) != STATES or sorted(states.values()) != [0, 0, 0, 1]
    ]


def _counters_agree(page):
    problems = []
    probes = page.by("fastcgi_probes_total", "target", "check") or {}
    failures = page.grouped("fastcgi_probe_failures_total", "reason", "target", "check")
    if failures is not None and set(failures) != set(probes):
        problems.append("fastcgi_probes_total and fastcgi_probe_failures_total name different checks")
    answered = page.by("fastcgi_probe_duration_seconds", "target", "check") and {
        (s.labels["target"], s.labels["check"]): s.value
        for s in page.samples("fastcgi_probe_duration_seconds")
        if s.name.endswith("_count")
    }
    mismatches = page.by("fastcgi_mismatches_total", "target", "check")
    late = page.by("fastcgi_late_answers_total", "target", "check") or {}
    abandoned = page.by("fastcgi_probes_abandoned_total", "target", "check") or {}
    for key, count in probes.items():
        if answered and answered.get(key, 0) > count:
            problems.append(f"{key}: more answers ({answered[key]}) than probes ({count})")
        if failures is None or key not in failures:
            continue
        of = failures[key]
        if sum(of.values()) > count:
            problems.append(f"{key}: more failures ({sum(of.values())}) than probes ({count})")
        if mismatches and mismatches.get(key) != of.get("status", 0) + of.get("mismatch", 0):
            problems.append(
                f"{key}: mismatches ({mismatches.get(key)}) are not the failures status + mismatch ({of})"
            )
        if late.get(key, 0) + abandoned.get(key, 0) > of.get("timeout", 0):
            problems.append(f"{key}: more late answers and abandoned probes than timeouts")
    return problems


def _label_sets_are_whole(page):
    problems = []
    for name, label, wanted in (
        ("fastcgi_probe_failures_total", "reason", REASONS),
        ("fastcgi_probes_skipped_total", "reason", SKIPS),
        ("fastcgi_last_probe_phase_seconds", "phase", PHASES),
    ):
        for key, values in (page.grouped(name, label, "target", "check") or {}).items():
            if set(values) != wanted:
                problems.append(f"{name} of {key} has {label}={sorted(values)}")
    return problems


def _one_outcome(page):
    problems = []
    outcomes = page.grouped("fastcgi_probe_outcome", "outcome", "target", "check") or {}
    for key, probes in (page.by("fastcgi_probes_total", "target", "check") or {}).items():
        values = list(outcomes.get(key, {}).values())
        if values != ([1] if probes > 0 else []):
            problems.append(f"fastcgi_probe_outcome of {key} is {outcomes.get(key)} after {probes} probes")
    return problems


def _rounds_agree(page):
    problems = []
    up = page.by("fastcgi_up", "target") or {}
    last_success = page.by("fastcgi_last_success_timestamp_seconds", "target") or {}
    health = page.grouped("fastcgi_health", "state", "target") or {}
    for key, last in (page.by("fastcgi_last_probe_timestamp_seconds", "target") or {}).items():
        if (key in up) != (last > 0):
            problems.append(f"{key}: fastcgi_up {up.get(key)}, last probe at {last}")
        if key not in up and health.get(key, {}).get("unknown") != 1:
            problems.append(f"{key}: no round yet, but health is known")
        if up.get(key, 0) not in (0, 1):
            problems.append(f"{key}: fastcgi_up is {up[key]}")
        if up.get(key) == 1 and health.get(key, {}).get("unknown") != 0:
            problems.append(f"{key}: up, but health is unknown")
        if last_success.get(key, 0) > last:
            problems.append(f"{key}: the last success is after the last probe")
    return problems


def _strict_parser(text):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    try:
        for _ in text_string_to_metric_families(text):
            pass
    except ValueError as problem:
        return [f"the strict OpenMetrics parser: {problem}"]
    return []


def _labels(text):
    labels, end = {}, 0
    for match in _LABEL.finditer(text):
        if match.start() != end:
            raise ValueError(f"labels {text!r}")
        labels[match[1]] = _ESCAPE.sub(lambda m: "\n" if m[1] == "n" else m[1], match[2])
        end = match.end()
    if end != len(text):
        raise ValueError(f"labels {text!r}")
    return labels


def _show(series):
    name, labels = series
    return name + "{" + ",".join(f'{k}="{v}"' for k, v in labels) + "}"


def main(paths):
    found = [
        f"{path}: {problem}" for path in paths for problem in check(open(path, encoding="utf-8", newline="").read())
    ]
    print("\n".join(found) or f"{len(paths)} pages: all invariants hold")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
