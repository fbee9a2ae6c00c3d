"""The journal's flash: the simulator's NOR part, whose power goes in an operation, and whose bits fall over."""

from evse.core import records
from pilesim.nor_flash import PAGE_BYTES, SECTOR_BYTES, TORN, NorFlash
from pilesim.rng import Random

from .process import KilledError

_TRIES = 50
_ERASED = 0xFF


class Flash(NorFlash):
    """Of so many sectors; few of them are erased and used again within one run."""

    def __init__(self, clock, chance, sectors):
        seed = chance.randrange(1 << 30)
        super().__init__(sectors * SECTOR_BYTES, Random(seed), clock.advance, _no_power)
        self.operations = 0

    def cut_after(self, operations, mode):
        """The power goes in one of the next operations."""
        self.cut_in(operations, mode)

    def heal(self):
        """No cut is waiting any more."""
        self.cut_in(0, TORN[0])

    def program(self, at, data):
        """As the part's; counted."""
        self.operations += 1
        super().program(at, data)

    def erase(self, at):
        """As the part's; counted."""
        self.operations += 1
        super().erase(at)

    def fall_over(self, chance, needed, beside):
        """Flip one bit of no record for which `needed(seq, record)`, and only `beside` one in its page.

        False when no such bit was found.
        """
        kept = self._kept(needed)
        for _ in range(_TRIES):
            at = chance.randrange(self.size)
            if beside and kept:
                at = _page(chance.choice(kept)[0]) + chance.randrange(PAGE_BYTES)
            hit = any(begin <= at < end for begin, end in kept)
            near = any(_page(begin) == _page(at) for begin, _end in kept)
            if not hit and near == beside:
                self.content[at] ^= 1 << chance.randrange(8)
                return True
        return False

    def _kept(self, needed):
        # Wherever whole records stand, whatever the layout around them
        found, at, data = [], 0, bytes(self.content)
        while at < self.size:
            size = records.size_of(data, at) if data[at] != _ERASED else 0
            if size and needed(records.seq_of(data[at:]), records.decode(data[at : at + size])):
                found.append((at, at + size))
            at += size or 1
        return found


def _page(at):
    return at - at % PAGE_BYTES


def _no_power():
    raise KilledError("no supply")
