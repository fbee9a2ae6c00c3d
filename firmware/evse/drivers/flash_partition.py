"""Raw flash partition by its label, on esp32.Partition: read, program without erase, erase."""

from esp32 import Partition
from micropython import const

_ENODEV = const(19)
_IOCTL_COUNT = const(4)
_IOCTL_SIZE = const(5)
_IOCTL_ERASE = const(6)


class FlashPartition:
    """`size` in bytes; offsets count from its beginning. OSError when there is none, or it refuses."""

    def __init__(self, label):
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError(_ENODEV, "no partition " + label)
        self._partition = found[0]
        self._block = self._partition.ioctl(_IOCTL_SIZE, 0)
        self.size = self._partition.ioctl(_IOCTL_COUNT, 0) * self._block

    def read(self, at, count):
        """Bytes."""
        data = bytearray(count)
        self._partition.readblocks(at // self._block, data, at % self._block)
        return bytes(data)

    def program(self, at, data):
        """Clear bits; with its offset given, writeblocks does not erase."""
        self._partition.writeblocks(at // self._block, data, at % self._block)

    def erase(self, at):
        """Erase the block that begins at `at`: 45 to 400 ms, during which the whole chip stands still."""
        self._partition.ioctl(_IOCTL_ERASE, at // self._block)
