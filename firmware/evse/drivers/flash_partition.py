"""A raw partition of the chip's own flash, found by its label."""

from esp32 import Partition

_BLOCK_COUNT = 4
_BLOCK_SIZE = 5
_BLOCK_ERASE = 6


class FlashPartition:
    """Bytes by address; program() only clears bits, erase() sets a sector to 0xFF. Failures are OSError."""

    SECTOR_BYTES = 4096

    def __init__(self, label):
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError("flash has no partition %s: see boards/README.md" % label)
        self._partition = partition = found[0]
        if partition.ioctl(_BLOCK_SIZE, 0) != self.SECTOR_BYTES:
            raise OSError(
                "partition %s: sectors of %d bytes expected" % (label, self.SECTOR_BYTES)
            )
        self.size = partition.ioctl(_BLOCK_COUNT, 0) * self.SECTOR_BYTES

    def read(self, at, count):
        """`count` bytes from address `at`."""
        data = bytearray(count)
        self._partition.readblocks(at // self.SECTOR_BYTES, data, at % self.SECTOR_BYTES)
        return bytes(data)

    def program(self, at, data):
        """Write to erased bytes. An explicit offset keeps the port from erasing first."""
        self._partition.writeblocks(at // self.SECTOR_BYTES, data, at % self.SECTOR_BYTES)

    def erase(self, at):
        """Erase the sector that begins at `at`; holds the interpreter for 45 to 400 ms."""
        self._partition.ioctl(_BLOCK_ERASE, at // self.SECTOR_BYTES)
