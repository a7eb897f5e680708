"""A check that never complains is no check: each invariant must be missed when a good page is bent against it."""

import pathlib

import pytest

from support import page_invariants

GOLDEN = pathlib.Path(__file__).parent / "golden"
PAGES = {path.name: path.read_bytes().decode() for path in sorted(GOLDEN.iterdir())}


def with_value(value):
    """Bends a sample line to another value."""
    return lambda line: f"{line.split('} ')[0]}}} {value}"


def sample(page, start):
    """The first line of the page that begins so."""
    return next(line for line in page.splitlines() if line.startswith(start))


@pytest.mark.parametrize("name", PAGES)
def test_the_golden_pages_are_clean(name):
    assert page_invariants.check(PAGES[name]) == []


# What begins so, what it becomes, and words of the problem that must be found.
BREACHES = {
    "duplicate": ('fastcgi_up{target="down-1"}', lambda l: f"{l}\n{l}", "twice on the page"),
    "timestamp": ('fastcgi_up{target="down-1"}', lambda l: f"{l} 1760000000000", "without timestamp"),
    "comment": ('fastcgi_up{target="down-1"}', lambda l: f"# hello\n{l}", "comment"),
    "stray_family": ('fastcgi_up{target="down-1"}', lambda l: f"{l}\nother 1", "its own TYPE line"),
    "two_helps": ("# HELP fastcgi_health ", lambda l: f"{l}\n{l}", "two HELP lines"),
    "blank_line": ("# TYPE fastcgi_health ", lambda l: f"{l}\n", "neither a header"),
    "no_type": ("# TYPE fastcgi_health ", lambda l: None, "no TYPE line"),
    "family_again": ("# HELP fastcgi_health ", lambda l: f"# HELP fastcgi_up Again.\n{l}", "two places"),
    "unsorted": ('fastcgi_up{target="down-1"}', lambda l: l.replace("down-1", "zzz"), "not sorted"),
    "nan": ("fastcgi_last_success_timestamp_seconds{", with_value("NaN"), "is NaN"),
    "negative": ("fastcgi_probe_retries_total{", with_value("-1"), "below 0"),
    "bad_le": ("fastcgi_probe_duration_seconds_bucket{", lambda l: l.replace('"0.0005"', '"5e-04"'), "canonical"),
    "falling_bucket": ("fastcgi_probe_duration_seconds_bucket{", with_value("99"), "not cumulative"),
    "count_is_not_inf": ("fastcgi_probe_duration_seconds_count{", with_value("2"), "+Inf bucket"),
    "no_sum": ("fastcgi_probe_duration_seconds_sum{", lambda l: None, "has only"),
    "two_states": ('fastcgi_health{target="down-1",state="up"}', lambda l: l[:-1] + "1", "fastcgi_health of down-1"),
    "no_state": ('fastcgi_health{target="down-1",state="down"}', lambda l: l[:-1] + "0", "fastcgi_health of down-1"),
    "state_missing": ('fastcgi_health{target="down-1",state="up"}', lambda l: None, "fastcgi_health of down-1"),
    "more_failures_than_probes": ('fastcgi_probes_total{target="down-1"', with_value("5"), "more failures"),
    "more_answers_than_probes": ('fastcgi_probes_total{target="down-1"', with_value("1"), "more answers"),
    "mismatches": ('fastcgi_mismatches_total{target="down-1"', with_value("4"), "not the failures"),
    "late": ('fastcgi_late_answers_total{target="down-1"', with_value("2"), "more late answers"),
    "reason_missing": ("fastcgi_probe_failures_total{", lambda l: None, "has reason="),
    "skip_missing": ("fastcgi_probes_skipped_total{", lambda l: None, "has reason="),
    "phase_missing": ("fastcgi_last_probe_phase_seconds{", lambda l: None, "has phase="),
    "two_outcomes": ("fastcgi_probe_outcome{", lambda l: f"{l}\n" + l.replace('outcome="mismatch"', 'outcome="pass"'),
                     "fastcgi_probe_outcome of"),
    "no_outcome": ("fastcgi_probe_outcome{", lambda l: None, "fastcgi_probe_outcome of"),
    "outcome_is_0": ("fastcgi_probe_outcome{", lambda l: l[:-1] + "0", "fastcgi_probe_outcome of"),
    "up_too_early": ('fastcgi_last_probe_timestamp_seconds{target="down-1"', with_value("0"), "last probe at 0"),
    "up_missing": ('fastcgi_up{target="down-1"}', lambda l: None, "fastcgi_up None"),
    "up_is_2": ('fastcgi_up{target="down-1"}', lambda l: l[:-1] + "2", "fastcgi_up is 2"),
    "success_after_probe": ('fastcgi_last_success_timestamp_seconds{target="down-1"',
                            with_value("9e9"), "after the last probe"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found(name):
    page = PAGES["full.prom"]
    start, bend, words = BREACHES[name]
    line = sample(page, start)
    bent = bend(line)
    text = page.replace(line + "\n", "" if bent is None else bent + "\n", 1)
    assert text != page
    assert any(words in problem for problem in page_invariants.check(text)), page_invariants.check(text)


def test_an_unfinished_last_line_is_found():
    assert "the last line does not end" in page_invariants.check(PAGES["full.prom"][:-1])


def test_the_strict_parser_looks_at_openmetrics_pages():
    page = PAGES["full.om"].replace("# TYPE fastcgi_up gauge", "# TYPE fastcgi_up number", 1)
    assert any("strict" in problem for problem in page_invariants.check(page))


def test_falling_counters_are_found():
    page = PAGES["full.prom"]
    assert page_invariants.check_progress(page, page) == []
    line = sample(page, 'fastcgi_probes_total{target="down-1"')
    assert page_invariants.check_progress(page, page.replace(line, with_value(2)(line))) == [
        'fastcgi_probes_total{check="ping",target="down-1"} fell from 12.0 to 2.0']


@pytest.mark.parametrize("value, text", [
    (0.0, "0.0"), (0.0001, "0.0001"), (0.00001, "1e-05"), (0.000025, "2.5e-05"), (0.5, "0.5"), (30.0, "30.0"),
    (100000.0, "100000.0"), (1e6, "1e+06"), (1234567.0, "1.234567e+06"), (float("inf"), "+Inf")])
def test_canonical_floats(value, text):
    assert page_invariants.canonical(value) == text
