"""What a soak saw: a sample a turn, whether anything grows, and the table."""

import os
import statistics

ENOUGH_SAMPLES = 9  # three in each third


LOOKS = 5


def gauge(text, name):
    return float(text.split(f"\n{name} ", 1)[1].split("\n", 1)[0])


def descriptors_at_rest(text):
    """Those that are neither an exchange's nor a client's, by one page: which is not written in one moment."""
    taken = gauge(text, "fastcgi_exporter_probes_in_flight") + gauge(text, "fastcgi_exporter_http_connections")
    return gauge(text, "process_open_fds") - taken


class Sample:
    """At a moment when no hostile client is connected; `texts` are LOOKS pages."""

    def __init__(self, texts, minute):
        self.minute = minute
        self.descriptors = statistics.median(map(descriptors_at_rest, texts))
        self.threads = max(gauge(text, "process_threads") for text in texts)
        self.memory = min(gauge(text, "process_resident_memory_bytes") for text in texts) / 1e6


class Row:
    """One quantity that must not grow: `may_grow` from the middle third of the samples to the last one."""

    def __init__(self, name, unit, values, minutes, may_grow):
        self.name, self.unit, self.values, self.minutes, self.may_grow = name, unit, values, minutes, may_grow
        third = len(values) // 3
        self.growth = statistics.median(values[-third:]) - statistics.median(values[third : 2 * third]) if third else 0
        self.is_judged = len(values) >= ENOUGH_SAMPLES

    @property
    def slope_per_hour(self):
        """By least squares, without the first third, when caches and histories fill."""
        settled = len(self.values) // 3
        xs, ys = self.minutes[settled:], self.values[settled:]
        if len(xs) < 3:
            return 0.0
        return 60 * statistics.linear_regression(xs, ys).slope

    @property
    def problem(self):
        if self.is_judged and self.growth > self.may_grow:
            return f"{self.name} grew by {self.growth:g} {self.unit}: {self.values}"
        return None

    def line(self):
        figures = (self.values[0], min(self.values), max(self.values), self.values[-1])
        shown = " | ".join(f"{figure:.6g}" for figure in figures)
        judged = f"{self.growth:+.3g}" if self.is_judged else "too few samples"
        return f"| {self.name}{self.unit and ', ' + self.unit} | {shown} | {judged} | {self.slope_per_hour:+.3g} |"


def rows(samples):
    minutes = [sample.minute for sample in samples]
    memory = [sample.memory for sample in samples]
    return [
        Row("descriptors beside those of exchanges and clients", "", [s.descriptors for s in samples], minutes, 3),
        Row("threads", "", [s.threads for s in samples], minutes, 0),
        Row("resident memory", "MB", memory, minutes, max(2, 0.03 * statistics.median(memory))),
    ]


def table(title, found, facts):
    lines = [title, "", "| | first | least | most | last | middle third to last third | an hour, by least squares |"]
    lines += ["|---|---|---|---|---|---|---|", *[row.line() for row in found], "", "| what | how many |", "|---|---|"]
    return "\n".join([*lines, *[f"| {name} | {value} |" for name, value in facts.items()]])


def machine():
    return f"{len(os.sched_getaffinity(0))} cores, Linux {os.uname().release}"
