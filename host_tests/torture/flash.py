"""The journal's flash: the simulator's NOR part, whose power goes in an operation, and whose bits fall over."""

import struct

from evse.core import records, sector
from evse.core.sector import PAGE_BYTES, SECTOR_BYTES
from pilesim.nor_flash import NorFlash
from pilesim.rng import Random

from .process import KilledError

_TRIES = 50


class Flash(NorFlash):
    """Of so many sectors; few of them are erased and used again within one run."""

    def __init__(self, clock, chance, sectors):
        super().__init__(clock, Random(chance.randrange(1 << 30)), sectors * SECTOR_BYTES)

    def cut_after(self, operations, mode):
        """The power goes in one of the next operations."""
        self.cut_at(operations, mode, _no_power)

    def heal(self):
        """No cut is waiting any more."""
        self._cut = None

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
                self.data[at] ^= 1 << chance.randrange(8)
                return True
        return False

    def _kept(self, needed):
        found = []
        for base in range(0, self.size, SECTOR_BYTES):
            for end, data in sector.walk(self, base):
                if needed(struct.unpack_from("<I", data, 2)[0], records.decode(data)):
                    found.append((base + end - len(data), base + end))
        return found


def _page(at):
    return at - at % PAGE_BYTES


def _no_power():
    raise KilledError("no supply")
