"""Any combination of faults between the exporter and real PHP-FPM pools: when they are over, all is well again, and
nothing is left behind. FAULT_SEED and FAULT_ROUNDS choose them."""

import collections
import dataclasses
import os
import random

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
from support.toxics import DOWN, UP, random_toxics
from support.waiting import wait_until
from support.watch import Watch, adds_up

# Milliseconds. A back-off ends when the kernel's queue is seen to be empty.
INTERVAL, TIMEOUT, ABANDON_AFTER, QUEUE_LOOK = 500, 1000, 1500, 1000
GAMBLES = 8  # of each kind and family
REQUEST_BYTES = 500  # about as long as a request is
GROWTH_BYTES = (32 if SANITIZED else 2) << 20  # from the first round to the last


@dataclasses.dataclass
class Gamble:
    """A target to which anything happens."""

    kind: str
    family: str
    number: int
    toxics: list = None
    beats_to_recover = BEATS_TO_RECOVER + (ABANDON_AFTER + QUEUE_LOOK) // INTERVAL

    @property
    def name(self):
        return f"{self.kind}-{self.family}-{self.number}"


def test_after_any_combination_of_toxics_all_is_well_again():
    seed = int(os.environ.get("FAULT_SEED", "1"))
    rounds = int(os.environ.get("FAULT_ROUNDS", "3"))
    dice = random.Random(seed)
    show(f"FAULT_SEED={seed} FAULT_ROUNDS={rounds}")
    gambles = [Gamble(kind, family, i) for kind in KINDS for family in FAMILIES for i in range(GAMBLES)]
    with PhpFpm(POOLS) as fpm, FaultProxies() as proxies:
        script = metrics_script(fpm)
        example = answers(fpm, script)
        config = config_of(
            (
                each.name,
                proxies.open(each.name, fpm.addresses[each.family], each.family),
                module(each.kind, script, INTERVAL, TIMEOUT, ABANDON_AFTER),
            )
            for each in gambles
        )
        with Exporter(config=config, environment=FORGET_SOON) as exporter:
            watch = Watch(exporter)
            watch.wait_until_well(gambles, "all to be well")
            descriptors, memory = watch.descriptors_at_rest(), []
            for turn in range(rounds):
                for each in gambles:
                    sizes = {UP: REQUEST_BYTES, DOWN: len(example[each.kind, each.family])}
                    each.toxics = random_toxics(dice, sizes, TIMEOUT)
                proxies.set({each.name: each.toxics for each in gambles})
                watch.wait_for_beats(gambles, 3)
                # Nobody gives up a script within the hour.
                proxies.clear([g.name for g in gambles], severed=[g.name for g in gambles if g.kind == "script"])
                beats = watch.beats_until_well(gambles)
                memory.append(watch.resident_bytes())
                show(f"round {turn}: well after {collections.Counter(beats.values())} beats, resident {memory[-1]}")
            for each in gambles:
                assert adds_up(watch.why(each.name)), each
            exporter.metrics()
            watch.wait_for_no_more_descriptors_than(descriptors)
            wait_until(lambda: proxies.connections(older_than=1) == 0, "no connection left in the proxies")
            assert memory[-1] - memory[0] < GROWTH_BYTES, memory
