"""What the exporter says of many targets, read cheaply and often."""

import collections
import dataclasses
import json
import re

from support.waiting import wait_until

BETWEEN_PAGES = 0.2  # seconds: to read a page of many targets is work that slows down what is watched
FEW_PROBES = 8  # that happen to be under way on a busy machine


@dataclasses.dataclass
class Glance:
    """What a /metrics page says of a check; planned without what is under way, or was missed by a stalled machine."""

    counts: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by metric
    failures: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by reason
    outcome: str = None
    health: str = None

    @property
    def planned(self):
        return self.counts["probes_total"] + self.counts["probes_skipped_total"]

    @property
    def passes(self):
        return self.counts["probes_total"] - self.counts["probe_failures_total"]

    @property
    def is_well(self):
        """A script's health is its ping's."""
        return self.outcome == "pass" and self.health == "up"

    def since(self, before):
        """(what was counted since, failures since by reason)"""
        return self.counts - before.counts, self.failures - before.failures


class Watch:
    """What the exporter says of its targets, and how much it holds."""

    COUNTERS = "probes|probe_failures|probes_skipped|probe_retries|probes_abandoned|late_answers"
    SAMPLE = re.compile(
        rf'fastcgi_((?:{COUNTERS})_total|probe_outcome|health)\{{target="([^"]+)"'
        r'(?:,check="(\w+)")?(?:,\w+="(\w+)")?\} (\d+)'
    )

    def __init__(self, exporter):
        self.exporter = exporter
        self.connection = exporter.connection()

    def get(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def page(self):
        return self.get("/metrics")[1]

    # Both are answered at once, also on a busy machine, where pages wait for an idle moment.

    def why(self, name):
        return json.loads(self.get(f"/fcgi-ping/{name}?verbose")[1])

    def is_live(self, name):
        return self.get(f"/fcgi-live/{name}")[0] == 200

    def fresh_glance(self):
        """Of a page that is made from now on: it may be shared for a tenth of a second."""
        shared = self.page()
        return self.glance(wait_until(lambda: (page := self.page()) != shared and page, "a new page"))

    def glance(self, page=None):
        """{(target, check): Glance} of one page: cheap, for many of them."""
        seen, health = collections.defaultdict(Glance), {}
        for name, target, check, last, value in self.SAMPLE.findall((page or self.page()).decode()):
            at = seen[target, check]
            if name == "health":
                health.update({target: last} if value == "1" else {})
            elif name == "probe_outcome":
                at.outcome = last
            elif last != "missed":
                at.counts[name] += int(value)
            if name == "probe_failures_total":
                at.failures[last] += int(value)
        for (target, _), at in seen.items():
            at.health = health[target]
        return seen

    def resident_bytes(self):
        with open(f"/proc/{self.exporter.pid}/smaps_rollup") as file:
            return 1024 * int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE)[1])

    def descriptors_at_rest(self):
        """Between the probes: the fewest of many looks, spread over a second."""
        looks = []
        wait_until(lambda: looks.append(self.exporter.descriptors()) or len(looks) == 50, "fifty looks")
        return min(looks)

    def wait_for_no_more_descriptors_than(self, at_rest):
        most = at_rest + FEW_PROBES
        wait_until(lambda: self.exporter.descriptors() <= most, f"no more than {most} descriptors")

    def wait_until_well(self, cells, what):
        def look():
            now = self.glance()
            return all(now[cell.name, cell.kind].is_well for cell in cells)

        wait_until(look, what, pause=BETWEEN_PAGES)

    def wait_for_beats(self, cells, beats):
        """So many of each from now on."""
        before = self.glance()

        def look():
            now = self.glance()
            return all(now[c.name, c.kind].planned >= before[c.name, c.kind].planned + beats for c in cells)

        wait_until(look, f"{beats} beats", pause=BETWEEN_PAGES)

    def beats_until_well(self, cells):
        """{name: beats from now on, with the one that passed}; each may need as many as its beats_to_recover."""
        before = self.fresh_glance()
        needed = {}

        def look():
            now = self.glance()
            for cell in cells:
                was, at = before[cell.name, cell.kind], now[cell.name, cell.kind]
                in_vain = (at.planned - was.planned) - (at.passes - was.passes)
                if cell.name in needed:
                    continue
                assert in_vain < cell.beats_to_recover, f"{cell}: {in_vain} beats in vain, {self.why(cell.name)}"
                if at.is_well and at.passes > was.passes:
                    needed[cell.name] = 1 + max(0, in_vain)
            return len(needed) == len(cells)

        wait_until(look, "all to be well again", pause=BETWEEN_PAGES)
        return needed


def adds_up(why):
    """What is planned is probed, skipped, or under way."""
    return all(check["planned"] - check["probes"] - check["skipped"] in (0, 1) for check in why["checks"])
