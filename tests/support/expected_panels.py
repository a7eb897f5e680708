"""What the panels must show of support.scenario: for each of a panel's queries, in their order, its series and a
condition on the last value of each. A panel that is not here, or a series too many or too few, is a failure. A series
that has ended by then, as those of a target that was removed, is only looked at where it is named."""

import math

from support import scenario

POOLS = {"busy": "busy", "shop": "shop", "stuck": "www", "flawed": "www"}


def exactly(value):
    return lambda values, _: values[-1] is not None and math.isclose(values[-1], value)


def about(value, part=0.5):
    return between(value * (1 - part), value * (1 + part))


def between(low, high):
    return lambda values, _: values[-1] is not None and low <= values[-1] <= high


def lately(seconds):
    """A moment in milliseconds, so many seconds ago at most."""
    return lambda values, end: values[-1] is not None and end - seconds <= values[-1] / 1000 <= end + 1


def first_then(first, last):
    return lambda values, _: values[0] == first and values[-1] == last


def once(condition):
    """At its highest."""
    return lambda values, end: condition([max(value for value in values if value is not None)], end)


def undefined(values, _):
    return values[-1] is not None and math.isnan(values[-1])


def by(*labels, **series):
    return rows(labels, {(name,): condition for name, condition in series.items()})


def rows(labels, series):
    return labels, {key if isinstance(key, tuple) else (key,): condition for key, condition in series.items()}


def one(condition):
    return rows((), {(): condition})


def of_pools(**values):
    return rows(("target", "pool"), {(name, POOLS[name]): condition for name, condition in values.items()})


def problems(answer, expectation, end):
    """`answer`: {labels: values} as support.prometheus has it."""
    labels, wanted = expectation
    found = {}
    for key, values in answer.items():
        named = tuple(dict(key).get(label) for label in labels)
        if values[-1] is not None or named in wanted:
            found.setdefault(named, []).append(values)
    for key in found.keys() - wanted.keys():
        yield f"unexpected series {key}: {found[key]}"
    for key, condition in wanted.items():
        if len(found.get(key, [])) != 1:
            yield f"{len(found.get(key, []))} series instead of one for {key}"
            continue
        (values,) = found[key]
        if not (condition if callable(condition) else exactly(condition))(values, end):
            yield f"{key}: {values[-20:]}"


ZERO = 0
SOME_SECONDS = between(0, 30)
A_SECOND = about(1)
SLOWEST = 2.5  # of answers after 0.7 and 0.8 s, on a busy machine
MINUTES = 300  # seconds; far more than it takes

NOT_WELL = ("target", "check", "outcome")


def not_well(wrong, gone, busy, late, silent, nostatus):
    return rows(
        NOT_WELL,
        {
            ("wrong", "ping", "mismatch"): wrong,
            ("gone", "ping", "no_socket"): gone,
            ("busy", "ping", "response_timeout"): busy,
            ("late", "ping", "response_timeout"): late,
            ("silent", "ping", "response_timeout"): silent,
            ("nostatus", "status", "not_found"): nostatus,
        },
    )


def local_not_well(wrong, busy, late, silent, nostatus):
    """As above, but for what is known of a socket that is there."""
    labels, series = not_well(wrong, None, busy, late, silent, nostatus)
    return labels, {key: value for key, value in series.items() if value is not None}


REASONS = ("resolve", "connect", "timeout", "closed", "protocol", "overloaded", "status", "mismatch")
PHASES = ("resolve", "connect", "send", "wait", "receive")
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

OVERVIEW = {
    "Targets by health": [by("state", up=7, saturated=1, down=3, unknown=0)],
    "Probes passed": [one(between(0.5, 0.9))],
    "Answered within 0.5 s": [one(between(0.5, 0.9))],
    "Busy or dead cannot be told": [one(1)],  # gone: where there is no socket there is no queue
    "Checks that do not pass": [
        not_well(wrong=2, gone=2, busy=1, late=0, silent=2, nostatus=0),
        not_well(0, lately(MINUTES), lately(MINUTES), lately(MINUTES), 0, lately(10)),
        not_well(0, 1, 1, 0, 0, 0),
        local_not_well(0, scenario.WAITING + 1, between(0, 1), between(0, 1), 0),
        local_not_well(0, (scenario.WAITING + 1) / scenario.BACKLOG, between(0, 0.01), between(0, 0.01), 0),
        rows(NOT_WELL, {("busy", "ping", "response_timeout"): between(5, MINUTES)}),
    ],
    "Health of the targets that were not up all the time": [
        by("target", busy=first_then(0, 1), gone=first_then(0, 2), silent=2, wrong=2),
    ],
    "Probes": [by("check", ping=between(6, 12), status=about(5), script=A_SECOND)],
    "Failures by reason": [
        by(
            "reason",
            **{reason: ZERO for reason in REASONS},
        ),
    ],
    "Wrong answers": [rows(("target", "check"), {("wrong", "ping"): A_SECOND, ("nostatus", "status"): A_SECOND})],
    "Time to answer": [one(between(0, 0.5)), one(between(0.5, SLOWEST)), one(between(0.5, SLOWEST))],
    "Not answered in time": [one(between(0.5, 3)), one(between(0.5, 1.5)), one(between(0.1, 1))],
    "Time to answer, all of them": [
        by("le", **{str(bound): between(0, 200) for bound in BOUNDS}, **{"+Inf": between(40, 200)}),
    ],
    "Accept queue, the fullest": [by("target", busy=0.75)],
    "Mean time to answer, the slowest": [
        by(
            "target",
            late=between(0.8, SLOWEST),
            slow=between(0.7, SLOWEST),
            **{name: between(0, 0.25) for name in ("busy", "flawed", "nostatus", "shaky", "shop", "stuck", "wrong")},
        ),
    ],
    "Last probe by phase, the slowest": [
        by("phase", **{phase: between(0, 0.1) for phase in PHASES}),
    ],
    "Beats without a new probe": [
        by("reason", outstanding=between(0.8, 3), backoff=between(0, 1.5), limit=0, missed=between(0, 1)),
    ],
    "Probes sent once more": [by("target", shaky=A_SECOND)],
    "Written to stderr": [
        by("target", shaky=about(len(scenario.STDERR)), nostatus=about(len("Primary script unknown"))),
    ],
    "Watched targets": [
        by("target", shop=1, slow=1, nostatus=1, stuck=1, flawed=1, shaky=1, busy=0, wrong=0, gone=0, late=0, silent=0),
        by(
            "target",
            **{
                name: lately(10)
                for name in (
                    *("shop", "slow", "nostatus", "stuck", "flawed", "shaky"),
                    *("busy", "wrong", "gone", "late", "silent"),
                )
            },
        ),
    ],
}
# A probe of each second fails for good reasons; fourteen are made. The ping of the saturated pool waits for ever.
for reason, share in {"connect": 1 / 14, "mismatch": 1 / 14, "status": 1 / 14, "timeout": 1.5 / 14}.items():
    OVERVIEW["Failures by reason"][0][1][(reason,)] = about(share)
OVERVIEW["Last probe by phase, the slowest"][0][1][("wait",)] = about(5, 0.2)

STATES = (
    *("idle", "reading_headers", "getting_request_information", "running"),
    *("finishing", "ending", "creating", "other"),
)
CHILDREN = [("busy", "0"), ("busy", "1"), *(("shop", str(n)) for n in range(4)), ("stuck", "0"), ("stuck", "1")]


def of_children(busy, shop, stuck):
    """`stuck`: of its running process and of its idle one."""
    values = [busy] * 2 + [shop] * 4 + list(stuck)
    return rows(("target", "child"), dict(zip(CHILDREN, values)))


POOL = {
    "Health": [
        by(
            "target",
            busy=first_then(0, 1),
            gone=first_then(0, 2),
            silent=2,
            wrong=2,
            **{name: 0 for name in ("shop", "slow", "nostatus", "stuck", "flawed", "shaky", "late")},
        ),
    ],
    "Active of pm.max_children": [],  # two panels: below
    "Connections waiting": [one(between(scenario.WAITING + 1, scenario.WAITING + 5))],
    "Longest running request": [],
    "Slow requests": [],
    "Last (re)start": [one(lately(MINUTES))],
    "Process manager": [by("process_manager", static=2, dynamic=2)],
    "Processes": [
        rows(
            ("target", "state"),
            {
                ("busy", "active"): 2,
                ("busy", "idle"): 0,
                ("shop", "active"): ZERO,
                ("shop", "idle"): 4,
                ("stuck", "active"): 3,
                ("stuck", "idle"): 1,
                ("flawed", "active"): 3,
                ("flawed", "idle"): 1,
            },
        ),
        of_pools(**scenario.MAX_CHILDREN),
        of_pools(busy=2, shop=between(1, 4), stuck=9, flawed=9),
    ],
    "What the processes do": [by("state", **{**{state: 0 for state in STATES}, "idle": 5, "running": 3})],
    "Accept queue and its limit": [
        by(
            "target",
            busy=scenario.WAITING + 1,
            **{
                name: between(0, 1)
                for name in ("shop", "slow", "wrong", "nostatus", "late", "shaky", "silent", "stuck", "flawed")
            },
        ),
        by(
            "target",
            busy=scenario.BACKLOG,
            **{name: between(128, 65536) for name in ("shop", "slow", "wrong", "nostatus")},
            **{name: between(128, 512) for name in ("late", "shaky", "silent", "stuck", "flawed")},
        ),
    ],
    "The pool's own view of its queue": [
        of_pools(busy=scenario.WAITING + 1, shop=0, stuck=3, flawed=3),
        of_pools(stuck=17, flawed=17),
        of_pools(busy=scenario.BACKLOG, shop=between(128, 65536), stuck=511, flawed=511),
    ],
    "Wanted more than pm.max_children": [of_pools(busy=0, shop=0, stuck=once(between(0.9, 1.5)), flawed=0)],
    "Accepted connections": [of_pools(busy=0, shop=about(2), stuck=once(between(5, 20)), flawed=0)],
    "Time to answer a ping": [
        by(
            "target",
            slow=between(0.5, SLOWEST),
            late=between(0.5, SLOWEST),
            gone=undefined,
            silent=undefined,
            **{name: between(0, 0.5) for name in ("busy", "shop", "wrong", "nostatus", "shaky", "stuck", "flawed")},
        ),
    ],
    "Failed probes": [
        rows(
            ("target", "check", "reason"),
            {
                ("gone", "ping", "connect"): A_SECOND,
                ("wrong", "ping", "mismatch"): A_SECOND,
                ("late", "ping", "timeout"): between(0.4, 1.5),
                ("silent", "ping", "timeout"): between(0.1, 1.5),
                ("nostatus", "status", "status"): A_SECOND,
                ("busy", "ping", "timeout"): once(between(0.05, 0.5)),
            },
        ),
    ],
    "Flawed status pages": [of_pools(flawed=about(10))],
    "Memory of the hungriest request": [of_pools(stuck=scenario.MEMORY_PEAK)],
    "Opcache": [one(1), one(1)],
    "Hit ratio": [by("target", shop=between(0.5, 1))],
    "Memory": [
        by("target", shop=between(1 << 20, 1 << 27)),
        by("target", shop=between(1 << 20, 1 << 27)),
        by("target", shop=between(0, 1 << 20)),
    ],
    "Keys and scripts": [
        by("target", shop=between(1, 20)),
        by("target", shop=between(1, 20)),
        by("target", shop=between(1000, 100_000)),
    ],
    "Restarts": [
        rows(
            ("target", "reason"),
            {("shop", "oom"): 0, ("shop", "hash"): 0, ("shop", "manual"): once(between(0.9, 1.5))},
        ),
    ],
    "Full": [by("target", shop=0)],
    "Interned strings": [by("target", shop=between(1 << 16, 1 << 24)), by("target", shop=between(1 << 16, 1 << 24))],
    "Requests served": [of_children(0, between(0.1, 1), (0, 0))],
    "Time at its request": [of_children(between(5, MINUTES), between(0, 0.5), (scenario.STUCK_SECONDS, 0.0015))],
    "Memory of its last request": [of_children(0, between(1 << 16, 1 << 24), (2097152, 2097152))],
    "Processor time of its last request": [of_children(0, between(0, 50), (0.125, 0.125))],
    "State": [
        rows(
            ("target", "child", "state"),
            {(name, child, "idle" if name == "shop" or (name, child) == ("stuck", "1") else "running"): 1
             for name, child in CHILDREN},
        ),
    ],
}
# The same title as one figure and as lines.
FIGURES = {
    "Active of pm.max_children": [one(1)],
    "Longest running request": [one(scenario.STUCK_SECONDS)],
    "Slow requests": [one(about(scenario.MAX_CHILDREN["busy"] + scenario.SLOW_AT_ONCE, 0.3))],
}
POOL["Active of pm.max_children"] = [of_pools(busy=1, shop=0)]
POOL["Longest running request"] = [of_pools(busy=between(5, MINUTES), shop=0, stuck=scenario.STUCK_SECONDS)]
POOL["Slow requests"] = [of_pools(shop=0, stuck=once(about(scenario.SLOW_AT_ONCE / scenario.ACCEPTED_AT_ONCE, 0.1)))]

EXPORTER = {
    "Scraped": [one(1)],
    "Configuration": [one(0)],
    "Targets": [one(11)],
    "Left out by discovery": [one(0)],
    "Discovery warns of": [by("source", unix_sockets=1)],
    "Series of scripts refused": [one(0)],
    "Shards": [by("count", **{"1": 1})],
    "Versions": [by("version", **{"0.1.0": 1})],
    "Delay of probes": [one(between(0, 0.5)), one(between(0, 5))],
    "Probes not made": [by("reason", limit=0, missed=between(0, 1))],
    "Probes in flight": [one(between(1, 6))],  # the saturated pool's ping, and mostly those of silent and slow
    "Requests": [by("code", **{"200": about(1)})],
    "Connections": [one(between(1, 3)), one(0)],
    "Time to scrape": [one(between(0, 1))],
    "Processor": [one(between(0.0001, 1))],
    "Memory": [one(between(1 << 20, 1 << 29))],
    "Descriptors": [one(between(0.00001, 0.5))],
    "Threads": [one(between(5, 16))],
}

EXPECTED = {"fastcgi-overview": OVERVIEW, "fastcgi-phpfpm-pool": POOL, "fastcgi-exporter": EXPORTER}


def expected(uid, panel):
    title = panel["title"]
    if panel["type"] == "stat" and uid == "fastcgi-phpfpm-pool" and title in FIGURES:
        return FIGURES[title]
    return EXPECTED[uid][title]
