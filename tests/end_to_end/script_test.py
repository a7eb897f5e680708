"""Scripts run on real pools: what they print stands on the page or is refused, and never takes part in health."""

import os
import subprocess

import pytest

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from support.exporter import Exporter
from support.php_fpm import PhpFpm
from support.waiting import wait_until

OPCACHE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../deploy/php/opcache.php"))
WITH_OPCACHE = {"zend_extension": "opcache", "opcache.enable": "1"}
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def module(script, interval="300ms"):
    return {
        "interval": "100ms",
        "timeout": "2s",
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        "script": {"path": script, "interval": interval},
    }


def config_for(address, **scripts):
    """A target on the one pool for each script, under the script's name."""
    return {
        "modules": {name: module(path) for name, path in scripts.items()},
        "targets": [
            {"name": name, "address": address, "module": name, "labels": {"app": "shop"}} for name in scripts
        ],
    }


def printing(fpm, name, text):
    """A script that prints this text."""
    path = fpm.script(name + ".txt", text)
    return fpm.script(name + ".php", f"<?php header('Content-Type: text/plain'); readfile('{path}');")


@pytest.fixture
def fpm():
    with PhpFpm({"www": {}}) as running:
        yield running


def judged(exporter, *targets, outcome="pass"):
    """The first page on which the scripts of all these targets have ended so."""
    return exporter.wait_for(
        lambda p: all(p.outcome(t, "script") == outcome and p.outcome(t) == "pass" for t in targets),
        f"scripts that end with {outcome}",
    )


def both_formats_are_sound(exporter):
    page = exporter.get("/metrics").text
    lint = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
    families = {f.name: f for f in parse_openmetrics(exporter.get("/metrics", OPENMETRICS).text)}
    return families


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_the_opcache_is_shown_under_its_target(listen):
    with PhpFpm({"www": {"listen": listen}}, ini=WITH_OPCACHE) as fpm:
        other = fpm.script("other.php", "<?php echo 'php_other 1';")
        os.utime(other, (1e9, 1e9))  # the opcache leaves out files of the last two seconds
        with Exporter(config=config_for(fpm.addresses["www"], opcache=OPCACHE, other=other)) as exporter:
            page = exporter.wait_for(
                lambda p: (p.value("phpfpm_opcache_cached_scripts", target="opcache") or 0) >= 2, "two cached scripts"
            )
            families = both_formats_are_sound(exporter)
        of_target = {"target": "opcache", "app": "shop"}
        assert page.samples["phpfpm_opcache_up"] == [(of_target, 1)]
        assert page.samples["phpfpm_opcache_enabled"] == [(of_target, 1)]
        assert page.value("phpfpm_opcache_used_memory_bytes") > 1 << 20
        assert page.value("phpfpm_opcache_hits_total") + page.value("phpfpm_opcache_misses_total") >= 2
        assert 0 <= page.value("phpfpm_opcache_hit_ratio") <= 1
        assert 0 <= page.value("phpfpm_opcache_wasted_memory_ratio") <= 1
        reasons = {labels["reason"]: value for labels, value in page.samples["phpfpm_opcache_restarts_total"]}
        assert reasons == {"oom": 0, "hash": 0, "manual": 0}
        assert families["phpfpm_opcache_hits"].type == families["phpfpm_opcache_restarts"].type == "counter"
        assert page.values("php_other") == [1]
        assert OPCACHE not in page.text and fpm.folder not in page.text.replace(fpm.addresses["www"], "")


@pytest.mark.parametrize(
    "ini, is_enabled",
    [
        ({}, 0),
        ({"zend_extension": "opcache", "opcache.enable": "0"}, 0),
        ({**WITH_OPCACHE, "opcache.restrict_api": "/nowhere"}, 1),
        ({**WITH_OPCACHE, "disable_functions": "opcache_get_status"}, 1),
    ],
    ids=["absent", "off", "forbidden", "function_disabled"],
)
def test_an_opcache_without_figures_is_either_off_or_failing(ini, is_enabled):
    with PhpFpm({"www": {}}, ini={**ini, "display_errors": "1", "html_errors": "0"}) as fpm:
        with Exporter(config=config_for(fpm.addresses["www"], it=OPCACHE)) as exporter:
            page = judged(exporter, "it")
            assert page.values("phpfpm_opcache_up", target="it") == [0]
            assert page.values("phpfpm_opcache_enabled", target="it") == [is_enabled]
            assert [name for name in page.samples if name.startswith("phpfpm_opcache_")] == [
                "phpfpm_opcache_enabled",
                "phpfpm_opcache_up",
            ]


@pytest.mark.parametrize(
    "code, outcome",
    [
        ("<br /><b>Warning</b>: secret", "mismatch"),
        ("php_good 1\nWarning: secret in /srv", "mismatch"),
        ("", "mismatch"),
        ("<?php http_response_code(500); echo 'php_good 1';", "bad_status"),
        ("<?php for ($i = 0; $i < 1100; $i++) echo str_repeat('#', 1023), \"\\n\";", "response_too_large"),
        ("<?php echo 'php_good 1'; exit(3);", "pass"),  # PHP-FPM does not pass on the exit status
        (None, "not_found"),
    ],
    ids=["warning", "half", "nothing", "error", "too_large", "exit", "missing"],
)
def test_a_script_never_takes_part_in_health(fpm, code, outcome):
    script = fpm.script("it.php", code) if code is not None else fpm.folder + "/missing.php"
    with Exporter(config=config_for(fpm.addresses["www"], it=script)) as exporter:
        page = judged(exporter, "it", outcome=outcome)
        assert page.health("it") == "up" and page.value("fastcgi_up", target="it") == 1
        assert page.values("php_good") == ([1] if outcome == "pass" else [])
        assert "secret" not in page.text and "secret" not in exporter.log
        for path in ("/fcgi-ping/it", "/fcgi-live/it", "/fcgi-ready/it"):
            assert exporter.get(path).status == 200, path


def test_a_script_that_is_too_slow_is_no_failure_of_the_ping(fpm):
    """It has a lane of its own: no ping waits for it."""
    config = config_for(fpm.addresses["www"], it=fpm.script("it.php", "<?php sleep(3); echo 'php_slow 1';"))
    config["modules"]["it"]["timeout"] = "1s"
    config["modules"]["it"]["script"]["interval"] = "60s"
    with Exporter(config=config) as exporter:
        page = judged(exporter, "it", outcome="response_timeout")
        assert page.health("it") == "up"
        page = exporter.wait_for(lambda p: p.value("fastcgi_probes_total", check="ping") >= 10, "ten pings")
        assert page.health("it") == "up" and page.total("fastcgi_probe_failures_total", check="ping") == 0
        assert page.total("fastcgi_probes_skipped_total", check="ping", reason="outstanding") <= 2
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_late_answers_total", check="script") == 1, "the late answer of the script"
        )
        assert "php_slow" not in page.samples


def test_names_and_labels_of_ours_are_refused(fpm):
    text = (
        "# TYPE phpfpm_info gauge\nphpfpm_info{pool='x'} 1\n".replace("'", '"')
        + "# TYPE phpfpm_accepted_connections_total counter\nphpfpm_accepted_connections_total 7\n"
        + 'fastcgi_up 0\nphp_forged{target="other"} 1\nphp_forged{app="other"} 1\nphp_forged{app2="x"} 1\n'
    )
    with Exporter(config=config_for(fpm.addresses["www"], it=printing(fpm, "it", text))) as exporter:
        page = judged(exporter, "it")
        assert page.values("fastcgi_up") == [1]
        assert page.samples["fastcgi_script_fastcgi_up"] == [({"target": "it", "app": "shop"}, 0)]
        assert page.samples["php_forged"] == [({"target": "it", "app": "shop", "app2": "x"}, 1)]
        assert "phpfpm_info" not in page.samples and "phpfpm_accepted_connections_total" not in page.samples
        assert page.value("fastcgi_exporter_script_series_refused") == 4


def test_one_name_has_one_type_over_all_targets(fpm):
    scripts = {
        "a": printing(fpm, "a", "# TYPE php_jobs gauge\nphp_jobs 1\n# TYPE php_done_total counter\nphp_done_total 1\n"),
        "b": printing(fpm, "b", "# TYPE php_jobs summary\nphp_jobs_sum 2\nphp_jobs_count 2\nphp_done 2\n"),
        "c": printing(fpm, "c", "# TYPE php_jobs gauge\nphp_jobs 3\n# TYPE php_done_total counter\nphp_done_total 3\n"),
    }
    with Exporter(config=config_for(fpm.addresses["www"], **scripts)) as exporter:
        page = judged(exporter, *scripts)
        assert page.text.count("# TYPE php_jobs ") == 1
        assert {labels["target"]: value for labels, value in page.samples["php_jobs"]} == {"a": 1, "c": 3}
        # In OpenMetrics the counter's family is php_done, so b's gauge of that name may not stand beside it.
        assert {labels["target"]: value for labels, value in page.samples["php_done_total"]} == {"a": 1, "c": 3}
        assert "php_done" not in page.samples
        assert page.value("fastcgi_exporter_script_series_refused") == 3
        parsed = {f.name: f for f in parse_openmetrics(exporter.get("/metrics", OPENMETRICS).text)}
        assert (parsed["php_jobs"].type, parsed["php_done"].type) == ("gauge", "counter")


def test_a_huge_output_is_bounded(fpm):
    script = fpm.script("it.php", "<?php for ($i = 0; $i < 20000; $i++) echo \"php_big{i=\\\"$i\\\"} $i\\n\";")
    with Exporter(config=config_for(fpm.addresses["www"], it=script)) as exporter:
        page = judged(exporter, "it")
        assert len(page.values("php_big", target="it")) == 2000
        assert page.value("fastcgi_exporter_script_series_refused") == 18000


def test_a_histogram_keeps_its_form_in_both_formats(fpm):
    text = (
        "# HELP php_wait_seconds Waiting.\n# TYPE php_wait_seconds histogram\n"
        + "".join(f'php_wait_seconds_bucket{{le="{le}"}} {n}\n' for le, n in [("+Inf", 3), ("1", 2), (".5", 1)])
        + "php_wait_seconds_sum 4.5\nphp_wait_seconds_count 3\n"
    )
    with Exporter(config=config_for(fpm.addresses["www"], it=printing(fpm, "it", text))) as exporter:
        page = judged(exporter, "it")
        assert {labels["le"]: value for labels, value in page.samples["php_wait_seconds_bucket"]} == {
            "0.5": 1,
            "1.0": 2,
            "+Inf": 3,
        }
        assert both_formats_are_sound(exporter)["php_wait_seconds"].type == "histogram"


def test_a_script_runs_on_its_own_interval(fpm):
    runs = fpm.folder + "/runs"
    script = fpm.script("it.php", f"<?php file_put_contents('{runs}', '.', FILE_APPEND); echo 'php_runs 1';")
    config = config_for(fpm.addresses["www"], it=script)
    config["modules"]["it"]["script"].pop("interval")  # the default is 60 s
    with Exporter(config=config) as exporter:
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_probes_total", target="it", check="ping") >= 30, "thirty pings"
        )
        assert page.value("fastcgi_probes_total", target="it", check="script") == 1
        assert page.values("php_runs") == [1]
        with open(runs) as file:
            assert file.read() == "."

    config["modules"]["it"]["script"]["interval"] = "300ms"
    with Exporter(config=config) as exporter:
        wait_until(lambda: os.path.getsize(runs) >= 6, "five more runs")
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_probes_total", target="it", check="script") >= 5, "five judged runs"
        )
        assert page.beats(check="ping") > 2 * page.beats(check="script")
