"""Stand-in for the ESP32 port's `esp32`."""

from pilesim import current
from pilesim.esp32_rmt import RMT

__all__ = ("RMT", "Partition", "mcu_temperature")

_BLOCK_BYTES = 4096
_EINVAL = 22


class Partition:
    """The one data partition `journal`, on the world's flash."""

    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, flash):
        self._flash = flash

    @staticmethod
    def find(type=1, subtype=0xFF, label=None, block_size=_BLOCK_BYTES):
        """Partitions that match."""
        flash = current.world.flash
        wanted = type == Partition.TYPE_DATA and label in (None, "journal")
        return [Partition(flash)] if wanted and "flash_missing" not in flash.faults else []

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        return (self.TYPE_DATA, 0x40, 0x3F0000, self._flash.size, "journal", False)

    def readblocks(self, block, buffer, offset=0):
        """Fill `buffer`."""
        buffer[:] = self._flash.read(block * _BLOCK_BYTES + offset, len(buffer))

    def writeblocks(self, block, data, offset=None):
        """Program; without an offset the blocks are erased first."""
        at = block * _BLOCK_BYTES + (offset or 0)
        if offset is None:
            for sector in range(at, at + len(data), _BLOCK_BYTES):
                self._flash.erase(sector)
        self._flash.program(at, data)

    def ioctl(self, operation, argument):
        """4 the number of blocks, 5 their size, 6 erases one."""
        if operation == 4:
            return self._flash.size // _BLOCK_BYTES
        if operation == 5:
            return _BLOCK_BYTES
        if operation == 6:
            self._flash.erase(argument * _BLOCK_BYTES)
            return 0
        raise OSError(_EINVAL)


def mcu_temperature():
    """Chip temperature in degrees Celsius."""
    return current.world.chip_temperature_c
