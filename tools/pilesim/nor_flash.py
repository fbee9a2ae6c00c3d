"""NOR flash: an erase sets a sector to ones, programming only clears bits, power can go in between.

Counts operations and lets each hold the interpreter as long as a real part does. `path` keeps the content in
a file, written through, so that a killed simulator leaves what was programmed.
"""

import os

SECTOR_BYTES = 4096
PAGE_BYTES = 256
PROGRAM_US = 700
ERASE_LEAST_US = 45_000
ERASE_MOST_US = 400_000
FAULTS = ("flash_fails", "flash_missing")
# What of the operation that power cuts off is done: nothing, its first half, all
MODES = ("none", "half", "all")
_EIO = 5


class NorFlash:
    """One part. `cut_at(number, mode, on_cut)`: power goes at that operation from now, then on_cut()."""

    def __init__(self, clock, random, size=65536):
        self.size = size
        self.programs = 0  # pages
        self.erases = 0
        self.operations = 0
        self.faults = set()
        self.data = bytearray(b"\xff" * size)
        self._clock = clock
        self._random = random
        self._file = None
        self._cut = None

    def open(self, path):
        """Take the content from a file and keep it there."""
        try:
            with open(path, "rb") as file:
                self.data[:] = file.read(self.size)
        except OSError:
            with open(path + ".new", "wb") as file:
                file.write(self.data)
            os.rename(path + ".new", path)
        # Stays open as long as the part lives
        self._file = open(path, "r+b")  # noqa: SIM115

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def cut_at(self, number, mode, on_cut):
        """Power goes at operation `number` from now, 1 for the next; on_cut() is called after it."""
        self._cut = (self.operations + number, MODES.index(mode), on_cut)

    def rot(self, count):
        """Flip `count` bits at random places."""
        for _ in range(count):
            at = self._random.below(self.size)
            self.data[at] ^= 1 << self._random.below(8)
            self._keep(at, 1)

    def read(self, at, count):
        """Bytes."""
        return bytes(self.data[at : at + count])

    def program(self, at, data):
        """Clear the bits that are zero in `data`, page by page."""
        if "flash_fails" in self.faults:
            raise OSError(_EIO)
        done = 0
        while done < len(data):
            room = PAGE_BYTES - (at + done) % PAGE_BYTES
            self._program_page(at + done, data[done : done + room])
            done += room

    def erase(self, at):
        """Set one sector to ones."""
        if "flash_fails" in self.faults:
            raise OSError(_EIO)
        at -= at % SECTOR_BYTES
        self.erases += 1
        part = self._begin(SECTOR_BYTES)
        if part >= 0:
            # An erase that is cut off leaves no bit reliable
            for place in range(at, at + part):
                self.data[place] = self._random.below(256) | self.data[place]
            self._end(at, part)
        self.data[at : at + SECTOR_BYTES] = b"\xff" * SECTOR_BYTES
        self._keep(at, SECTOR_BYTES)
        self._clock.freeze(self._random.between(ERASE_LEAST_US, ERASE_MOST_US))
        self._all_done()

    def _program_page(self, at, data):
        self.programs += 1
        part = self._begin(len(data))
        for index in range(len(data) if part < 0 else part):
            self.data[at + index] &= data[index]
        if part >= 0:
            self._end(at, part)
        self._keep(at, len(data))
        self._clock.freeze(PROGRAM_US)
        self._all_done()

    def _begin(self, size):
        """-1 for a whole operation, else how many of its bytes are done when the power goes."""
        self.operations += 1
        if self._cut is None or self.operations < self._cut[0] or self._cut[1] == 2:
            return -1
        return size // 2 if self._cut[1] else 0

    def _all_done(self):
        if self._cut is not None and self.operations >= self._cut[0]:
            self._lose_power()

    def _end(self, at, part):
        self._keep(at, part)
        self._lose_power()

    def _lose_power(self):
        on_cut, self._cut = self._cut[2], None
        on_cut()

    def _keep(self, at, count):
        if self._file is not None:
            self._file.seek(at)
            self._file.write(self.data[at : at + count])
            self._file.flush()
