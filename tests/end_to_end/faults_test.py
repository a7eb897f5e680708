"""Faults between the exporter and real PHP-FPM pools: what each toxic does to each kind of check, over tcp and unix,
how soon all is well again afterwards, and what is left behind: nothing. FAULT_MATRIX=FILE gets the table, too."""

import dataclasses

from support.exporter import Exporter
from support.fault_proxy import FaultProxies
from support.faulty_targets import (
    BEATS_TO_RECOVER,
    FAMILIES,
    FORGET_SOON,
    KINDS,
    POOLS,
    SANITIZED,
    answers,
    config_of,
    metrics_script,
    module,
    show,
)
from support.php_fpm import PhpFpm
from support.toxics import (
    DOWN,
    UP,
    Bandwidth,
    Corrupt,
    Latency,
    LimitData,
    ResetPeer,
    SlowClose,
    Slicer,
    Swallow,
)
from support.waiting import wait_until
from support.watch import Watch, adds_up

INTERVAL, TIMEOUT, ABANDON_AFTER = 1000, 1500, 2500  # milliseconds
PATIENCE = 20_000  # where nothing is to time out, or to be given up: on a busy machine all of this takes its time
BACK_OFF = 1000  # ends at the latest when the kernel's queue, looked at every second, is seen to be empty
LATE = 2200  # after the timeout, before the abandonment
TRICKLE = 20  # bytes a second: too few for any answer before the abandonment
RETRIES = 3  # in a storm of reloads
# The first failure of each of 186 targets leaves a text, and those of the last hundred their conversation.
GROWTH_BYTES = (64 if SANITIZED else 8) << 20

# From the design's table of outcomes: (reason, class, dead).
OUTCOMES = {
    "pass": (None, "pass", False),
    "refused": ("connect", "fail", True),
    "no_socket": ("connect", "fail", True),
    "response_timeout": ("timeout", "fail", True),
    "closed_without_answer": ("closed", "fail", True),
    "closed_early": ("closed", "fail", True),
    "not_fastcgi": ("protocol", "fail", False),
    "protocol_error": ("protocol", "fail", False),
    "mismatch": ("mismatch", "fail", False),
    "bad_status_page": ("mismatch", "fail", False),
}
# PHP-FPM has no status page to show while its scoreboard is in use, about twice in a thousand times.
NOW_AND_THEN = {"status": {"overloaded"}, "ping": set(), "script": set()}
HEALTH = {"pass": "up", "busy": "saturated", "fail": "down"}


@dataclasses.dataclass(frozen=True)
class Row:
    """A fault and what the design says of it. `outcome`: one for all, or by kind or family."""

    name: str
    outcome: object
    toxics: object = ()  # or a function of the cell
    how: str = "set"  # or "down", "deaf": what happens to the listener
    outcome_class: str = None  # where evidence decides it
    dead: bool = None  # likewise
    ends: str = None  # how an exchange ends that outlives its verdict: a counter
    loses_bytes: bool = False  # on an exchange that stays open

    spares_ping: bool = False  # when it is the neighbour of a script

    @property
    def times(self):
        """(timeout, abandon_after) of its targets"""
        if self.outcome != SILENT:
            return PATIENCE, PATIENCE
        return TIMEOUT, PATIENCE if self.ends == LATE_ANSWER else ABANDON_AFTER

    @property
    def retries(self):
        """An end without a byte after a pass may be a pool's reload."""
        return RETRIES if self.outcome == CLOSED else 0


def both_ways(name, outcome, make, **more):
    return [Row(f"{name}, {way}", outcome, (make(way),), **more) for way in (UP, DOWN)]


def body_of(cell):
    return (Corrupt(DOWN, at=cell.body_at, count=4),)


ALTERED = {"ping": "mismatch", "status": "bad_status_page", "script": "mismatch"}
NOBODY = {"tcp": "refused", "unix": "no_socket"}
LATE_ANSWER, GIVEN_UP = "late_answers_total", "probes_abandoned_total"
SILENT, CLOSED = "response_timeout", "closed_without_answer"
SLOW_AND_SLICED = (lambda way: Latency(way, 50), lambda way: Slicer(way, 64))
# Who answers late, or byte by byte, is slow and not dead.
ROWS = [
    Row("nothing", "pass"),
    *both_ways("latency 100±50 ms", "pass", lambda way: Latency(way, 100, 50)),
    *both_ways("latency beyond the timeout", SILENT, lambda way: Latency(way, LATE), dead=False, ends=LATE_ANSWER),
    *both_ways("bandwidth 8 kB/s", "pass", lambda way: Bandwidth(way, 8000)),
    Row("bandwidth: a trickle, up", SILENT, (Bandwidth(UP, TRICKLE),), ends=GIVEN_UP),
    Row("bandwidth: a trickle, down", SILENT, (Bandwidth(DOWN, TRICKLE),), dead=False, ends=GIVEN_UP),
    *both_ways("slicer 32±31 bytes", "pass", lambda way: Slicer(way, 32, 31)),
    Row("limit_data 40 bytes, up", CLOSED, (LimitData(UP, 40),)),
    Row("limit_data 0 bytes, down", CLOSED, (LimitData(DOWN, 0),)),
    Row("limit_data 20 bytes, down", "closed_early", (LimitData(DOWN, 20),)),
    *both_ways("reset", CLOSED, ResetPeer),
    *both_ways("slow_close 300 ms", "pass", lambda way: SlowClose(way, 300)),
    *both_ways("swallow", SILENT, Swallow, ends=GIVEN_UP, loses_bytes=True),
    *both_ways("swallow, closed after 100 ms", CLOSED, lambda way: Swallow(way, 100)),
    Row("corrupt version, up", CLOSED, (Corrupt(UP, at=0, mask=1),)),
    Row("corrupt version, down", "not_fastcgi", (Corrupt(DOWN, at=0),)),
    Row("corrupt request id, down", "protocol_error", (Corrupt(DOWN, at=3),)),
    Row("corrupt body, down", ALTERED, body_of, spares_ping=True),
    Row("latency and slicer, both ways", "pass", [make(way) for way in (UP, DOWN) for make in SLOW_AND_SLICED]),
    Row("slicer, limit_data 20 bytes, down", "closed_early", (Slicer(DOWN, 7), LimitData(DOWN, 20))),
    Row("latency 100 ms and reset, down", CLOSED, (Latency(UP, 100), ResetPeer(DOWN))),
    Row("nobody listens", NOBODY, how="down"),
    Row("nobody accepts", SILENT, how="deaf", outcome_class="busy", dead=False, ends=LATE_ANSWER),
]


@dataclasses.dataclass
class Cell:
    row: Row
    kind: str
    family: str
    name: str
    body_at: int

    @property
    def outcome(self):
        outcome = self.row.outcome
        return outcome if isinstance(outcome, str) else outcome.get(self.kind) or outcome[self.family]

    @property
    def outcome_class(self):
        return self.row.outcome_class or OUTCOMES[self.outcome][1]

    @property
    def health(self):
        """A script takes no part in it."""
        is_unharmed = self.kind == "script" and self.row.spares_ping
        return HEALTH["pass" if is_unharmed else self.outcome_class]

    @property
    def is_dead(self):
        return OUTCOMES[self.outcome][2] if self.row.dead is None else self.row.dead

    @property
    def toxics(self):
        return self.row.toxics(self) if callable(self.row.toxics) else self.row.toxics

    @property
    def ends(self):
        """Nobody gives up a script within the hour: it holds its worker whether we wait or not."""
        return LATE_ANSWER if self.kind == "script" and self.row.ends and not self.row.loses_bytes else self.row.ends

    @property
    def is_kept(self):
        return self.kind == "script" and self.row.loses_bytes

    @property
    def reasons(self):
        """Of all failures, until it has recovered."""
        severed = {"closed"} if self.is_kept else set()
        return {OUTCOMES[self.outcome][0]} | NOW_AND_THEN[self.kind] | severed

    @property
    def beats_to_recover(self):
        if self.ends != GIVEN_UP or self.is_kept:
            return BEATS_TO_RECOVER
        open_for = ABANDON_AFTER if self.row.loses_bytes else 0
        return BEATS_TO_RECOVER + (open_for + BACK_OFF) // INTERVAL


def problems(cell, at, before, is_live):
    """How what the exporter says of a fault, while it lasts, differs from the design."""
    counted, failures = at.since(before)
    reason = OUTCOMES[cell.outcome][0]
    found, want = [at.outcome, at.health, is_live], [cell.outcome, cell.health, not cell.is_dead]
    if found != want:
        yield f"is {found}, not {want}"
    if set(failures) - {reason} - NOW_AND_THEN[cell.kind]:
        yield f"{failures}"
    if reason and not failures[reason]:
        yield "no failure was counted"
    if counted["probe_retries_total"] != cell.row.retries and cell.row.how == "set":  # else an exchange is cut, too
        yield f"{counted}"
    if at.planned - before.planned < 3:
        yield f"only {at.planned - before.planned} beats"
    if cell.ends == GIVEN_UP and not cell.is_kept and not counted[cell.ends]:
        yield "no probe was abandoned"


class Matrix:
    """Every fault x {ping, status, script} x {tcp, unix}: a target behind a proxy of its own for each."""

    def __init__(self, fpm, proxies):
        script = metrics_script(fpm)
        self.proxies = proxies
        example = answers(fpm, script)
        self.cells = [
            Cell(row, kind, family, f"{number:02}-{kind}-{family}", example[kind, family].index(b"\r\n\r\n") + 4)
            for number, row in enumerate(ROWS)
            for kind in KINDS
            for family in FAMILIES
        ]
        self.config = config_of(
            (
                cell.name,
                proxies.open(cell.name, fpm.addresses[cell.family], cell.family),
                module(cell.kind, script, INTERVAL, *cell.row.times),
            )
            for cell in self.cells
        )

    def begin(self, watch):
        self.watch = watch
        watch.wait_until_well(self.cells, "all to be well")
        self.before = watch.glance()

    def named(self, how):
        return [cell.name for cell in self.cells if cell.row.how == how]

    def spoil(self):
        self.proxies.set({cell.name: cell.toxics for cell in self.cells})
        self.proxies.down(self.named("down"))
        self.proxies.deaf(self.named("deaf"))
        # By then a probe has been asked, judged and given up.
        self.watch.wait_for_beats(self.cells, ABANDON_AFTER // INTERVAL + 2)
        left = list(self.cells)

        def look():
            now = self.watch.glance()
            left[:] = [cell for cell in left if self.differences(cell, now)]
            return not left

        try:
            wait_until(look, "every cell's outcome", 30, pause=0.2)
        except AssertionError:
            now = self.watch.glance()
            raise AssertionError("\n".join(self.differences(cell, now) for cell in left)) from None

    def differences(self, cell, now):
        """Empty when all is as the design says."""
        key = cell.name, cell.kind
        found = list(problems(cell, now[key], self.before[key], self.watch.is_live(cell.name)))
        told = [line for line in self.watch.exporter.lines if f"target={cell.name} " in line]
        return "\n".join([f"{cell.row.name}, {cell.kind}, {cell.family}:", *found, *told]) if found else ""

    def mend(self):
        kept = [cell.name for cell in self.cells if cell.is_kept]
        self.proxies.clear([cell.name for cell in self.cells], severed=kept)
        self.beats = self.watch.beats_until_well(self.cells)

    def check_what_was_counted(self):
        now = self.watch.glance()
        for cell in self.cells:
            assert adds_up(self.watch.why(cell.name)), cell
            counted, failures = now[cell.name, cell.kind].since(self.before[cell.name, cell.kind])
            assert set(failures) <= cell.reasons, (cell, failures)
            if cell.ends and not cell.is_kept:
                assert counted[cell.ends] >= 1, (cell, counted)

    def table(self):
        columns = [(kind, family) for kind in KINDS for family in FAMILIES]
        lines = [["beats to recover", "outcome", *map(" ".join, columns)]]
        for row in ROWS:
            of_row = [cell for cell in self.cells if cell.row is row]
            outcomes = dict.fromkeys(cell.outcome for cell in of_row)
            busy = ["(busy)"] if row.outcome_class == "busy" else []
            lines.append([row.name, " ".join([*outcomes, *busy]), *(str(self.beats[c.name]) for c in of_row)])
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def test_every_toxic_has_its_outcome_and_leaves_nothing_behind():
    with PhpFpm(POOLS) as fpm, FaultProxies() as proxies:
        matrix = Matrix(fpm, proxies)
        with Exporter(config=matrix.config, environment=FORGET_SOON) as exporter:
            watch = Watch(exporter)
            matrix.begin(watch)
            exporter.metrics()
            descriptors, memory = watch.descriptors_at_rest(), watch.resident_bytes()
            matrix.spoil()
            matrix.mend()
            matrix.check_what_was_counted()
            exporter.metrics()
            watch.wait_for_no_more_descriptors_than(descriptors)
            wait_until(lambda: proxies.connections(older_than=1) == 0, "no connection left in the proxies")
            more = watch.resident_bytes() - memory
            show(matrix.table())
            show(f"{len(matrix.cells)} cells; no more than {descriptors} descriptors; {more >> 10} KiB more resident")
            assert more < GROWTH_BYTES
