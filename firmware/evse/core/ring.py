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
    Sectors,
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
        self._sectors = Sectors(flash, self._proves)
        self._count = flash.size // SECTOR_BYTES
        self._head = self._count - 1  # the newest with records, or the one before the first
        self._cursor = (-1, 0, 0)  # sector, offset behind the record with this number
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
        sectors = self._sectors
        damage = {}
        for sector in range(self._count):
            if sectors.state[sector] == READY or (
                sectors.wear[sector] < 0 and self.life is not None
            ):
                spoilt, damage[sector] = sectors.scan(sector)
                self.spoilt += spoilt
        self._read_all(visit)
        ready = [sector for sector in self._circle() if sectors.state[sector] == READY]
        for sector in [self._head] + ready[:1]:
            at = damage.get(sector)
            if at:
                self.torn = True
                page = sectors.read(sector, at, PAGE_BYTES - at % PAGE_BYTES)
                lost = rotten_numbers(page, self.next_seq, self.link)
                self.holes += lost
                self.next_seq += lost

    def _choose_life(self):
        """The newest generation, within it the life of most sectors; its sectors become READY."""
        sectors = self._sectors
        votes = {}
        for sector in range(self._count):
            header = sectors.header(sector)
            if header is not None:
                votes[header[:2]] = votes.get(header[:2], 0) + 1
                sectors.wear[sector] = header[2]
        if not votes:
            return
        _generation, _count, ours = max([(vote[0], votes[vote], vote) for vote in votes])
        for sector in range(self._count):
            header = sectors.header(sector)
            if header is not None and header[:2] == ours:
                sectors.state[sector] = READY
            elif header is not None:
                self.foreign += 1
        self._generation = ours[0]
        self.life = str(hexlify(ours[1]), "ascii")

    def _read_all(self, visit):
        last = 0
        headed = False
        for sector in self._in_order():
            for _end, data in self._sectors.records(sector, HEAD_BYTES):
                seq = seq_of(data)
                if seq <= last:
                    continue
                # Before the first header stands what a cut erase left over: nothing is lost there
                if headed:
                    self.holes += seq - last - 1
                headed = headed or self._sectors.wear[sector] >= 0
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
        sectors = self._sectors
        untouched = []
        for _ in range(_TRIES):
            sector, at = self._place(len(data))
            before = sectors.free[sector]
            self.programs += 1
            held, problem = sectors.program(sector, at, data)
            if held == data:
                sectors.take(sector, self.next_seq, at + len(data))
                self._head = sector
                self.link = tag_of(data)[:LINK_BYTES]
                self.next_seq += 1
                return
            self.failures += 1
            sectors.free[sector] = at - at % PAGE_BYTES + PAGE_BYTES
            if held is None:
                self.next_seq += 1
                break
            if not held.rstrip(b"\xff"):
                untouched.append((sector, before))
        if len(untouched) == _TRIES:
            # Nothing comes through at all: not the fault of these pages
            for sector, before in reversed(untouched):
                sectors.free[sector] = before
        raise problem or FlashFaultError("record %d: not programmed" % seq_of(data))

    def _place(self, size):
        """(sector, offset) for a record of `size` bytes."""
        sectors = self._sectors
        head = self._head
        if sectors.state[head] == USED and sectors.place(head, size) < SECTOR_BYTES:
            return head, sectors.place(head, size)
        for sector in self._circle():
            if sectors.state[sector] == READY and sectors.place(sector, size) < SECTOR_BYTES:
                return sector, sectors.place(sector, size)
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
        for sector in range(self._count):
            self._sectors.drop(sector)

    def prepare(self):
        """Erase one sector that may be erased; False when there was none. Only under the permit.

        Never one with a record that waits, nor the newest; the newest fourth is kept as history.
        """
        sector = None if self.life is None else self._erasable()
        if sector is None:
            return False
        wear = self._sectors.wear[sector]
        wear = wear + 1 if wear >= 0 else max(1, self.wear)
        if self._cursor[0] == sector:
            self._cursor = (-1, 0, 0)
        self.erases += 1
        try:
            self._sectors.erase(sector, self._generation, unhexlify(self.life), wear)
        except OSError:
            self.failures += 1
            raise
        return True

    def _erasable(self):
        sectors = self._sectors
        ready = 0
        for sector in self._circle():
            state = sectors.state[sector]
            if state == STALE or (state == READY and sectors.free[sector] > PAGE_BYTES):
                return sector
            ready += state == READY
        order = self._in_order()
        is_read = len(order) > 1 and sectors.last[order[0]] <= self.acked
        return order[0] if is_read and 4 * ready < 3 * self._count else None

    # Reading

    def acknowledge(self, upto):
        """Records up to `upto` are kept elsewhere; a number not known here counts as given."""
        self.acked = max(self.acked, upto)
        self.next_seq = max(self.next_seq, upto + 1)

    def after(self, seq, most):
        """Up to `most` records (bytes) that follow number `seq`, in order."""
        found = []
        order = self._in_order()
        while len(order) > 1 and self._sectors.first[order[1]] <= seq:
            order.pop(0)
        for sector in order:
            where, offset, number = self._cursor
            at = offset if where == sector and number <= seq else HEAD_BYTES
            for end, data in self._sectors.records(sector, at):
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
        sectors = self._sectors
        used = [sector for sector in range(self._count) if sectors.state[sector] == USED]
        return sorted(used, key=lambda sector: (sectors.first[sector], sectors.last[sector]))

    def _circle(self):
        """Every sector once, from the one behind the newest."""
        start = self._head + 1
        return list(range(start, self._count)) + list(range(start))

    # Figures

    @property
    def first(self):
        """Number of the oldest record held, 0 if none."""
        order = self._in_order()
        return self._sectors.first[order[0]] if order else 0

    @property
    def capacity(self):
        """Records of the usual size that the whole ring takes."""
        worn = sum([state == WORN for state in self._sectors.state])
        return TYPICAL_PER_SECTOR * (self._count - worn)

    @property
    def room(self):
        """Records of the usual size that can be appended before an erase."""
        sectors = self._sectors
        found = sectors.room(self._head) if sectors.state[self._head] == USED else 0
        for sector in range(self._count):
            if sectors.state[sector] == READY:
                found += sectors.room(sector)
        return found

    @property
    def wear(self):
        """Most erasures that any sector has seen."""
        return max([0] + list(self._sectors.wear))
