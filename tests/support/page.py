"""A /metrics page as numbers."""

from prometheus_client.parser import text_string_to_metric_families

from support import page_invariants


class Page:
    def __init__(self, text):
        problems = page_invariants.check(text)
        assert not problems, "\n".join(map(str, problems)) + "\n" + text
        self.text = text
        self.samples = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.samples.setdefault(sample.name, []).append((sample.labels, sample.value))

    def values(self, name, **labels):
        return [
            value for have, value in self.samples.get(name, []) if all(have.get(k) == v for k, v in labels.items())
        ]

    def value(self, name, **labels):
        """The one sample that matches, or None."""
        values = self.values(name, **labels)
        assert len(values) <= 1, f"{name}{labels} matches {len(values)} samples"
        return values[0] if values else None

    def total(self, name, **labels):
        return sum(self.values(name, **labels))

    def beats(self, **labels):
        """Probed or skipped: what the clock decides, whatever the machine does meanwhile."""
        return self.total("fastcgi_probes_total", **labels) + self.total("fastcgi_probes_skipped_total", **labels)

    def outcome(self, target, check="ping"):
        found = [
            have["outcome"]
            for have, value in self.samples.get("fastcgi_probe_outcome", [])
            if have["target"] == target and have["check"] == check and value == 1
        ]
        assert len(found) <= 1, f"{target} has {len(found)} outcomes at once: {found}"
        return found[0] if found else None

    def health(self, target):
        found = [
            have["state"]
            for have, value in self.samples.get("fastcgi_health", [])
            if have["target"] == target and value == 1
        ]
        assert len(found) == 1, f"{target} has {len(found)} healths at once: {found}"
        return found[0]
