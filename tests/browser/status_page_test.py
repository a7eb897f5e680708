"""The status page in a real Chromium: what a person sees of real pools, with and without scripts, in both schemes."""

import signal

import pytest

from support import fastcgi, status_page
from support.browser import Browser
from support.busy_workers import BusyWorkers
from support.exporter import Exporter
from support.php_fpm import PhpFpm
from support.responder import Responder
from support.scripted_pool import ScriptedPool

HOSTILE = "<script>pwned=1</script><img src=x onerror=pwned=1>\"' \u202egpj"
PARTS_IN_WORDS = ("h1", "#summary", ".states", "#rows .badge", "#rows .c-target", "#rows .why")
MODULE = {
    "interval": "200ms",
    "timeout": "300ms",
    "abandon_after": "5s",
    "health": {"rise": 1, "fall": 1},
    "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
}


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


def address(exporter, path="/"):
    return f"http://127.0.0.1:{exporter.port}{path}"


@pytest.fixture(scope="module")
def fleet():
    """One of each: a real pool, a status page and an answer full of hostile text, and nobody at two addresses."""
    patient = {**MODULE, "timeout": "10s", "abandon_after": "10s"}  # beside a browser answers may take long

    def hostile(connection, _):
        if fastcgi.read_request(connection):
            connection.sendall(fastcgi.answer(HOSTILE.encode(), stderr=HOSTILE.encode()))

    with (
        PhpFpm({"www": {"pm.status_path": "/status"}}) as fpm,
        Responder(hostile) as liar,
        ScriptedPool(status_page.text(status_page.short(pool=HOSTILE))) as named,
    ):
        config = {
            "modules": {"m": patient, "pool": {**patient, "status": {"path": "/status"}}},
            "targets": [
                {"name": "www", "address": fpm.addresses["www"], "module": "pool", "labels": {"app": "shop"}},
                {"name": "named", "address": named.address, "module": "pool", "labels": {"app": "shop"}},
                {"name": "liar", "address": liar.address, "module": "m", "labels": {"quote": HOSTILE}},
                {"name": "gone", "address": "127.0.0.1:1", "module": "m"},
                {"name": "also-gone", "address": "127.0.0.1:1", "module": "m", "labels": {"app": "blog"}},
            ],
        }
        with Exporter(config=config) as exporter:
            exporter.wait_for(
                lambda page: page.values("phpfpm_processes", target="named")
                and page.values("phpfpm_processes", target="www")
                and all(page.health(name) == "down" for name in ("gone", "also-gone", "liar")),
                "every target's first round",
            )
            yield exporter


def names(browser):
    return browser.texts(selector="#rows .name a")


def test_a_pool_goes_up_saturated_down_and_back(browser):
    with PhpFpm({"www": {"listen": "tcp", "pm.status_path": "/status"}}) as fpm, BusyWorkers(fpm) as busy:
        target = {"name": "www", "address": fpm.addresses["www"], "module": "m"}
        modules = {"m": {**MODULE, "status": {"path": "/status"}}}
        with Exporter(config={"modules": modules, "targets": [target]}) as exporter:
            browser.open(url=address(exporter))
            browser.wait(selector="h1", text="The target is up")
            browser.wait(selector="#rows tr.up .spark[aria-label*=passed]", text="")
            browser.wait(selector="#rows .c-pool", text="1 / 2")
            browser.evaluate(code="document.querySelector('#rows tr').mark = 1")
            browser.evaluate(code="document.querySelector('#rows a').focus()")
            busy.occupy("www")
            browser.wait(selector="h1", text="The target is saturated")
            browser.wait(selector="#rows .badge.saturated", text="◆saturated")
            browser.wait(selector="#rows .why", text="Find what holds the workers")
            assert browser.texts(selector="#rows .c-pool") == ["–"]  # what the pool said before is not what it is now
            busy.wake()
            browser.wait(selector="h1", text="The target is up")
            fpm.stop()
            browser.wait(selector="h1", text="The target is down")
            browser.wait(selector="#rows .badge.down", text="▼down")
            browser.wait(selector="#rows .why", text="Nobody listens at the address. Start the responder")
            fpm.start()
            browser.wait(selector="h1", text="The target is up")
            # Nothing was built anew meanwhile: no flicker, and the keyboard stays where it was.
            assert browser.evaluate(code="document.querySelector('#rows tr').mark") == 1
            assert browser.evaluate(code="document.activeElement.textContent") == "www"
            assert browser.problems() == []


def test_filters(browser, fleet):
    browser.open(url=address(fleet))
    browser.wait(selector="h1", text="3 of 5 targets are down")
    browser.wait(selector="#rows tr .spark", text="")
    assert names(browser) == ["also-gone", "gone", "liar", "named", "www"]
    browser.click(selector=".states label.up")
    browser.wait(selector="#pager", text="1–2 of 2")
    assert names(browser) == ["named", "www"]
    assert browser.url().endswith("/?health=up")
    browser.fill(selector="[name=q]", text="WW")
    browser.wait(selector="#pager", text="1–1 of 1")
    assert names(browser) == ["www"]
    browser.fill(selector="[name=q]", text="nobody has this name")
    browser.wait(selector="#empty", text="No target matches.")
    browser.fill(selector="[name=q]", text="")
    browser.click(selector=".states label.all")
    browser.wait(selector="#pager", text="1–5 of 5")
    browser.click(selector="a.chip:text('app=blog')")
    browser.wait(selector="#pager", text="1–1 of 1")
    assert names(browser) == ["also-gone"]
    assert browser.problems() == []
    # With a filter that means nothing every target is shown, and goes on to be: never what was there before.
    browser.fill(selector="[name=label]", text="blog")
    browser.wait(selector="#problem", text="label must be NAME=VALUE")
    browser.wait(selector="#pager", text="1–5 of 5")


def test_the_list_goes_on_where_its_part_ends(browser, fleet):
    browser.open(url=address(fleet, "/?limit=2"))
    browser.wait(selector="#pager", text="1–2 of 5")
    browser.wait(selector="#rows tr .spark", text="")
    browser.click(selector="#pager [rel=next]")
    browser.wait(selector="#pager", text="3–4 of 5")
    assert names(browser) == ["liar", "named"]


def test_the_detail_has_the_transcript_and_hostile_text_stays_text(browser, fleet):
    browser.open(url=address(fleet))
    browser.wait(selector="#rows .chip", text=f"quote={HOSTILE}")
    browser.wait(selector="#rows tr .spark", text="")
    browser.click(selector="#rows a:text('liar')")
    browser.wait(selector="dialog h2", text="liar")
    browser.wait(selector="dialog .wire", text="STDOUT")
    wire = "\n".join(browser.texts(selector="dialog .wire li"))
    assert "SCRIPT_NAME=/fpm-ping" in wire and "<script>pwned=1</script>" in wire and "STDERR" in wire
    assert "\u202e" not in wire
    browser.wait(selector="dialog", text="Last rounds that did not pass")
    assert browser.evaluate(code="typeof pwned") == "undefined"
    assert browser.evaluate(code="document.querySelectorAll('main script, dialog script, img').length") == 0
    browser.press(key="Escape")
    browser.wait(selector="dialog[open]", text=None)
    browser.open(url=address(fleet, "/#named"))
    browser.wait(selector="dialog .facts", text="pwned=1")
    assert browser.evaluate(code="typeof pwned") == "undefined"
    browser.open(url=address(fleet, "/#nobody"))
    browser.wait(selector="dialog", text="There is no target of that name")
    browser.open(url=address(fleet, "/#nobody%"))
    browser.wait(selector="#rows tr .spark", text="")


def test_the_detail_opens_before_the_first_answer_of_the_api(browser, fleet):
    browser.open(url=address(fleet), hold="/api/")
    assert browser.texts(selector="#rows .spark") == []  # the rows are still those of the server
    browser.click(selector="#rows a:text('liar')")
    browser.wait(selector="dialog h2", text="liar")
    assert browser.url() == address(fleet, "/#liar")
    browser.release()
    browser.wait(selector="dialog .wire", text="STDOUT")
    browser.wait(selector="#rows tr .spark", text="")
    assert browser.problems() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(browser, fleet, scheme):
    browser.open(url=address(fleet), scheme=scheme)
    browser.wait(selector="#rows tr.up .spark[aria-label*=passed]", text="")
    colour = browser.evaluate(code="getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(18, 20, 22)") == (scheme == "dark")
    assert browser.axe() == []
    browser.click(selector="#rows a:text('liar')")
    browser.wait(selector="dialog .wire", text="STDOUT")
    assert browser.axe() == []
    assert browser.problems() == []


def test_a_phone_shows_cards_without_scrolling_sideways(browser, fleet):
    browser.open(url=address(fleet), width=360, height=700)
    browser.wait(selector="#rows tr.down .why", text="Nobody listens")
    assert browser.evaluate(code="document.documentElement.scrollWidth") == 360
    assert browser.axe() == []


def test_without_scripts_the_same_words_stand_in_a_plain_table(browser, fleet):
    words = {}
    for scripts in (True, False):
        browser.open(url=address(fleet), scripts=scripts)
        browser.wait(selector="#pager", text="1–5 of 5")
        if scripts:
            browser.wait(selector="#rows tr .spark", text="")
        words[scripts] = [browser.texts(selector=each) for each in PARTS_IN_WORDS]
    assert words[False] == words[True]
    browser.fill(selector="[name=q]", text="gone")
    browser.click(selector="#filters button")
    browser.wait(selector="#pager", text="1–2 of 2")
    assert names(browser) == ["also-gone", "gone"]
    browser.click(selector="a.chip")
    browser.wait(selector="#pager", text="1–1 of 1")
    assert names(browser) == ["also-gone"]


def test_an_exporter_that_does_not_answer_is_said_to(browser, fleet):
    browser.open(url=address(fleet))
    browser.wait(selector="#rows tr .spark", text="")
    fleet.process.send_signal(signal.SIGSTOP)
    try:
        browser.wait(selector="#unreachable", text="The exporter does not answer. What you see is")
        assert browser.evaluate(code="document.body.className") == "is-stale"
    finally:
        fleet.process.send_signal(signal.SIGCONT)
    browser.wait(selector="#unreachable", text=None)
    assert browser.evaluate(code="document.body.className") == ""


def test_a_hidden_page_asks_nothing(browser, fleet):
    hide = (
        "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    browser.open(url=address(fleet), clock=True)
    browser.wait(selector="#rows tr .spark", text="")
    browser.evaluate(code=hide % "true")
    before = browser.requests()
    browser.pass_(ms=60_000)
    assert browser.requests() == before
    browser.evaluate(code=hide % "false")
    assert browser.requests() == before + 2
