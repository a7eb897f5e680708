"""What a network can do to a connection, after toxiproxy's toxics. A toxic is a value that names its direction; what it
does with the bytes of one direction of one connection it keeps in that `link`.

pass_on(link, piece, onward): lets the piece, or what is left of it, onward. Pauses end early when the toxics change, so
that what was held back flows at once when a fault is over.
"""

import dataclasses
import random

UP = "up"  # from the exporter to the responder
DOWN = "down"  # back to the exporter


class Cut(Exception):
    """The connection ends here, both ways."""


class Reset(Cut):
    """It ends with a reset. A unix socket resets its peer when it is closed with bytes of his unread."""


@dataclasses.dataclass(frozen=True)
class Toxic:
    direction: str
    resets_unread = None  # after so many seconds with bytes at the door, which nobody reads
    end_delay = 0  # in seconds, before the end of the connection is passed on

    async def pass_on(self, link, piece, onward):
        await onward(piece)

    def __str__(self):
        rest = [f"{f.name} {getattr(self, f.name)}" for f in dataclasses.fields(self)[1:] if getattr(self, f.name)]
        return " ".join([type(self).__name__, self.direction, *rest])


@dataclasses.dataclass(frozen=True)
class Latency(Toxic):
    ms: int
    jitter_ms: int = 0

    async def pass_on(self, link, piece, onward):
        delay = self.ms + random.uniform(-self.jitter_ms, self.jitter_ms)
        await link.pause_until(link.arrived + delay / 1000)
        await onward(piece)


@dataclasses.dataclass(frozen=True)
class Bandwidth(Toxic):
    bytes_per_second: int

    async def pass_on(self, link, piece, onward):
        step = max(1, self.bytes_per_second // 20)
        for part in slices(piece, lambda: step):
            await link.pause(len(part) / self.bytes_per_second)
            await onward(part)


@dataclasses.dataclass(frozen=True)
class Slicer(Toxic):
    average: int
    variation: int = 0
    delay_ms: float = 1

    async def pass_on(self, link, piece, onward):
        for part in slices(piece, lambda: self.average + random.randint(-self.variation, self.variation)):
            await onward(part)
            await link.pause(self.delay_ms / 1000)


@dataclasses.dataclass(frozen=True)
class LimitData(Toxic):
    """The connection is cut after so many bytes."""

    bytes: int

    async def pass_on(self, link, piece, onward):
        left = self.bytes - link.seen[self]
        link.seen[self] += len(piece)
        if left > 0:
            await onward(piece[:left])
        if len(piece) >= left:
            raise Cut


@dataclasses.dataclass(frozen=True)
class ResetPeer(Toxic):
    """Nothing is passed on, and the connection is reset."""

    ms: int = 0

    @property
    def resets_unread(self):
        return self.ms / 1000


@dataclasses.dataclass(frozen=True)
class SlowClose(Toxic):
    ms: int

    @property
    def end_delay(self):
        return self.ms / 1000


@dataclasses.dataclass(frozen=True)
class Swallow(Toxic):
    """Toxiproxy's timeout: what comes is lost, and the connection ends later, or (0) when somebody closes it."""

    ms: int = 0

    async def pass_on(self, link, piece, onward):
        link.has_lost = True
        if self.ms:
            await link.sleep(self.ms / 1000)
            raise Cut


@dataclasses.dataclass(frozen=True)
class Corrupt(Toxic):
    """Bits of `count` bytes from offset `at` on are flipped."""

    at: int
    count: int = 1
    mask: int = 0xFF

    async def pass_on(self, link, piece, onward):
        changed = bytearray(piece)
        first = self.at - link.seen[self]
        for i in range(max(0, first), min(len(piece), first + self.count)):
            changed[i] ^= self.mask
        link.seen[self] += len(piece)
        await onward(bytes(changed))


def slices(piece, size):
    at = 0
    while at < len(piece):
        end = at + max(1, size())
        yield piece[at:end]
        at = end


def random_toxics(dice, sizes, slow_ms):
    """One to three of different kinds, each in one direction. `sizes`: about how many bytes go {UP: ..., DOWN: ...};
    what is slow may be slower than slow_ms."""
    makers = [
        lambda way: Latency(way, dice.randint(1, 2 * slow_ms), dice.randint(0, slow_ms // 4)),
        lambda way: Bandwidth(way, dice.randint(50, 20_000)),
        lambda way: Slicer(way, dice.randint(1, 64), dice.randint(0, 32), dice.choice([0.1, 1, 5])),
        lambda way: LimitData(way, dice.randint(0, sizes[way])),
        lambda way: ResetPeer(way, dice.choice([0, slow_ms // 4])),
        lambda way: SlowClose(way, dice.randint(1, slow_ms)),
        lambda way: Swallow(way, dice.choice([0, slow_ms // 4])),
        lambda way: Corrupt(way, dice.randrange(sizes[way]), dice.choice([1, 1, 8]), dice.randint(1, 255)),
    ]
    return [make(dice.choice([UP, DOWN])) for make in dice.sample(makers, dice.choice([1, 2, 2, 3]))]
