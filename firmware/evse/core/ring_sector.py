"""The sectors of the journal's ring: a header, then records, each within a page of 256 bytes.

The header is programmed right after an erase and spoilt right before the next one, so a sector with a
header was erased completely:

    0   "J", layout 1
    2   generation (2): one more with every new life, so that the newest life is known
    4   life (4)
    8   erasures of this sector (4)
    12  CRC-32 (4) over the bytes before

Nothing is programmed behind damage in a page.
"""

import struct
from array import array
from binascii import crc32

from micropython import const

from .records import LEAST_BYTES, LINK_BYTES, link_of, seq_of, size_of, tag_of

SECTOR_BYTES = 4096
PAGE_BYTES = 256
HEAD_BYTES = 16
# A sample's record, for figures: three in a page
_TYPICAL_BYTES = const(75)
TYPICAL_PER_SECTOR = 3 * SECTOR_BYTES // PAGE_BYTES

# A sector is to be erased, erased, holds records, or is given up until the next start
STALE = 0
READY = 1
USED = 2
WORN = 3

_MAGIC = b"J\x01"
_HEAD = "<2sH4sI"
_TRIES = const(3)
# Of the 64 bits of number and link; where a program was cut off about 20 of them differ
_MOST_ROTTEN = const(8)


class FlashFaultError(OSError):
    """The flash does not hold what was programmed or erased; the text says where."""


class Sectors:
    """The sectors of `flash`, each by its number; `proves(data)` is True for a record whose tag holds.

    What is known of them stands in one array for each quantity: an object for each would take five times the heap.
    """

    def __init__(self, flash, proves):
        count = flash.size // SECTOR_BYTES
        self._flash = flash
        self._proves = proves
        self.state = bytearray(count)
        self.wear = array("i", [-1] * count)  # erasures, -1 while no header says them
        self.first = array("I", [0] * count)  # number of its oldest record, 0 for none
        self.last = array("I", [0] * count)
        self.free = array("H", [SECTOR_BYTES] * count)  # offset behind all that was programmed
        self._tries = bytearray(count)

    def header(self, number):
        """(generation, life, erasures), None without a whole header."""
        data = self.read(number, 0, HEAD_BYTES)
        _magic, generation, life, erasures = struct.unpack_from(_HEAD, data)
        whole = data == _sealed(generation, life, erasures)
        return (generation, life, erasures) if whole else None

    def scan(self, number):
        """Learn the records; returns (damaged pages, offset of damage behind the last record or 0)."""
        headed = self.wear[number] >= 0
        free = HEAD_BYTES
        behind = spoilt = damage = 0
        for page in range(0, SECTOR_BYTES, PAGE_BYTES):
            at = max(page, HEAD_BYTES)
            found, end, wrong = self._page(number, at)
            for place, data in found:
                behind = place
                self.take(number, seq_of(data), place)
            if end > at:
                free = end
            if wrong:
                spoilt += 1
                damage = wrong
        self.free[number] = free if headed else SECTOR_BYTES
        if self.state[number] != USED:
            if not headed:
                return 0, 0
            self.state[number] = READY if free < SECTOR_BYTES else STALE
        return spoilt, damage if damage >= behind else 0

    def records(self, number, at):
        """Yields (offset behind it, record) from offset `at` on, page by page."""
        while at < self.free[number]:
            yield from self._page(number, at)[0]
            at += PAGE_BYTES - at % PAGE_BYTES

    def read(self, number, at, count):
        """Bytes from offset `at`."""
        return self._flash.read(number * SECTOR_BYTES + at, count)

    def program(self, number, at, data):
        """Program and read back: (what stands there or None, the flash's OSError or None)."""
        held = problem = None
        try:
            self._flash.program(number * SECTOR_BYTES + at, data)
        except OSError as error:
            problem = error
        try:
            held = self.read(number, at, len(data))
        except OSError as error:
            problem = error
        return held, problem

    def place(self, number, size):
        """Offset for a record of `size` bytes, SECTOR_BYTES or more if it does not fit."""
        at = self.free[number]
        if at % PAGE_BYTES + size > PAGE_BYTES:
            at += PAGE_BYTES - at % PAGE_BYTES
        return at

    def take(self, number, seq, end):
        """Remember the record with number `seq` in front of offset `end`."""
        if self.state[number] != USED or seq < self.first[number]:
            self.first[number] = seq
        self.state[number] = USED
        self.last[number] = max(self.last[number], seq)
        self.free[number] = end

    def room(self, number):
        """Records of the usual size that fit behind `free`."""
        free = self.free[number]
        pages = (SECTOR_BYTES - 1 - free) // PAGE_BYTES
        rest = (PAGE_BYTES - free % PAGE_BYTES) // _TYPICAL_BYTES
        return rest + pages * 3 if free < SECTOR_BYTES else 0

    def drop(self, number):
        """Forget the records: this sector may be erased, and has its tries again."""
        self.state[number] = STALE
        self.first[number] = self.last[number] = self._tries[number] = 0

    def erase(self, number, generation, life, wear):
        """Erase and program a header; FlashFaultError or OSError, and after three in a row it is given up."""
        # Out of use unless all goes well
        tries = self._tries[number] + 1
        self.drop(number)
        self._tries[number] = tries
        if tries >= _TRIES:
            self.state[number] = WORN
        base = number * SECTOR_BYTES
        if self.wear[number] >= 0:
            # A header that outlived half an erase would say too much
            self._flash.program(base, bytes(HEAD_BYTES))
            self.wear[number] = -1
        self._flash.erase(base)
        for at in range(0, SECTOR_BYTES, PAGE_BYTES):
            if self.read(number, at, PAGE_BYTES).rstrip(b"\xff"):
                raise FlashFaultError("sector %d: not erased" % number)
        head = _sealed(generation, life, wear)
        self._flash.program(base, head)
        if self.read(number, 0, HEAD_BYTES) != head:
            raise FlashFaultError("sector %d: no header" % number)
        self.wear[number] = wear
        self.free[number] = HEAD_BYTES
        self.state[number] = READY
        self._tries[number] = 0

    def _page(self, number, at):
        """What stands from offset `at` to the end of its page: records as in records(), offset behind
        all that was programmed, offset of the last damage or 0.
        """
        page = self.read(number, at, PAGE_BYTES - at % PAGE_BYTES)
        end = len(page.rstrip(b"\xff"))
        headed = sure = self.wear[number] >= 0
        found = []
        place = damage = behind = 0
        while place < end:
            size = size_of(page, place)
            data = page[place : place + size]
            if size and (sure or self._proves(data)):
                place += size
                behind = at + place
                found.append((behind, data))
                continue
            if damage < behind or not damage:
                damage = at + place
            if not headed:
                break
            # Behind damage the text in a record could look like one: only a tag speaks for it
            sure = False
            place += 1
        return found, at + (len(page) if damage else place), damage


def _sealed(generation, life, erasures):
    head = struct.pack(_HEAD, _MAGIC, generation, life, erasures)
    return head + struct.pack("<I", crc32(head) & 0xFFFFFFFF)


def rotten_numbers(page, seq, link):
    """How many damaged records of a page's rest were whole once, the first with this number and link.

    What was cut off instead lacks its end, or much of what is known of it beforehand.
    """
    count = 0
    while page:
        size = _size_but_for_one_bit(page) or page[0]
        if size < LEAST_BYTES or len(page.rstrip(b"\xff")) < size - 1:
            break
        wrong = 0
        for stands, wanted in zip(
            page[2:6] + link_of(page), struct.pack("<I", seq + count) + link
        ):
            wrong += bin(stands ^ wanted).count("1")
        if wrong > _MOST_ROTTEN:
            break
        count += 1
        link = tag_of(page[:size])[:LINK_BYTES]
        page = page[size:]
    return count


def _size_but_for_one_bit(page):
    """Length of the record here if a bit of that byte is all that is wrong with it, else 0."""
    for bit in range(8):
        size = size_of(bytes((page[0] ^ 1 << bit,)) + page[1:])
        if size:
            return size
    return 0
