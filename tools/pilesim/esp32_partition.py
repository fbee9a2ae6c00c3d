"""esp32.Partition of the stand-in: the one raw partition that the world's flash has, `journal`."""

from pilesim import current
from pilesim.nor_flash import SECTOR_BYTES

_ENOENT = 2
_SUBTYPE = 0x40
_ADDRESS = 0x3F0000
LABEL = "journal"


class Partition:
    """Block device over the world's flash; of a chip that was reset nothing reaches it any more."""

    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, label):
        self._chip = current.world.chip
        self._flash = current.world.flash
        if label != LABEL or not current.world.partitioned:
            raise OSError(_ENOENT)

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None, block_size=SECTOR_BYTES):
        """List of partitions of a type, subtype (255 any) and label (None any)."""
        found = type == Partition.TYPE_DATA and subtype in (0xFF, _SUBTYPE)
        if not found or label not in (None, LABEL) or not current.world.partitioned:
            return []
        return [Partition(LABEL)]

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        return Partition.TYPE_DATA, _SUBTYPE, _ADDRESS, self._flash.size, LABEL, False

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
