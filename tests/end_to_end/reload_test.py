"""Reading the configuration again: what is unchanged loses nothing, and what is bad changes nothing."""

import contextlib
import http.client
import json
import os
import signal
import threading

import pytest

from support import responder
from support.exporter import Exporter
from support.responder import Responder
from support.waiting import wait_until

SUCCESSFUL = "fastcgi_exporter_config_last_reload_successful"
WEB_SUCCESSFUL = "fastcgi_exporter_web_config_last_reload_successful"
SUCCESS_TIME = "fastcgi_exporter_config_last_reload_success_timestamp_seconds"
BAD = "modules:\n  m: {intervall: 5s, timeout: soon}\ntargets:\n- {name: 'a b', address: nowhere}\n"
PROBLEMS = ("intervall", "timeout", "a b", "nowhere")


def target(name, peer, **more):
    return {"name": name, "address": peer.address, "module": "m", **more}


def config_of(*targets, module=None, **more):
    settings = {
        "interval": "100ms",
        "timeout": "500ms",
        "abandon_after": "10m",
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        **(module or {}),
    }
    return {"modules": {"m": settings}, "targets": list(targets), **more}


def exporter_with(config):
    return Exporter(["--web.enable-lifecycle"], config=config)


def reload(exporter, config):
    exporter.write_config(config)
    return exporter.get("/-/reload", method="POST")


def wait_for_line(exporter, *parts):
    """The log comes through a pipe, and so after the answer."""
    wait_until(lambda: exporter.has_line(*parts), f"a line of the log with {parts}")


class WebFile:
    GOOD = "http_server_config: {headers: {X-Frame-Options: deny}}\n"

    def __init__(self, folder):
        self.path = folder / "web.yaml"
        self.flag = f"--web.config.file={self.path}"
        self.write(self.GOOD)

    def write(self, text):
        new = self.path.with_suffix(".new")
        new.write_text(text)
        new.replace(self.path)


def post(exporter, path, **more):
    with contextlib.closing(exporter.connection()) as connection:
        connection.request("POST", path, **more)
        return connection.getresponse().status


def probes(page, name):
    return page.total("fastcgi_probes_total", target=name)


def counters(page, names):
    return {
        (name, tuple(sorted(labels.items()))): value
        for name, samples in page.samples.items()
        if name.endswith(("_total", "_count", "_bucket"))
        for labels, value in samples
        if labels.get("target") in names
    }


def targets_shown(page):
    return {labels["target"] for labels, _ in page.samples["fastcgi_target_info"]}


@contextlib.contextmanager
def steady_scraper(exporter):
    """Somebody always scrapes, so that the pages a test asks for may be shared ones."""
    is_over = threading.Event()
    statuses = set()

    def scrape():
        while not is_over.is_set():
            statuses.update((exporter.get("/metrics").status, exporter.get("/fcgi-live").status))

    thread = threading.Thread(target=scrape, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    assert statuses == {200}


def test_what_is_unchanged_loses_nothing_over_50_reloads_under_load():
    with contextlib.ExitStack() as stack:
        quick = stack.enter_context(Responder(responder.answering(), family="unix", backlog=4096))
        late = stack.enter_context(Responder(responder.answering_when_released))
        patient = {"timeout": "30s"}  # the responder is a thread of this busy process
        staying = [target(f"stays-{i}", quick, override=patient) for i in range(10)] + [target("waits", late)]
        names = {each["name"] for each in staying}
        exporter = stack.enter_context(exporter_with(config_of(*staying, workers=2)))
        exporter.wait_for(
            lambda p: p.outcome("waits") and all(probes(p, name) for name in names), "a first verdict on each target"
        )
        descriptors = exporter.descriptors()
        stack.enter_context(steady_scraper(exporter))
        before = counters(exporter.metrics(), names)
        for i in range(50):
            changes = target("changes", quick, labels={"turn": str(i)})
            answer = reload(exporter, config_of(changes, *staying, target(f"comes-{i}", quick), workers=2))
            assert (answer.status, answer.text) == (200, "OK\n")
            page = exporter.metrics()
            assert targets_shown(page) == names | {"changes", f"comes-{i}"}
            assert page.values("fastcgi_target_info", target="changes", turn=str(i)) == [1]
            now = counters(page, names)
            fallen = {key: (value, now.get(key)) for key, value in before.items() if now.get(key, -1) < value}
            assert not fallen
            before = now
        assert late.accepted == 1
        wait_for_line(exporter, 'msg="configuration reloaded"', "added=1 changed=1 removed=1 unchanged=11")
        first = exporter.metrics()
        late.released.set()
        page = exporter.wait_for(
            lambda p: p.value("fastcgi_late_answers_total", target="waits", check="ping") == 1, "the late answer"
        )
        exporter.wait_for(
            lambda p: all(probes(p, name) > probes(first, name) for name in names), "beats after the reloads"
        )
        assert page.total("fastcgi_probe_failures_total", target="stays-0") == 0
        wait_until(lambda: exporter.descriptors() <= descriptors + 4, "no descriptor of a target that left to be open")


def test_what_changed_starts_over_and_what_was_removed_is_gone():
    with Responder(responder.answering()) as peer:
        both = config_of(target("www", peer), target("shop", peer))
        with exporter_with(both) as exporter:
            page = exporter.wait_for(lambda p: probes(p, "www") >= 30 and probes(p, "shop") >= 30, "thirty probes")
            assert reload(exporter, config_of(target("www", peer, labels={"app": "shop"}))).status == 200
            after = exporter.metrics()
            assert targets_shown(after) == {"www"}
            assert probes(after, "www") < probes(page, "www")
            assert after.values("fastcgi_probes_total", target="www", app="shop") != []
            assert exporter.get("/fcgi-ping/shop").status == 404
            assert exporter.get("/fcgi-ping/shop").headers["x-fastcgi-error"] == "unknown-target"
            # A module that changes is a change of each of its targets.
            exporter.wait_for(lambda p: probes(p, "www") >= 30, "thirty probes")
            slower = config_of(target("www", peer, labels={"app": "shop"}), module={"timeout": "600ms"})
            assert reload(exporter, slower).status == 200
            assert probes(exporter.metrics(), "www") < 30


@pytest.mark.parametrize("how", ["post", "signal"])
def test_a_bad_file_changes_nothing_until_it_is_good_again(how):
    def reread(exporter, config, line):
        if how == "post":
            return reload(exporter, config)
        seen = sum(line in each for each in exporter.lines)
        exporter.write_config(config)
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(lambda: sum(line in each for each in list(exporter.lines)) > seen, "the log line: " + line)

    with Responder(responder.answering()) as peer:
        with exporter_with(config_of(target("www", peer))) as exporter:
            start = exporter.wait_for(lambda p: probes(p, "www"), "a probe")
            shown = exporter.get("/config").text
            answer = reread(exporter, BAD, "nowhere")
            if answer:
                assert answer.status == 500
                assert all(problem in answer.text for problem in PROBLEMS), answer.text
            for problem in PROBLEMS:
                wait_for_line(exporter, "level=error", "stays in force", problem)
            page = exporter.wait_for(lambda p: p.value(SUCCESSFUL) == 0, "the reload to be shown as bad")
            assert page.value(SUCCESS_TIME) == start.value(SUCCESS_TIME)
            assert exporter.get("/config").text == shown
            exporter.wait_for(lambda p: probes(p, "www") > probes(page, "www"), "the old target to be asked still")
            good = config_of(target("www", peer), target("shop", peer))
            answer = reread(exporter, good, "configuration reloaded")
            assert answer is None or answer.status == 200
            page = exporter.wait_for(lambda p: p.value(SUCCESSFUL) == 1, "the reload to be shown as good")
            assert page.value(SUCCESS_TIME) > start.value(SUCCESS_TIME)
            assert targets_shown(page) == {"www", "shop"}
            assert "shop" in exporter.get("/config").text
            assert probes(page, "www") >= probes(start, "www")


def test_a_file_that_is_gone_is_a_bad_one(tmp_path):
    file = tmp_path / "exporter.yaml"
    with Responder(responder.answering()) as peer:
        file.write_text(f"targets: [{{name: www, address: '{peer.address}'}}]\n")
        with Exporter(["--web.enable-lifecycle", f"--config.file={file}"]) as exporter:
            file.unlink()
            answer = exporter.get("/-/reload", method="POST")
            assert answer.status == 500 and str(file) in answer.text


@pytest.mark.parametrize("becomes", ["emptied", "a pipe that nobody writes to"])
def test_a_file_without_content_leaves_everything_as_it_was(becomes, tmp_path):
    file = tmp_path / "exporter.yaml"
    with Responder(responder.answering()) as peer:
        file.write_text(f"targets: [{{name: www, address: '{peer.address}'}}]\n")
        with Exporter(["--web.enable-lifecycle", f"--config.file={file}"]) as exporter:
            if becomes == "emptied":
                file.write_text("# half of a copy\n")
            else:
                file.unlink()
                os.mkfifo(file)
            answer = exporter.get("/-/reload", method="POST")
            wanted = "is blank now" if becomes == "emptied" else "is a pipe"
            assert answer.status == 500 and wanted in answer.text
            assert targets_shown(exporter.metrics()) == {"www"}
            assert exporter.metrics().value(SUCCESSFUL) == 0


def test_a_bad_web_file_stops_a_reload_and_that_is_shown_until_one_succeeds(tmp_path):
    web = WebFile(tmp_path)
    with Responder(responder.answering()) as peer:
        with Exporter(["--web.enable-lifecycle", web.flag], config=config_of(target("www", peer))) as exporter:
            web.write("nonsense: 1\n")
            answer = reload(exporter, config_of(target("www", peer), target("new", peer)))
            assert (answer.status, "nonsense" in answer.text) == (500, True)
            assert exporter.metrics().value(SUCCESSFUL) == 0
            web.write(WebFile.GOOD)
            page = exporter.wait_for(lambda p: p.value(WEB_SUCCESSFUL) == 1, "the web file to be good again")
            assert (page.value(SUCCESSFUL), targets_shown(page)) == (0, {"www"})
            assert exporter.get("/-/reload", method="POST").status == 200
            page = exporter.metrics()
            assert (page.value(SUCCESSFUL), targets_shown(page)) == (1, {"www", "new"})


def test_a_web_file_that_changed_before_a_reload_is_read_once(tmp_path):
    web = WebFile(tmp_path)
    with Responder(responder.answering()) as peer:
        with Exporter([web.flag], config=config_of(target("www", peer))) as exporter:
            exporter.process.send_signal(signal.SIGSTOP)
            web.write(WebFile.GOOD + "# changed\n")
            exporter.process.send_signal(signal.SIGHUP)
            exporter.process.send_signal(signal.SIGCONT)
            wait_for_line(exporter, 'msg="configuration reloaded"')
            assert len([line for line in exporter.lines if 'msg="web configuration reloaded"' in line]) == 1


def test_the_page_takes_only_post_and_needs_its_flag(tmp_path):
    with Responder(responder.answering()) as peer:
        config = config_of(target("www", peer))
        with exporter_with(config) as exporter:
            answer = exporter.get("/-/reload")
            assert (answer.status, answer.headers["allow"]) == (405, "POST")
            other = tmp_path / "other.json"
            other.write_text(json.dumps(config_of(target("other", peer))))
            asks_for_another = {"body": f"config.file={other}", "headers": {"X-Config-File": str(other)}}
            for query in ("", f"?config.file={other}", f"?file={other}"):
                assert post(exporter, "/-/reload" + query, **asks_for_another) == 200
                assert targets_shown(exporter.metrics()) == {"www"}
        with Exporter(config=config) as exporter:
            assert exporter.get("/-/reload").status == 405
            answer = exporter.get("/-/reload", method="POST")
            assert answer.status == 403 and "--web.enable-lifecycle" in answer.text
            assert not exporter.has_line("configuration reloaded")
            exporter.process.send_signal(signal.SIGHUP)
            wait_for_line(exporter, "configuration reloaded", "unchanged=1")


def test_keys_that_wait_for_a_restart_are_named_and_nothing_else_waits():
    with Responder(responder.closing) as peer:
        with exporter_with(config_of(target("www", peer))) as exporter:
            exporter.wait_for(lambda p: p.values("fastcgi_up") == [0], "the target to be down")
            changed = config_of(
                target("www", peer),
                target("shop", peer),
                web={"failure_status": 503, "telemetry_path": "/numbers"},
                workers=2,
                metrics={"detail": "compact", "buckets": [1, 2]},
            )
            assert reload(exporter, changed).status == 200
            keys = ("web.failure_status", "web.telemetry_path", "workers", "metrics.detail", "metrics.buckets")
            for key in keys:
                wait_for_line(exporter, "level=warn", "restart", f"key={key}\n")
            wait_for_line(exporter, "configuration reloaded")
            assert not exporter.has_line("key=web.listen_address")
            assert exporter.get("/fcgi-ping/www").status == 404
            page = exporter.wait_for(lambda p: p.values("fastcgi_up") == [0, 0], "the new target to be down")
            assert page.values("fastcgi_probe_duration_seconds_bucket", target="shop", le="0.0005") != []
            assert "failure_status: 404" in exporter.get("/config").text


def test_targets_of_a_reload_do_not_take_back_that_it_is_ready():
    with Responder(responder.answering()) as peer, Responder(responder.silent) as silent:
        patient = {"timeout": "10m"}
        with exporter_with(config_of(target("www", peer), target("slow", silent), module=patient)) as exporter:
            exporter.wait_for(lambda p: probes(p, "www"), "a probe")
            wait_until(lambda: silent.accepted == 1, "the silent target to be asked")
            assert exporter.get("/-/ready").status == 503
            # Who was known at start and has gone, or is another one now, is waited for no more.
            changed = target("slow", silent, labels={"a": "b"})
            assert reload(exporter, config_of(target("www", peer), changed, module=patient)).status == 200
            wait_until(lambda: exporter.get("/-/ready").status == 200, "the exporter to be ready")
            wait_until(lambda: silent.accepted == 2, "the changed target to be asked")
            more = target("slow-too", silent)
            assert reload(exporter, config_of(target("www", peer), changed, more, module=patient)).status == 200
            wait_until(lambda: silent.accepted == 3, "the new target to be asked")
            assert exporter.get("/-/ready").status == 200


def test_reloads_at_once_and_at_the_end_are_each_answered():
    """Those that come together share one, which begins after the last of them asked."""
    with Responder(responder.answering()) as peer:
        with exporter_with(config_of(target("www", peer))) as exporter:
            answers = []

            def ask():
                # From the end on no new connection is taken, and the one that waits is told why.
                with contextlib.suppress(ConnectionError, http.client.HTTPException):
                    while True:
                        answers.append(exporter.get("/-/reload", method="POST").status)

            askers = [threading.Thread(target=ask, daemon=True) for _ in range(16)]
            for asker in askers:
                asker.start()
            wait_until(lambda: len(answers) >= 200, "200 answers")
            assert set(answers) == {200}
            exporter.process.send_signal(signal.SIGTERM)
            for asker in askers:
                asker.join(30)
                assert not asker.is_alive()
            assert exporter.process.wait(30) == 0
            assert set(answers) <= {200, 503}


def test_seed_mode_and_the_demo_reload_to_the_same():
    with Responder(responder.answering()) as peer:
        host, port = peer.address.split(":")
        seed = {"SERVER": "127.0.0.1:0", "DESTINATION": host, "DESTINATION_PORT": port}
        for exporter, count in ((Exporter(environment=seed), 1), (Exporter(["demo"]), 6)):
            with exporter:
                exporter.process.send_signal(signal.SIGHUP)
                wait_for_line(exporter, "configuration reloaded", f"unchanged={count}\n")
                assert exporter.get("/healthz").status == 200
