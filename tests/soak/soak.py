"""soak.py MINUTES [SEED], for soak.sh: starts everything, samples the exporter's own metrics, and judges."""

import contextlib
import datetime
import os
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from soak import record  # noqa: E402
from soak.clients import HostileClients  # noqa: E402
from soak.responders import TIMEOUT_SECONDS, responders  # noqa: E402
from support import page_invariants, raw_http  # noqa: E402
from support.exporter import Exporter  # noqa: E402
from support.php_fpm import PhpFpm  # noqa: E402
from support.waiting import wait_until  # noqa: E402

PATIENCE_SECONDS = 600  # it may run at the lowest priority beside other work

TARGETS = int(os.environ.get("SOAK_TARGETS", "500"))
POOLS = 4  # of a real php-fpm, two targets each; the others are scripted
TURN_SECONDS = 10
INTERVAL_SECONDS = 2


def module(**more):
    return {
        "interval": f"{INTERVAL_SECONDS}s",
        "timeout": f"{TIMEOUT_SECONDS}s",
        "abandon_after": "10s",
        "ping": {"path": "/fpm-ping", "expect": {"contains": "pong"}},
        **more,
    }


class Fleet:
    """Of ten scripted targets eight stay, one is changed by each reload, and one is another one with each."""

    def __init__(self, addresses, pools):
        self.addresses = addresses
        self.pools = [
            {"name": f"fpm-{i:03}", "address": address, "module": "pool"} for i, address in enumerate(pools * 2)
        ]

    def targets(self, turn):
        def of(index, address):
            each = {"name": f"peer-{index:03}", "address": address, "module": "peer"}
            if index % 10 == 8:
                each["labels"] = {"turn": str(turn)}
            elif index % 10 == 9:
                each["name"] = f"comes-{turn}-{index:03}"
            return each

        return self.pools + [of(i, address) for i, address in enumerate(self.addresses)]

    def config(self, turn):
        return {
            "modules": {"peer": module(), "pool": module(status={"path": "/status"})},
            "targets": self.targets(turn),
            "probe_allow": ["127.0.9.9:9"],
        }

    @property
    def staying(self):
        kept = [each["name"] for each in self.targets(0) if "labels" not in each]
        return [name for name in kept if not name.startswith("comes-")]


def all_beats(page, fleet):
    """{(target, check): beats} of those that stay, and when, in seconds."""
    counted = {}
    for name in ("fastcgi_probes_total", "fastcgi_probes_skipped_total"):
        for labels, value in page.samples[name]:
            key = labels["target"], labels["check"]
            counted[key] = counted.get(key, 0) + value
    stay = set(fleet.staying)
    return {key: value for key, value in counted.items() if key[0] in stay}


def fallen(before, after):
    """Counters that fell; those of a pool start over with it, and then its start time says so."""
    starts = [
        {labels["target"]: value for labels, value in page.samples["phpfpm_start_time_seconds"]}
        for page in (before, after)
    ]
    restarted = [f'target="{name}"' for name, start in starts[1].items() if starts[0].get(name) != start]
    return [
        problem
        for problem in page_invariants.check_progress(before.text, after.text)
        if not (problem.startswith("phpfpm_") and any(name in problem for name in restarted))
    ]


class Soak:
    def __init__(self, minutes, seed):
        self.minutes, self.seed = minutes, seed
        self.chance = random.Random(seed)
        self.samples, self.problems = [], []
        self.reloads = 0

    def end_early(self, *_):
        """After this turn, with the table of what was seen."""
        self.minutes = 0

    def run(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-"))
            listens = {f"pool{i}": ("unix", "tcp")[i % 2] for i in range(POOLS)}
            pools = {name: {"listen": listen, "pm.status_path": "/status"} for name, listen in listens.items()}
            peers = stack.enter_context(responders(folder, TARGETS - 2 * POOLS, self.seed))
            self.fpm = stack.enter_context(PhpFpm(pools))
            self.fleet = Fleet(peers, list(self.fpm.addresses.values()))
            self.exporter = stack.enter_context(Exporter(["--web.enable-lifecycle"], self.fleet.config(0)))
            self.clients = stack.enter_context(HostileClients(self.exporter.bound[0], self.seed))
            wait_until(lambda: self.exporter.get("/-/ready").status == 200, "first rounds", PATIENCE_SECONDS)
            self.soak()
            self.settle_every_beat()
        return self.report()

    def soak(self):
        self.began = time.monotonic()
        self.first_page, self.first_time = self.page()
        self.last_page, self.last_time = self.first_page, self.first_time
        self.total = Total(self.first_page)
        while not self.samples or time.monotonic() < self.began + 60 * self.minutes:
            self.clients.tell("go")
            self.turn()
            self.done = self.clients.tell("rest")
            wait_until(lambda: self.connections() <= 1, "the end of the clients", PATIENCE_SECONDS)
            self.sample()

    def turn(self):
        end = time.monotonic() + TURN_SECONDS
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self.chance.uniform(0, 5)))  # what it measures is what happens meanwhile
            if self.chance.random() < 0.5:
                self.reload()
            if self.chance.random() < 0.1:
                self.fpm.reload()

    def reload(self):
        self.reloads += 1
        self.exporter.write_config(self.fleet.config(self.reloads))
        answer = self.exporter.get("/-/reload", method="POST")
        assert answer.status == 200, answer.text

    def connections(self):
        return record.gauge(self.exporter.get("/metrics").text, "fastcgi_exporter_http_connections")

    def page(self):
        """A page that keeps every published invariant, and the middle of the time that it took."""
        before = time.monotonic()
        page = self.exporter.metrics()
        return page, (before + time.monotonic()) / 2

    def sample(self):
        page, when = self.page()
        self.problems += fallen(self.last_page, page)
        self.last_page, self.last_time = page, when
        self.total.add(page)
        texts = [page.text] + [self.exporter.get("/metrics").text for _ in range(record.LOOKS - 1)]
        self.samples.append(record.Sample(texts, (when - self.began) / 60))
        sample = self.samples[-1]
        print(
            f"minute {sample.minute:.1f}: {sample.descriptors:.0f} descriptors, {sample.threads:.0f} threads, "
            f"{sample.memory:.1f} MB, {page.total('fastcgi_up'):.0f} up, {self.reloads} reloads",
            flush=True,
        )

    def settle_every_beat(self):
        """By the clock, for those that stay; and by what was planned, for each target that there is at the end."""
        before, after = all_beats(self.first_page, self.fleet), all_beats(self.last_page, self.fleet)
        planned = (self.last_time - self.first_time) / INTERVAL_SECONDS
        self.planned = planned * len(after)
        for key in set(before) | set(after):
            counted = after.get(key, 0) - before.get(key, 0)
            if abs(counted - planned) > 2.5:  # the one under way at each end, and the time a page takes
                self.problems.append(f"{key}: {counted:g} beats are counted, {planned:.1f} were due")
        for each in self.fleet.targets(self.reloads):
            for check in self.exporter.why(each["name"])["checks"]:
                if check["planned"] - check["probes"] - check["skipped"] not in (0, 1):
                    self.problems.append(f"{each['name']}: not every planned beat is accounted for: {check}")

    def report(self):
        found = record.rows(self.samples)
        self.problems += [row.problem for row in found if row.problem]
        if self.done["not_well"]:
            self.problems.append("/healthz said that a loop had not turned for 5 s")
        now = datetime.datetime.now(datetime.timezone.utc)
        title = f"{now:%Y-%m-%d}, {record.machine()}: {self.samples[-1].minute:.1f} minutes, seed {self.seed}"
        facts = {
            "targets, of them on a real php-fpm": f"{TARGETS}, {2 * POOLS}",
            "beats due on the targets that stay, by the clock": f"{self.planned:.0f}",
            **self.total.facts(),
            "reloads": self.reloads,
            "hostile turns, connections": f"{self.done['turns']}, {self.done['connections']}",
            "health answers among them, others than 200": f"{self.done['health_answers']}, {self.done['not_well']}",
            "the slowest health answer, ms": f"{1000 * self.done['slowest_health_seconds']:.0f}",
            "problems found": len(self.problems),
        }
        print("\n" + record.table(title, found, facts) + "\n")
        print("\n".join(self.problems[:50]) or "no problem")
        return 1 if self.problems else 0


class Total:
    """Counters summed over all targets that there ever were, from sample to sample."""

    NAMES = (
        ("probes judged", "fastcgi_probes_total"),
        ("failures", "fastcgi_probe_failures_total"),
        ("beats skipped", "fastcgi_probes_skipped_total"),
        ("late answers", "fastcgi_late_answers_total"),
        ("abandoned probes", "fastcgi_probes_abandoned_total"),
        ("HTTP requests answered", "fastcgi_exporter_http_requests_total"),
    )

    def __init__(self, page):
        self.sums = {}
        self.last = {}
        self.add(page)

    def add(self, page):
        seen = {}
        for what, name in self.NAMES:
            for labels, value in page.samples.get(name, []):
                key = name, tuple(sorted(labels.items()))
                seen[key] = value
                self.sums[what] = self.sums.get(what, 0) + value - self.last.get(key, 0)
        self.last = seen

    def facts(self):
        return {what: f"{value:.0f}" for what, value in self.sums.items()}


def main(arguments):
    minutes = float(arguments[0])
    seed = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"{minutes:g} minutes, seed {seed}", flush=True)
    raw_http.allow_descriptors(20000)
    soak = Soak(minutes, seed)
    signal.signal(signal.SIGTERM, soak.end_early)
    return soak.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
