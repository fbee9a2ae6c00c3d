"""The journal's flash: the simulator's NOR part, whose power goes in an operation, and whose bits fall over."""

import struct

from evse.core import records
from evse.core.sector import HEAD_BYTES, PAGE_BYTES, SECTOR_BYTES, Sector
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

    def fall_over(self, chance, needed):
        """Flip one bit of no record for which `needed(seq, record)`; False when none was found."""
        kept = self._kept(needed)
        for _ in range(_TRIES):
            at = chance.randrange(self.size)
            if kept and chance.random() < 0.5:
                # Beside a needed record
                at = chance.choice(kept)[0] // PAGE_BYTES * PAGE_BYTES + chance.randrange(
                    PAGE_BYTES
                )
            if not any(begin <= at < end for begin, end in kept):
                self.data[at] ^= 1 << chance.randrange(8)
                return True
        return False

    def _kept(self, needed):
        found = []
        for base in range(0, self.size, SECTOR_BYTES):
            sector = Sector(self, base)
            for end, data in sector.walk(HEAD_BYTES):
                if needed(struct.unpack_from("<I", data, 2)[0], records.decode(data)):
                    found.append((base + end - len(data), base + end))
        return found


def _no_power():
    raise KilledError("no supply")
