"""NOR flash: erasing sets a sector to 0xFF, programming only clears bits, power may fail in between.

The content outlives chips, and with keep_in() the process too. Programs are counted per page touched.
"""

import os

from pilesim.rng import Random

FAULTS = ("flash_fail", "flash_silent", "flash_worn")
SECTOR_BYTES = 4096
PAGE_BYTES = 256
# How much of an operation has happened when the power goes
TORN = ("none", "half", "full")
PROGRAM_US = 700
ERASE_LEAST_US = 45_000
ERASE_MOST_US = 400_000
_READ_US = 30
_EIO = 5


class PowerCut(BaseException):
    """The power went in the middle of an operation."""


def _cut():
    raise PowerCut()


class NorFlash:
    """A flash of `size` bytes; `busy(us)` lets the time of an operation pass, `cut()` ends the chip."""

    SECTOR_BYTES = SECTOR_BYTES

    def __init__(self, size, random=None, busy=None, cut=_cut):
        if size % SECTOR_BYTES or size <= 0:
            raise ValueError("size %d: allowed multiples of %d" % (size, SECTOR_BYTES))
        self.size = size
        self.content = bytearray(b"\xff" * size)
        self.programs = 0
        self.erases = 0
        self.wear = [0] * (size // SECTOR_BYTES)
        # Programs and erases that will fail, -1 all; programs that will do nothing and say nothing
        self.failing = 0
        self.silent = 0
        self.worn = False
        self._random = Random(1) if random is None else random
        self._busy = busy
        self._cut = cut
        self._cut_in = 0
        self._torn = ""
        self._file = None
        self._offset = 0

    def read(self, at, count):
        """`count` bytes; OSError outside of the flash."""
        self._check(at, count)
        self._pass(_READ_US + (count >> 3))
        return bytes(self.content[at : at + count])

    def program(self, at, data):
        """Clear bits; over the end of a page it goes on in the next one."""
        self._check(at, len(data))
        pages = (at + len(data) - 1) // PAGE_BYTES - at // PAGE_BYTES + 1
        self.programs += pages
        torn = self._begin(PROGRAM_US * pages)
        if self.silent and not torn:
            self.silent -= self.silent > 0
        elif torn != "none":
            old = self.content[at : at + len(data)]
            new = bytes([a & b for a, b in zip(old, data)])
            self._store(at, self._torn_between(old, new) if torn == "half" else new)
        if torn:
            self._cut()

    def erase(self, at):
        """Set the sector that begins at `at` to 0xFF."""
        if at % SECTOR_BYTES:
            raise ValueError("erase at %d: no start of a sector" % at)
        self._check(at, SECTOR_BYTES)
        self.erases += 1
        self.wear[at // SECTOR_BYTES] += 1
        torn = self._begin(self._random.between(ERASE_LEAST_US, ERASE_MOST_US))
        if torn != "none":
            new = bytearray(b"\xff" * SECTOR_BYTES)
            if torn == "half":
                new = self._torn_between(self.content[at : at + SECTOR_BYTES], new)
            elif self.worn:
                new[self._random.below(SECTOR_BYTES)] = 0xEF
            self._store(at, new)
        if torn:
            self._cut()

    def cut_in(self, operations, torn):
        """Let the power go in the `operations`-th program or erase from now, 0 never; `torn` of TORN."""
        if torn not in TORN:
            raise ValueError("torn %s, allowed %s" % (torn, " ".join(TORN)))
        self._cut_in = operations
        self._torn = torn

    def rot(self, bits, start=0, end=None):
        """Flip bits at random places from `start` up to `end`; returns the places."""
        places = []
        for _ in range(bits):
            at = start + self._random.below((self.size if end is None else end) - start)
            self._store(at, bytes((self.content[at] ^ 1 << self._random.below(8),)))
            places.append(at)
        return places

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if name == "flash_fail":
            self.failing = -1 if on else 0
        elif name == "flash_silent":
            self.silent = -1 if on else 0
        else:
            self.worn = on

    def keep_in(self, path):
        """Hold the content in a file from now on, written through by every operation."""
        try:
            whole = os.stat(path)[6] == self.size
        except OSError:
            whole = False
        if not whole:
            with open(path, "wb") as file:
                file.write(self.content)
        # Open as long as the simulation runs
        self.keep_at(open(path, "r+b"), 0)  # noqa: SIM115

    def keep_at(self, file, offset):
        """The same in a part of an open file, which has it already."""
        file.seek(offset)
        self._file = file
        self._offset = offset
        self.content = bytearray(file.read(self.size))

    def _check(self, at, count):
        if at < 0 or count <= 0 or at + count > self.size:
            raise OSError("flash: %d bytes at %d of %d" % (count, at, self.size))

    def _begin(self, us):
        """Let time pass and count; how much of this operation happens when it is cut, else ""."""
        self._pass(us)
        if self._cut_in:
            self._cut_in -= 1
            if not self._cut_in:
                return self._torn
        if self.failing:
            self.failing -= self.failing > 0
            raise OSError(_EIO, "flash does not answer")
        return ""

    def _pass(self, us):
        if self._busy is not None:
            self._busy(us)

    def _torn_between(self, old, new):
        """Half of the way: the first or the last half of the bytes, or about half of the bits."""
        half = len(new) // 2
        way = self._random.below(3)
        if way == 0:
            return bytes(new[:half]) + bytes(old[half:])
        if way == 1:
            return bytes(old[:half]) + bytes(new[half:])
        mixed = bytearray(new)
        for index in range(len(new)):
            mask = self._random.below(256)
            mixed[index] = old[index] & mask | new[index] & ~mask & 0xFF
        return mixed

    def _store(self, at, data):
        self.content[at : at + len(data)] = data
        if self._file is not None:
            self._file.seek(self._offset + at)
            self._file.write(data)
            self._file.flush()
