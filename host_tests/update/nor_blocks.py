"""Under MicroPython: a block device of NOR flash that writes down every operation, and can be put back to any."""

SECTOR_BYTES = 4096
# How much of an operation has happened when the power goes
TORN = ("none", "half", "full")


class NorBlocks:
    """What VfsLfs2 asks of a device. `log` gets (address, bytes programmed or None for an erase)."""

    def __init__(self, content, log=None):
        self.content = content
        self.log = log

    def readblocks(self, block, buffer, offset=0):
        at = block * SECTOR_BYTES + offset
        buffer[:] = memoryview(self.content)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = block * SECTOR_BYTES + offset
        self._do(at, bytes(buffer))

    def ioctl(self, request, argument):
        if request == 4:
            return len(self.content) // SECTOR_BYTES
        if request == 5:
            return SECTOR_BYTES
        if request == 6:
            self._do(argument * SECTOR_BYTES, None)
        return 0

    def _do(self, at, data):
        if self.log is not None:
            self.log.append((at, data))
        apply(self.content, at, data)


def apply(content, at, data, torn="full", salt=0):
    """Do one operation, in part when `torn` says so; `salt` chooses which half."""
    if torn == "none":
        return
    size = SECTOR_BYTES if data is None else len(data)
    first, end = at, at + size
    if torn == "half":
        # The first half of the bytes, or the last one
        half = (size + 1) // 2
        first, end = (at, at + half) if salt % 2 else (at + half, at + size)
    if data is None:
        content[first:end] = b"\xff" * (end - first)
        return
    part = data[first - at : end - at]
    old = int.from_bytes(content[first:end], "big")
    content[first:end] = (old & int.from_bytes(part, "big")).to_bytes(end - first, "big")
