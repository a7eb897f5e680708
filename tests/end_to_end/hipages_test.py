"""Standing in for hipages/php-fpm_exporter: its flags, variables, sub-commands and metrics, and its dashboard and
alerts in a real Prometheus that scrapes us."""

import json

import pytest

from support import accept_queue, exporter as plain, page_invariants, status_page
from support.busy_workers import BusyWorkers
from support.exporter import run
from support.page import Page
from support.php_fpm import PhpFpm
from support.prometheus import Prometheus
from support.scripted_pool import ScriptedPool
from support.waiting import wait_until



class NamesAsWritten(Page):
    """The usual parser adds _total to the name of every counter, and its counters have none."""

    def __init__(self, text):
        super().__init__(text)
        self.samples = {}
        for family in page_invariants.Page(text).families.values():
            for sample in family.samples:
                self.samples.setdefault(sample.name, []).append((sample.labels, sample.value))


class Exporter(plain.Exporter):
    def metrics(self):
        return NamesAsWritten(super().metrics().text)


POOL, PROCESS = {"pool", "scrape_uri"}, {"pool", "child", "scrape_uri"}
METRICS = {
    "phpfpm_up": POOL,
    "phpfpm_scrape_failures": POOL,
    "phpfpm_start_since": POOL,
    "phpfpm_accepted_connections": POOL,
    "phpfpm_listen_queue": POOL,
    "phpfpm_max_listen_queue": POOL,
    "phpfpm_listen_queue_length": POOL,
    "phpfpm_idle_processes": POOL,
    "phpfpm_active_processes": POOL,
    "phpfpm_total_processes": POOL,
    "phpfpm_max_active_processes": POOL,
    "phpfpm_max_children_reached": POOL,
    "phpfpm_slow_requests": POOL,
    "phpfpm_process_requests": PROCESS,
    "phpfpm_process_last_request_memory": PROCESS,
    "phpfpm_process_last_request_cpu": PROCESS,
    "phpfpm_process_request_duration": PROCESS,
    "phpfpm_process_state": PROCESS | {"state"},
}
STATES = {"Idle", "Running", "Finishing", "Reading headers", "Getting request informations", "Ending"}

# Prometheus finds pods through Kubernetes, which brings these labels.
POD_LABELS = """  relabel_configs:
  - {target_label: namespace, replacement: shop}
  - {target_label: kubernetes_pod_name, replacement: shop-1}
"""


def uri_of(address):
    """As its users write where a pool listens."""
    if address.startswith("unix:"):
        return f"unix://{address.removeprefix('unix:')};/status"
    return f"tcp://{address}/status"


def flags(*addresses):
    return ["--compat=hipages", *("--phpfpm.scrape-uri=" + uri_of(address) for address in addresses)]


def legacy(page, name, address):
    """The one value of a pool's metric."""
    return page.value(name, scrape_uri=uri_of(address))


def page_of(*states, **changes):
    processes = [status_page.process(state=state, requests=10 * i) for i, state in enumerate(states)]
    return status_page.text(status_page.full(*processes, **changes))


WWW = page_of("Running", "Running", "Getting request information", "Idle")


def check_the_18_metrics(page, address, pool, processes):
    for name, labels in METRICS.items():
        mine = [have for have, _ in page.samples[name] if have["scrape_uri"] == uri_of(address)]
        assert mine and all(have.keys() == labels and have["pool"] == pool for have in mine), (name, mine)
        if "child" in labels:
            assert {have["child"] for have in mine} == set(map(str, range(processes))), name
    states = [
        have["state"] for have, _ in page.samples["phpfpm_process_state"] if have["scrape_uri"] == uri_of(address)
    ]
    assert set(states) == STATES and len(states) == processes * len(STATES)


@pytest.mark.parametrize("family,arguments", [("tcp", []), ("unix", ["server"])])
def test_the_variables_alone_are_enough(family, arguments):
    with ScriptedPool(WWW, family=family) as scripted:
        variables = {"PHP_FPM_SCRAPE_URI": uri_of(scripted.address), "PHP_FPM_WEB_LISTEN_ADDRESS": "127.0.0.1:0"}
        with Exporter(arguments, environment=variables, listen=None) as exporter:
            page = exporter.wait_for(lambda p: p.values("phpfpm_up") == [1], "phpfpm_up")
            check_the_18_metrics(page, scripted.address, "www", 4)
            assert legacy(page, "phpfpm_accepted_connections", scripted.address) == 1234
            assert page.value("phpfpm_process_state", child="2", state="Getting request informations") == 1
            assert {asked["QUERY_STRING"] for asked in scripted.asked} == {"json&full"}


def test_several_pools_in_one_flag_or_in_several():
    with ScriptedPool(WWW) as a, ScriptedPool(WWW) as b, ScriptedPool(WWW) as c:
        listed = f"--phpfpm.scrape-uri={uri_of(a.address)},{uri_of(b.address)}"
        with Exporter([*flags(c.address), listed]) as exporter:
            exporter.wait_for(lambda p: p.values("phpfpm_up") == [1, 1, 1], "three pools")


def test_flags_are_heard_before_variables():
    with ScriptedPool(WWW) as scripted:
        variables = {"PHP_FPM_SCRAPE_URI": "tcp://192.0.2.1:9000/status", "PHP_FPM_WEB_TELEMETRY_PATH": "/scrape"}
        with Exporter(flags(scripted.address)[1:], environment=variables) as exporter:
            wait_until(lambda: "phpfpm_up{" in exporter.get("/scrape").text, "the page")
            assert "192.0.2.1" not in exporter.get("/scrape").text
            assert exporter.get("/metrics").status == 404


def test_the_default_address():
    code, out, err = run(["server", "--config.check"], {"PHP_FPM_SCRAPE_URI": "tcp://127.0.0.1:9001/fpm"})
    assert code == 0, err
    assert ":9253" in out and "/fpm" in out and "127.0.0.1:9001" in out, out


@pytest.mark.parametrize(
    "uri", ["http://localhost/status", "unix:///run/www.sock", "tcp://127.0.0.1:9000", "127.0.0.1:9000", ""]
)
def test_a_scrape_uri_that_makes_no_sense_is_an_error_that_shows_it(uri):
    code, out, err = run(["server", "--phpfpm.scrape-uri=" + uri, "--config.check"])
    assert code == 1 and "--phpfpm.scrape-uri" in err and uri in err, (out, err)


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=1.0.0", "text/html", "*/*"])
def test_the_page_is_text_whatever_is_accepted(accept):
    """In OpenMetrics phpfpm_accepted_connections and our phpfpm_accepted_connections_total would be one family."""
    with ScriptedPool(WWW) as scripted, Exporter(flags(scripted.address)) as exporter:
        answer = exporter.get("/metrics", {"Accept": accept})
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "# EOF" not in answer.text


def test_the_process_count_can_be_that_of_the_list():
    """The scoreboard's own counts and its list of processes differ at times (hipages issue 6)."""
    crowd = page_of("Idle", "Running", "Finishing", "Ending", "Getting request information", "Creating")
    with ScriptedPool(crowd) as scripted, Exporter(
        [*flags(scripted.address), "--phpfpm.fix-process-count"]
    ) as fixed, Exporter(flags(scripted.address)) as raw:
        for exporter, want in ((fixed, (1, 5, 6)), (raw, (1, 3, 4))):
            page = exporter.wait_for(lambda p: p.values("phpfpm_up") == [1], "phpfpm_up")
            counts = (page.value(f"phpfpm_{what}_processes") for what in ("idle", "active", "total"))
            assert tuple(counts) == want
            assert page.value("phpfpm_process_state", child="5", state="Creating") == 1


def test_get_asks_once_as_json_and_as_text():
    with ScriptedPool(WWW) as scripted:
        uri = "--phpfpm.scrape-uri=" + uri_of(scripted.address)
        code, out, err = run(["get", uri, "--out", "json"])
        assert code == 0, err
        (told,) = json.loads(out)["pools"]
        assert {key: told[key] for key in status_page.SHORT} == status_page.SHORT
        assert [process["state"] for process in told["processes"]][3] == "Idle"
        code, out, err = run(["get", uri, "--out", "text"])
        assert code == 0, err
        for text in (uri_of(scripted.address), "www", "1234", "4711"):
            assert text in out, out
        assert "hushhush" not in out and "mallory" not in out


def test_get_of_a_pool_that_is_down():
    code, out, err = run(["get", "--phpfpm.scrape-uri=unix:///nonexistent/www.sock;/status"])
    assert code != 0  # the other ends with 0, which no script can make use of
    assert "/nonexistent/www.sock" in out + err


SHOP = '{namespace="shop"}'
RATIO = "(phpfpm_listen_queue / phpfpm_listen_queue_length)"

# The panels of its dashboard that are one number, numbered from its top. (9 and 10 ask for a label that it removed.)
PANELS = {
    1: f"avg((sum(phpfpm_active_processes{SHOP}) by (kubernetes_pod_name) *100)"
    f" / sum(phpfpm_total_processes{SHOP}) by (kubernetes_pod_name))",
    2: f"sum(phpfpm_max_children_reached{SHOP})",
    4: f"count(phpfpm_up{SHOP} > 0)",
    5: f"sum(phpfpm_listen_queue{SHOP})",
    6: f"sum(phpfpm_scrape_failures{SHOP})",
    8: f"sum(phpfpm_process_state{SHOP})",
    11: f"sum(phpfpm_active_processes{SHOP})",
    12: f"sum(phpfpm_idle_processes{SHOP})",
    13: f"sum(phpfpm_total_processes{SHOP})",
}
# promcat's alerts, less the one that is always empty; the part of kube_* left out.
YOUNG = "(count(phpfpm_start_since < 1800) or vector(0))/sum(phpfpm_up)"


def panels(prometheus):
    return {number: prometheus.number(expression) for number, expression in PANELS.items()}


def by(prometheus, label, expression):
    return {dict(labels)[label]: value for labels, value in prometheus.query(expression).items()}


def shows(prometheus, want):
    """Waits until the panels show what they should; in vain, the failure says what they show instead."""
    seen = {}

    def settled():
        seen.update(panels(prometheus))
        return seen == want

    try:
        wait_until(settled, "the panels", 30)
    finally:
        wrong = {number: (seen.get(number), value) for number, value in want.items() if seen.get(number) != value}
        assert not wrong, f"panel: (shown, wanted): {wrong}"


def increase_is(prometheus, expression, increase, over):
    """delta() and rate() draw the line on to the ends of their range, by at most as much again."""
    wait_until(
        lambda: increase <= (prometheus.number(expression) or 0) * over * (1 + 1e-9) <= 2 * increase * (1 + 1e-6),
        f"{expression} to tell of {increase}",
    )


def test_its_dashboard_shows_the_scripted_values():
    api = page_of(
        "Running",
        *["Idle"] * 5,
        pool="api",
        start_since=60,
        accepted_conn=100,
        listen_queue=0,
        listen_queue_len=0,
        idle_processes=5,
        active_processes=1,
        total_processes=6,
        max_children_reached=0,
        slow_requests=0,
    )
    with ScriptedPool(WWW) as first, ScriptedPool(api, family="unix") as second, Exporter(
        flags(first.address, second.address)
    ) as exporter, Prometheus(exporter.port, POD_LABELS) as prometheus:
        shows(prometheus, {1: 40, 2: 2, 4: 2, 5: 3, 6: 0, 8: 10, 11: 4, 12: 6, 13: 10})
        states = by(prometheus, "state", f"sum(phpfpm_process_state{SHOP}) by (state)")
        assert states == {**dict.fromkeys(STATES, 0), "Idle": 6, "Running": 3, "Getting request informations": 1}
        assert prometheus.number("sum(phpfpm_up)") == 2
        assert prometheus.number(YOUNG) == prometheus.number(YOUNG + " > 0.4") == 0.5
        assert by(prometheus, "pool", RATIO) == {"www": 3 / 511, "api": 0}
        assert by(prometheus, "pool", RATIO + " > 0.8") == {}
        assert prometheus.number("sum(rate(phpfpm_max_children_reached[5m])) > 0") is None

        first.show(
            page_of("Idle", listen_queue=500, accepted_conn=1334, max_children_reached=5, slow_requests=45)
        )  # seen at the next beat
        wait_until(lambda: by(prometheus, "pool", RATIO + " > 0.8") == {"www": 500 / 511}, "a full queue")
        increase_is(prometheus, f'delta(phpfpm_accepted_connections{{namespace="shop",pool="www"}}[2m])', 100, 1)
        increase_is(prometheus, "sum(rate(phpfpm_max_children_reached[5m])) > 0", 3, 300)
        for metric, increase in (("accepted_connections", 100), ("max_children_reached", 3), ("slow_requests", 40)):
            increase_is(prometheus, f'sum by (pool) (rate(phpfpm_{metric}{{pool="www"}}[5m]))', increase, 300)
        for metric, want in (("active_processes", 3), ("idle_processes", 1), ("total_processes", 4)):
            assert by(prometheus, "pool", f"sum by (pool) (phpfpm_{metric})")["www"] == want
        assert by(prometheus, "pool", "sum by (pool) (phpfpm_listen_queue)") == {"www": 500, "api": 0}


BACKLOG = 8
CLIENTS = 6  # with our own question: 7 of 8 places


def queue_of_each(fpm):
    return {name: accept_queue.of(address).length for name, address in fpm.addresses.items()}


def test_its_dashboard_shows_a_saturated_pool_and_then_a_dead_one():
    settings = {"listen.backlog": BACKLOG, "pm.status_path": "/status"}
    pools = {listen: {"listen": listen, **settings} for listen in ("tcp", "unix")}
    with PhpFpm(pools) as fpm, BusyWorkers(fpm) as busy, Exporter(
        flags(*fpm.addresses.values())
    ) as exporter, Prometheus(exporter.port, POD_LABELS) as prometheus:
        page = exporter.wait_for(lambda p: p.values("phpfpm_up") == [1, 1], "two pools")
        for name, address in fpm.addresses.items():
            check_the_18_metrics(page, address, name, 2)
        # The process that answers is active.
        shows(prometheus, {1: 50, 2: 0, 4: 2, 5: 0, 6: 0, 8: 4, 11: 2, 12: 2, 13: 4})

        for name in pools:
            busy.occupy(name)
            busy.queue(name, CLIENTS)
        shows(prometheus, {1: 100, 2: 0, 4: 2, 5: 14, 6: 2, 8: 4, 11: 4, 12: 0, 13: 4})
        assert queue_of_each(fpm) == by(prometheus, "pool", "phpfpm_listen_queue") == dict.fromkeys(pools, CLIENTS + 1)
        assert by(prometheus, "pool", RATIO + " > 0.8") == dict.fromkeys(pools, (CLIENTS + 1) / BACKLOG)
        states = by(prometheus, "state", f"sum(phpfpm_process_state{SHOP}) by (state)")
        assert states == {**dict.fromkeys(STATES, 0), "Running": 4}
        assert prometheus.number(YOUNG) == 1

        fpm.stop()
        page = exporter.wait_for(lambda p: p.values("phpfpm_up") == [0, 0], "both to be down")
        for name, address in fpm.addresses.items():
            # The same series as before, or no alert on it would ever fire.
            assert page.value("phpfpm_up", pool=name, scrape_uri=uri_of(address)) == 0
            assert page.value("phpfpm_scrape_failures", pool=name, scrape_uri=uri_of(address)) >= 1
        assert {name for name in METRICS if page.values(name)} == {"phpfpm_up", "phpfpm_scrape_failures"}
        wait_until(lambda: prometheus.number("sum(phpfpm_up)") == 0, "sum(phpfpm_up) 0")
        assert by(prometheus, "pool", "phpfpm_up") == dict.fromkeys(pools, 0)
