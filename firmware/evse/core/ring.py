"""The journal's ring of flash sectors: records in order of their numbers, one page program each.

Sectors are used in a circle, so wear is even. Appending never erases: prepare() does, one sector a call, and
only sectors whose records the bridge has committed. `flash` has read(at, count), program(at, data), erase(at)
and `size`; all may raise OSError. Nothing is ever repaired by guessing: what is no whole record is left behind.
"""

from array import array

from micropython import const

from . import records, sector
from .sector import HEAD_BYTES, PAGE_BYTES, SECTOR_BYTES

USUAL_BYTES = const(75)  # a sample
# More than a page can hold: so many numbers may have stood in a page that is spoilt
_MOST_IN_A_PAGE = const(5)
_EIO = const(5)
_ENOSPC = const(28)

# States of a sector
READY = const(0)  # erased and headed
USED = const(1)  # holds records
_HEADLESS = const(2)  # holds records of ours, and its header is spoilt
_WASTE = const(3)  # to be erased: never headed, foreign, or without a record
_BROKEN = const(4)  # refuses to be erased


class Ring:
    """After mount(): `life` (None: there is no ring), `next_seq`, `first_seq`, `last_tag`, `damage` (text)."""

    def __init__(self, flash, belongs):
        """`belongs(data, life)` tells whether a record whose sector lost its header is one of ours."""
        self.life = None
        self.next_seq = 1
        self.last_tag = bytes(records.TAG_BYTES)
        self.damage = ""
        self._flash = flash
        self._belongs = belongs
        count = self._count = flash.size // SECTOR_BYTES
        # Per sector; objects would take ten times as much
        self._state = bytearray([_WASTE] * count)
        self._first = array("I", [0] * count)
        self._last = array("I", [0] * count)
        self._end = array("H", [HEAD_BYTES] * count)
        self._erasures = array("I", [0] * count)
        self._head = -1
        self._acked = 0
        self._marks = []  # (seq, sector, offset behind it) of what was read last

    # Start

    def mount(self, visit):
        """Find what there is; `visit(data)` gets every record in order of its number."""
        lives = []
        for index in range(self._count):
            life, self._erasures[index] = sector.read_head(self._flash, index * SECTOR_BYTES)
            lives.append(life)
        named = [life for life in lives if life]
        if not named:
            is_blank = all(life == "" for life in lives)
            self.damage = "" if is_blank else "journal: the flash held no ring, begun anew"
            return
        self.life = max(named, key=named.count)
        spoilt = unsure = 0
        tail = None
        for index in range(self._count):
            if lives[index] in (None, "", self.life):
                headed = lives[index] == self.life
                found = self._look(index, headed)
                # Where the header is gone an erase was cut off: what is spoilt there was committed
                spoilt += found.spoilt if headed else 0
                if found.last and (tail is None or found.last > tail.last):
                    tail = found
                elif not found.last and headed:
                    spoilt -= found.torn
                    unsure += found.tail_spoilt and not found.torn
        lost = self._visit_all(visit)
        if tail is not None and tail.tail_spoilt:
            spoilt -= tail.torn
            unsure += not tail.torn
        # Records may have stood there that the bridge has: their numbers are not given again
        self.next_seq += unsure * _MOST_IN_A_PAGE
        foreign = len(named) - named.count(self.life)
        self._tell_damage(lost + unsure * _MOST_IN_A_PAGE, spoilt, foreign)

    def _look(self, index, headed):
        ours = _any if headed else self._is_ours
        found = sector.Finding(self._flash, index * SECTOR_BYTES, ours)
        self._first[index], self._last[index], self._end[index] = (
            found.first,
            found.last,
            found.end,
        )
        if found.first:
            self._state[index] = USED if headed else _HEADLESS
        elif headed and found.end == HEAD_BYTES:
            self._state[index] = READY
        return found

    def _is_ours(self, data):
        return self._belongs(data, self.life)

    def _visit_all(self, visit):
        last = lost = 0
        for index in self._in_order():
            for _offset, data in self._walk(index, HEAD_BYTES):
                seq = records.seq_of(data)
                if seq <= last:
                    continue
                lost += seq - last - 1 if last else 0
                last = seq
                self.last_tag = records.tag_of(data)
                visit(data)
            self._head = index
        self.next_seq = last + 1
        return lost

    def _tell_damage(self, lost, spoilt, foreign):
        found = []
        if lost:
            found.append("%d records lost" % lost)
        if spoilt:
            found.append("%d pages spoilt" % spoilt)
        if foreign:
            found.append("%d sectors of another life" % foreign)
        self.damage = "journal: " + ", ".join(found) if found else ""

    def format(self, life):
        """Begin a new life: every sector is erased. Long: only under a permit."""
        self.life, self.next_seq, self._head = life, 1, -1
        wear = self.wear
        for index in range(self._count):
            try:
                self._erase(index, wear)
            except OSError:
                self._state[index] = _BROKEN
        if not self._ready():
            raise OSError(_EIO, "no sector of the journal can be erased")

    # Writing

    def append(self, data):
        """Write one record; OSError when the flash refuses it twice or there is no room."""
        for _ in range(2):
            index = self._sector_for(len(data))
            end = self._end[index]
            if self._program(index * SECTOR_BYTES + end, data):
                self._end[index] = end + len(data)
                break
            # What stands in that page now is nobody's
            self._end[index] = end - end % PAGE_BYTES + PAGE_BYTES
        else:
            raise OSError(_EIO, "the flash does not take a record")
        seq = records.seq_of(data)
        if self._state[index] == READY:
            self._state[index] = USED
            self._first[index] = seq
        self._last[index] = seq
        self.last_tag = records.tag_of(data)
        self.next_seq = seq + 1

    def _program(self, at, data):
        try:
            self._flash.program(at, data)
            return self._flash.read(at, len(data)) == data
        except OSError:
            return False

    def _sector_for(self, size):
        head = self._head
        if head >= 0:
            end = self._end[head]
            if end % PAGE_BYTES + size > PAGE_BYTES:
                end += -end % PAGE_BYTES
            if end < SECTOR_BYTES:
                self._end[head] = end
                return head
        for step in range(1, self._count + 1):
            index = (head + step) % self._count
            if self._state[index] == READY:
                self._head = index
                return index
        raise OSError(_ENOSPC, "the journal is full")

    def acknowledge(self, upto):
        """Records up to this number may be erased."""
        self._acked = upto

    # Erasing

    @property
    def preparable(self):
        """True when prepare() would erase a sector."""
        return self._next_to_erase() >= 0

    def prepare(self):
        """Erase one sector that may be erased, the oldest first. Long: only under a permit."""
        index = self._next_to_erase()
        if index < 0:
            return
        try:
            self._erase(index, self.wear)
        except OSError:
            self._state[index] = _BROKEN
            raise

    def _erase(self, index, wear):
        # A sector that lost its header was worn like the others
        erasures = (self._erasures[index] or wear) + 1
        self._state[index] = _WASTE
        sector.erase(self._flash, index * SECTOR_BYTES, self.life, erasures)
        self._state[index] = READY
        self._erasures[index] = erasures
        self._first[index] = self._last[index] = 0
        self._end[index] = HEAD_BYTES

    def _next_to_erase(self):
        keeps = self._ready() * 4 >= self._count * 3
        for step in range(1, self._count + 1):
            index = (self._head + step) % self._count
            state = self._state[index]
            if state == _WASTE:
                return index
            done = state in (USED, _HEADLESS) and self._last[index] <= self._acked
            if done and not keeps and index != self._head:
                return index
        return -1

    def _ready(self):
        return sum([state == READY for state in self._state])

    # Reading

    def after(self, seq, most):
        """Bytes of up to `most` records that follow number `seq`, in order."""
        found, marks = [], []
        order = self._in_order()
        offset = HEAD_BYTES
        for marked_seq, marked, behind in self._marks:
            if marked_seq == seq and marked in order:
                order = order[order.index(marked) :]
                offset = behind
        for index in order:
            if self._last[index] > seq and len(found) < most:
                self._read(index, offset, seq, most, found, marks)
            offset = HEAD_BYTES
        if marks:
            self._marks = marks[-8:]
        return found

    def _read(self, index, offset, seq, most, found, marks):
        for behind, data in self._walk(index, offset):
            number = records.seq_of(data)
            if number > seq:
                found.append(data)
                marks.append((number, index, behind))
                if len(found) >= most:
                    return

    def _walk(self, index, offset):
        headed = self._state[index] == USED
        for behind, data in sector.walk(self._flash, index * SECTOR_BYTES, offset):
            if headed or self._is_ours(data):
                yield behind, data

    def _in_order(self):
        used = [i for i in range(self._count) if self._state[i] in (USED, _HEADLESS)]
        return sorted(used, key=lambda index: self._first[index])

    # Figures

    @property
    def first_seq(self):
        """Oldest number still held, 0 when none is."""
        order = self._in_order()
        return self._first[order[0]] if order else 0

    @property
    def room(self):
        """Records of the usual size that can be written without an erase."""
        room = self._ready() * sector.room(HEAD_BYTES, USUAL_BYTES)
        return room + (sector.room(self._end[self._head], USUAL_BYTES) if self._head >= 0 else 0)

    @property
    def capacity(self):
        """Records of the usual size that the flash can hold."""
        return self._count * sector.room(HEAD_BYTES, USUAL_BYTES)

    @property
    def wear(self):
        """The most erasures that any sector has seen."""
        return max(self._erasures)


def _any(_data):
    return True
