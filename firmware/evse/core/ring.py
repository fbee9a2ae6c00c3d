"""The journal's ring of flash sectors: a record is one page program, and only prepare() erases.

Sectors are used in a circle, so that all wear alike; the records' numbers tell their order. A number
that a whole record had is not given again.
"""

from binascii import hexlify, unhexlify

from micropython import const

from .records import LINK_BYTES, NO_LINK, seq_of, tag_of
from .ring_sector import (
    HEAD_BYTES,
    PAGE_BYTES,
    READY,
    SECTOR_BYTES,
    STALE,
    TYPICAL_PER_SECTOR,
    USED,
    WORN,
    FlashFaultError,
    Sector,
    rotten_numbers,
)

_TRIES = const(2)


class RingFullError(OSError):
    """No erased page is left: the record was not written."""


class Ring:
    """Records on `flash`: size, read(at, count), program(at, data), erase(at). mount() comes first.

    `belongs(data, life)` is True for a record whose tag holds: asked where its CRC alone is not enough.
    Whatever touches the flash may raise its OSError.
    """

    def __init__(self, flash, belongs):
        self._belongs = belongs
        count = flash.size // SECTOR_BYTES
        proves = self._proves
        self._sectors = [Sector(flash, number, proves) for number in range(count)]
        self._head = self._sectors[-1]  # the newest with records, or the one before the first
        self._cursor = (None, 0, 0)  # sector, offset behind the record with this number
        self._generation = 0
        self.life = None
        self.next_seq = 1
        self.acked = 0
        self.link = NO_LINK  # what the next record says of the last
        self.torn = False  # damage behind the last record, as a power cut leaves
        self.holes = self.spoilt = self.foreign = 0  # numbers lost, pages damaged, foreign sectors
        self.programs = self.erases = self.failures = 0

    # At start

    def mount(self, visit=None):
        """Find life and records, once; `visit(data)` gets every record held, in order of number."""
        self._choose_life()
        damage = {}
        for sector in self._sectors:
            if sector.state == READY or (sector.wear < 0 and self.life is not None):
                spoilt, damage[sector] = sector.scan()
                self.spoilt += spoilt
        self._read_all(visit)
        ready = [sector for sector in self._circle() if sector.state == READY]
        for sector in [self._head] + ready[:1]:
            if damage.get(sector):
                self.torn = True
                lost = rotten_numbers(sector, damage[sector], self.next_seq, self.link)
                self.holes += lost
                self.next_seq += lost

    def _choose_life(self):
        """The newest generation, within it the life of most sectors; its sectors become READY."""
        votes = {}
        for sector in self._sectors:
            header = sector.header()
            if header is not None:
                votes[header[:2]] = votes.get(header[:2], 0) + 1
                sector.wear = header[2]
        if not votes:
            return
        _generation, _count, ours = max([(vote[0], votes[vote], vote) for vote in votes])
        for sector in self._sectors:
            header = sector.header()
            if header is not None and header[:2] == ours:
                sector.state = READY
            elif header is not None:
                self.foreign += 1
        self._generation = ours[0]
        self.life = str(hexlify(ours[1]), "ascii")

    def _read_all(self, visit):
        last = 0
        headed = False
        for sector in self._in_order():
            for _end, data in sector.records(HEAD_BYTES):
                seq = seq_of(data)
                if seq <= last:
                    continue
                # Before the first header stands what a cut erase left over: nothing is lost there
                if headed:
                    self.holes += seq - last - 1
                headed = headed or sector.wear >= 0
                last = seq
                self.link = tag_of(data)[:LINK_BYTES]
                if visit is not None:
                    visit(data)
            self._head = sector
        self.next_seq = last + 1
        self.acked = max(0, self.first - 1)

    def _proves(self, data):
        return self._belongs(data, self.life)

    # Writing

    def append(self, data):
        """Write the record with number next_seq; a page that fails is left for the next one, once.

        RingFullError, or OSError of the flash: it is not held, or nobody can tell; then next_seq moves on.
        """
        if seq_of(data) != self.next_seq:
            raise ValueError("record %d, next is %d" % (seq_of(data), self.next_seq))
        untouched = []
        for _ in range(_TRIES):
            sector, at = self._place(len(data))
            before = sector.free
            self.programs += 1
            held, problem = sector.program(at, data)
            if held == data:
                sector.take(self.next_seq, at + len(data))
                self._head = sector
                self.link = tag_of(data)[:LINK_BYTES]
                self.next_seq += 1
                return
            self.failures += 1
            sector.free = at - at % PAGE_BYTES + PAGE_BYTES
            if held is None:
                self.next_seq += 1
                break
            if not held.rstrip(b"\xff"):
                untouched.append((sector, before))
        if len(untouched) == _TRIES:
            # Nothing comes through at all: not the fault of these pages
            for sector, before in reversed(untouched):
                sector.free = before
        raise problem or FlashFaultError("record %d: not programmed" % seq_of(data))

    def _place(self, size):
        """(sector, offset) for a record of `size` bytes."""
        if self._head.state == USED and self._head.place(size) < SECTOR_BYTES:
            return self._head, self._head.place(size)
        for sector in self._circle():
            if sector.state == READY and sector.place(size) < SECTOR_BYTES:
                return sector, sector.place(size)
        raise RingFullError("no erased page left")

    # Erasing

    def format(self, life):
        """Forget every record and begin a life of 8 hex digits; call prepare() until it says False."""
        self._generation += 1
        self.life = life
        self.next_seq = 1
        self.acked = 0
        self.link = NO_LINK
        self.torn = False
        self.holes = self.spoilt = self.foreign = 0
        for sector in self._sectors:
            sector.drop()

    def prepare(self):
        """Erase one sector that may be erased; False when there was none. Only under the permit.

        Never one with a record that waits, nor the newest; the newest fourth is kept as history.
        """
        sector = None if self.life is None else self._erasable()
        if sector is None:
            return False
        wear = sector.wear + 1 if sector.wear >= 0 else max(1, self.wear)
        if self._cursor[0] is sector:
            self._cursor = (None, 0, 0)
        self.erases += 1
        try:
            sector.erase(self._generation, unhexlify(self.life), wear)
        except OSError:
            self.failures += 1
            raise
        return True

    def _erasable(self):
        ready = 0
        for sector in self._circle():
            if sector.state == STALE or (sector.state == READY and sector.free > PAGE_BYTES):
                return sector
            ready += sector.state == READY
        order = self._in_order()
        if 4 * ready < 3 * len(self._sectors) and len(order) > 1 and order[0].last <= self.acked:
            return order[0]
        return None

    # Reading

    def acknowledge(self, upto):
        """Records up to `upto` are kept elsewhere; a number not known here counts as given."""
        self.acked = max(self.acked, upto)
        self.next_seq = max(self.next_seq, upto + 1)

    def after(self, seq, most):
        """Up to `most` records (bytes) that follow number `seq`, in order."""
        found = []
        order = self._in_order()
        while len(order) > 1 and order[1].first <= seq:
            order.pop(0)
        for sector in order:
            where, offset, number = self._cursor
            at = offset if where is sector and number <= seq else HEAD_BYTES
            for end, data in sector.records(at):
                number = seq_of(data)
                if number > seq:
                    seq = number
                    found.append(data)
                    if len(found) == most:
                        return found
                elif not found:
                    self._cursor = (sector, end, number)
        return found

    def _in_order(self):
        """Sectors that hold records, oldest first."""
        used = [sector for sector in self._sectors if sector.state == USED]
        return sorted(used, key=lambda sector: (sector.first, sector.last))

    def _circle(self):
        """Every sector once, from the one behind the newest."""
        start = self._sectors.index(self._head) + 1
        return self._sectors[start:] + self._sectors[:start]

    # Figures

    @property
    def first(self):
        """Number of the oldest record held, 0 if none."""
        order = self._in_order()
        return order[0].first if order else 0

    @property
    def waiting(self):
        """Records held that are not acknowledged."""
        return sum([sector.waiting(self.acked) for sector in self._in_order()])

    @property
    def capacity(self):
        """Records of the usual size that the whole ring takes."""
        good = [sector for sector in self._sectors if sector.state != WORN]
        return TYPICAL_PER_SECTOR * len(good)

    @property
    def room(self):
        """Records of the usual size that can be appended before an erase."""
        open_now = [s for s in self._sectors if s.state == READY]
        if self._head.state == USED:
            open_now.append(self._head)
        return sum([sector.room() for sector in open_now])

    @property
    def wear(self):
        """Most erasures that any sector has seen."""
        return max([0] + [sector.wear for sector in self._sectors])
