"""NOR flash that lies in a file alone: a partition too large for the heap of the simulated pile."""

from pilesim.nor_flash import ERASE_LEAST_US, PAGE_BYTES, PROGRAM_US, SECTOR_BYTES


class FileFlash:
    """`size` bytes from `offset` of an open, unbuffered file; `busy(us)` lets an operation's time pass."""

    def __init__(self, file, offset, size, busy):
        self.size = size
        self._file = file
        self._offset = offset
        self._busy = busy

    def read(self, at, count):
        """`count` bytes; OSError outside of the partition."""
        self._seek(at, count)
        return self._file.read(count)

    def program(self, at, data):
        """Clear bits."""
        old = self.read(at, len(data))
        self._busy(PROGRAM_US * (len(data) // PAGE_BYTES + 1))
        if old != b"\xff" * len(old):
            data = bytes([a & b for a, b in zip(old, data)])
        self._seek(at, len(data))
        self._file.write(data)

    def erase(self, at):
        """Set the sector that begins at `at` to 0xFF."""
        self._busy(ERASE_LEAST_US)
        self._seek(at, SECTOR_BYTES)
        self._file.write(b"\xff" * SECTOR_BYTES)

    def _seek(self, at, count):
        if at < 0 or at + count > self.size:
            raise OSError("flash: %d bytes at %d of %d" % (count, at, self.size))
        self._file.seek(self._offset + at)
