"""esp32.Partition of the stand-in: `journal` on the world's flash, and what else a partition table names."""

from pilesim import current
from pilesim.nor_flash import SECTOR_BYTES

_ENOENT = 2
_SUBTYPE = 0x40
LABEL = "journal"


class Partition:
    """Block device over one partition; of a chip that was reset nothing reaches it any more."""

    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, label):
        self._chip = current.world.chip
        for row in _rows():
            if row[4] == label:
                self._row = row
                self._flash = row[5]
                return
        raise OSError(_ENOENT)

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None, block_size=SECTOR_BYTES):
        """List of partitions of a type, subtype (255 any) and label (None any)."""
        return [
            Partition(row[4])
            for row in _rows()
            if row[0] == type and subtype in (0xFF, row[1]) and label in (None, row[4])
        ]

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        return self._row[:5] + (False,)

    def readblocks(self, block_num, buf, offset=0):
        """Fill `buf`."""
        buf[:] = self._flash.read(block_num * SECTOR_BYTES + offset, len(buf))

    def writeblocks(self, block_num, buf, offset=None):
        """Program `buf`; without an offset its blocks are erased first."""
        if not self._chip.alive:
            return
        at = block_num * SECTOR_BYTES
        if offset is None:
            for start in range(at, at + len(buf), SECTOR_BYTES):
                self._flash.erase(start)
        self._flash.program(at + (offset or 0), buf)

    def ioctl(self, cmd, arg):
        """Number of blocks (4), their size (5), or erase one (6)."""
        if cmd == 4:
            return self._flash.size // SECTOR_BYTES
        if cmd == 5:
            return SECTOR_BYTES
        if cmd == 6 and self._chip.alive:
            self._flash.erase(arg * SECTOR_BYTES)
        return 0 if cmd in (1, 2, 3, 6) else None


def _rows():
    """(type, subtype, address, size, label, flash) of each partition there is."""
    world = current.world
    rows = list(world.partitions)
    if world.partitioned:
        flash = world.flash
        rows.append((Partition.TYPE_DATA, _SUBTYPE, world.journal_at, flash.size, LABEL, flash))
    return rows
