"""Waiting for a condition with a generous limit, never for a duration."""

import time

LIMIT_SECONDS = 60


def wait_until(condition, what, limit=LIMIT_SECONDS, pause=0.02):
    """Returns the first true value of condition(); fails with what it last said when the limit is over. Where a look
    is costly, the pause between two is longer."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {limit} s in vain for: {what}; last value: {value!r}"
        time.sleep(pause)
