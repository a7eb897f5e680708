"""The judgement of the soak: what grows is found, what only varies is not."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from soak import record  # noqa: E402

PAGE = """# TYPE process_open_fds gauge
process_open_fds {descriptors}
process_threads {threads}
process_resident_memory_bytes {memory}
fastcgi_exporter_probes_in_flight 40
fastcgi_exporter_http_connections 1
"""


def problems(count, descriptors=0, threads=0, memory=0):
    """Of a soak of so many samples, with so much more of each from one to the next."""
    samples = []
    for i in range(count):
        wobble = (0, 2, 1)[i % 3]
        numbers = {
            "descriptors": 55 + wobble + int(descriptors * i),
            "threads": 10 + int(threads * i),
            "memory": 100_000_000 + 500_000 * wobble + int(memory * i),
        }
        samples.append(record.Sample([PAGE.format(**numbers)] * record.LOOKS, i / 6))
    return [row.problem for row in record.rows(samples) if row.problem]


def test_what_only_varies_is_no_slope():
    assert problems(60) == []


@pytest.mark.parametrize("leak", [{"descriptors": 0.25}, {"threads": 0.05}, {"memory": 200_000}])
def test_what_grows_a_little_each_turn_is_one(leak):
    found = problems(60, **leak)
    assert len(found) == 1 and " grew by " in found[0]


def test_too_few_samples_are_not_judged():
    assert problems(record.ENOUGH_SAMPLES - 1, descriptors=10) == []
