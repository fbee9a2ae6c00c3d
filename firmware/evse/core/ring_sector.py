"""One sector of the journal's ring: a header, then records, each within a page of 256 bytes.

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


class Sector:
    """Sector `number` of `flash`; `proves(data)` is True for a record whose tag holds."""

    def __init__(self, flash, number, proves):
        self._flash = flash
        self._base = number * SECTOR_BYTES
        self._proves = proves
        self.state = STALE
        self.wear = -1  # erasures, -1 while no header says them
        self.first = self.last = self.count = 0  # numbers of its records, and how many
        self.free = SECTOR_BYTES  # offset behind all that was programmed
        self._tries = 0

    def header(self):
        """(generation, life, erasures), None without a whole header."""
        data = self._flash.read(self._base, HEAD_BYTES)
        _magic, generation, life, erasures = struct.unpack_from(_HEAD, data)
        whole = data == _sealed(generation, life, erasures)
        return (generation, life, erasures) if whole else None

    def scan(self):
        """Learn the records; returns (damaged pages, offset of damage behind the last record or 0)."""
        headed = self.wear >= 0
        free = HEAD_BYTES
        behind = spoilt = damage = 0
        for page in range(0, SECTOR_BYTES, PAGE_BYTES):
            at = max(page, HEAD_BYTES)
            found, end, wrong = self._page(at)
            for place, data in found:
                behind = place
                self.take(seq_of(data), place)
            if end > at:
                free = end
            if wrong:
                spoilt += 1
                damage = wrong
        self.free = free if headed else SECTOR_BYTES
        if headed and not self.count:
            self.state = READY if free < SECTOR_BYTES else STALE
        elif not headed and not self.count:
            return 0, 0
        return spoilt, damage if damage >= behind else 0

    def records(self, at):
        """Yields (offset behind it, record) from offset `at` on, page by page."""
        while at < self.free:
            yield from self._page(at)[0]
            at += PAGE_BYTES - at % PAGE_BYTES

    def read(self, at, count):
        """Bytes from offset `at`."""
        return self._flash.read(self._base + at, count)

    def program(self, at, data):
        """Program and read back: (what stands there or None, the flash's OSError or None)."""
        held = problem = None
        try:
            self._flash.program(self._base + at, data)
        except OSError as error:
            problem = error
        try:
            held = self.read(at, len(data))
        except OSError as error:
            problem = error
        return held, problem

    def place(self, size):
        """Offset for a record of `size` bytes, SECTOR_BYTES or more if it does not fit."""
        at = self.free
        if at % PAGE_BYTES + size > PAGE_BYTES:
            at += PAGE_BYTES - at % PAGE_BYTES
        return at

    def take(self, seq, end):
        """Remember the record with number `seq` in front of offset `end`."""
        if not self.count or seq < self.first:
            self.first = seq
        self.state = USED
        self.last = max(self.last, seq)
        self.count += 1
        self.free = end

    def waiting(self, acked):
        """Records with a number above `acked`."""
        return min(self.count, max(0, self.last - acked))

    def room(self):
        """Records of the usual size that fit behind `free`."""
        pages = (SECTOR_BYTES - 1 - self.free) // PAGE_BYTES
        rest = (PAGE_BYTES - self.free % PAGE_BYTES) // _TYPICAL_BYTES
        return rest + pages * 3 if self.free < SECTOR_BYTES else 0

    def drop(self):
        """Forget the records: this sector may be erased, and has its tries again."""
        self.state = STALE
        self.first = self.last = self.count = self._tries = 0

    def erase(self, generation, life, wear):
        """Erase and program a header; FlashFaultError or OSError, and after three in a row it is given up."""
        # Out of use unless all goes well
        tries = self._tries + 1
        self.drop()
        self._tries = tries
        if tries >= _TRIES:
            self.state = WORN
        if self.wear >= 0:
            # A header that outlived half an erase would say too much
            self._flash.program(self._base, bytes(HEAD_BYTES))
            self.wear = -1
        self._flash.erase(self._base)
        for at in range(0, SECTOR_BYTES, PAGE_BYTES):
            if self.read(at, PAGE_BYTES).rstrip(b"\xff"):
                raise FlashFaultError("sector %d: not erased" % (self._base // SECTOR_BYTES))
        head = _sealed(generation, life, wear)
        self._flash.program(self._base, head)
        if self.read(0, HEAD_BYTES) != head:
            raise FlashFaultError("sector %d: no header" % (self._base // SECTOR_BYTES))
        self.wear = wear
        self.free = HEAD_BYTES
        self.state = READY
        self._tries = 0

    def _page(self, at):
        """What stands from offset `at` to the end of its page: records as in records(), offset behind
        all that was programmed, offset of the last damage or 0.
        """
        page = self.read(at, PAGE_BYTES - at % PAGE_BYTES)
        end = len(page.rstrip(b"\xff"))
        headed = sure = self.wear >= 0
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


def rotten_numbers(sector, at, seq, link):
    """How many damaged records from offset `at` on were whole once, the first with this number and link.

    What was cut off instead lacks its end, or much of what is known of it beforehand.
    """
    page = sector.read(at, PAGE_BYTES - at % PAGE_BYTES)
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
