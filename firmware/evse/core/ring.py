"""The journal's ring of flash sectors: records in order of their numbers, one page program each.

Sectors are used in a circle, so wear is even. Appending never erases: prepare() does, one sector a call, and
only sectors whose records the bridge has committed. `flash` has read(at, count), program(at, data), erase(at)
and `size`; all may raise OSError. Nothing is ever repaired by guessing: what is no whole record is left behind.
"""

from micropython import const

from . import records
from .sector import BROKEN, HEAD_BYTES, PAGE_BYTES, READY, SECTOR_BYTES, USED, WASTE, Sector

USUAL_BYTES = const(75)  # a sample
# More than a page can hold: so many numbers may have stood in a page that is spoilt
_MOST_IN_A_PAGE = const(5)
_EIO = const(5)
_ENOSPC = const(28)


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
        self._sectors = [Sector(flash, at) for at in range(0, flash.size, SECTOR_BYTES)]
        self._head = -1
        self._acked = 0
        self._marks = []  # (seq, sector, offset behind it) of what was read last
        self._lost = 0

    # Start

    def mount(self, visit):
        """Find what there is; `visit(data)` gets every record in order of its number."""
        blank = True
        for sector in self._sectors:
            sector.read_head()
            blank = blank and sector.blank
        self.life = self._commonest_life()
        if self.life is None:
            self.damage = "" if blank else "journal: the flash held no ring, begun anew"
            return
        foreign = 0
        for sector in self._sectors:
            is_foreign = sector.life not in (None, self.life)
            foreign += is_foreign
            if is_foreign:
                sector.state = WASTE
            else:
                sector.look(_any if sector.life else self._is_ours)
        self._visit_all(visit)
        spoilt = sum([sector.spoilt for sector in self._sectors if sector.state == USED])
        if self._head >= 0 and self._sectors[self._head].tail_spoilt:
            spoilt -= self._sectors[self._head].torn
        self._tell_damage(foreign, spoilt)

    def _commonest_life(self):
        counts = {}
        for sector in self._sectors:
            if sector.life is not None:
                counts[sector.life] = counts.get(sector.life, 0) + 1
        return max(counts, key=lambda life: counts[life]) if counts else None

    def _is_ours(self, data):
        return self._belongs(data, self.life)

    def _visit_all(self, visit):
        last = 0
        for index in self._in_order():
            sector = self._sectors[index]
            ours = _any if sector.life else self._is_ours
            for _at, data in sector.walk(HEAD_BYTES):
                seq = records.seq_of(data)
                if seq <= last or not ours(data):
                    continue
                self._lost += seq - last - 1 if last else 0
                last = seq
                self.last_tag = records.tag_of(data)
                visit(data)
            self._head = index
        self.next_seq = last + 1
        for index, sector in enumerate(self._sectors):
            newest = index == self._head or (sector.state == WASTE and sector.life == self.life)
            if newest and sector.tail_spoilt and not sector.torn:
                # Records may have stood there that the bridge has: their numbers are not given again
                self.next_seq += _MOST_IN_A_PAGE
                self._lost += _MOST_IN_A_PAGE

    def _tell_damage(self, foreign, spoilt):
        found = []
        if self._lost:
            found.append("%d records lost" % self._lost)
        if spoilt:
            found.append("%d pages spoilt" % spoilt)
        if foreign:
            found.append("%d sectors of another life" % foreign)
        self.damage = "journal: " + ", ".join(found) if found else ""

    def format(self, life):
        """Begin a new life: every sector is erased. Long: only under a permit."""
        self.life, self.next_seq, self._head = life, 1, -1
        for sector in self._sectors:
            try:
                sector.erase(life, sector.wear + 1)
            except OSError:
                sector.state = BROKEN
        if not self._ready():
            raise OSError(_EIO, "no sector of the journal can be erased")

    # Writing

    def append(self, data):
        """Write one record; OSError when the flash refuses it twice or there is no room."""
        for _ in range(2):
            sector = self._sector_for(len(data))
            at = sector.end
            if self._program(sector.at + at, data):
                sector.end = at + len(data)
                break
            # What stands in that page now is nobody's
            sector.end = at - at % PAGE_BYTES + PAGE_BYTES
        else:
            raise OSError(_EIO, "the flash does not take a record")
        seq = records.seq_of(data)
        sector.first = sector.first or seq
        sector.last = seq
        sector.state = USED
        self.last_tag = records.tag_of(data)
        self.next_seq = seq + 1

    def _program(self, at, data):
        try:
            self._flash.program(at, data)
            return self._flash.read(at, len(data)) == data
        except OSError:
            return False

    def _sector_for(self, size):
        if self._head >= 0:
            sector = self._sectors[self._head]
            if sector.end % PAGE_BYTES + size > PAGE_BYTES:
                sector.end += PAGE_BYTES - sector.end % PAGE_BYTES
            if sector.end < SECTOR_BYTES:
                return sector
        count = len(self._sectors)
        for step in range(1, count + 1):
            index = (self._head + step) % count
            if self._sectors[index].state == READY:
                self._head = index
                return self._sectors[index]
        raise OSError(_ENOSPC, "the journal is full")

    def acknowledge(self, upto):
        """Records up to this number may be erased."""
        self._acked = upto

    # Erasing

    @property
    def preparable(self):
        """True when prepare() would erase a sector."""
        return self._next_to_erase() is not None

    def prepare(self):
        """Erase one sector that may be erased, the oldest first. Long: only under a permit."""
        sector = self._next_to_erase()
        if sector is None:
            return
        try:
            # A sector that lost its header was worn like the others
            sector.erase(self.life, (sector.wear or self.wear) + 1)
        except OSError:
            sector.state = BROKEN
            raise

    def _next_to_erase(self):
        count = len(self._sectors)
        keeps = self._ready() * 4 >= count * 3
        for step in range(1, count + 1):
            sector = self._sectors[(self._head + step) % count]
            if sector.state == WASTE:
                return sector
            is_head = self._head >= 0 and sector is self._sectors[self._head]
            if sector.state == USED and not is_head and not keeps and sector.last <= self._acked:
                return sector
        return None

    def _ready(self):
        return sum([sector.state == READY for sector in self._sectors])

    # Reading

    def after(self, seq, most):
        """Bytes of up to `most` records that follow number `seq`, in order."""
        found, marks = [], []
        mark = [entry for entry in self._marks if entry[0] == seq]
        order = self._in_order()
        begin = HEAD_BYTES
        if mark and mark[0][1] in order:
            order = order[order.index(mark[0][1]) :]
            begin = mark[0][2]
        for index in order:
            sector = self._sectors[index]
            if sector.last > seq:
                self._read(sector, index, begin, seq, most, found, marks)
                if len(found) >= most:
                    break
            begin = HEAD_BYTES
        if marks:
            self._marks = marks[-8:]
        return found

    def _read(self, sector, index, begin, seq, most, found, marks):
        ours = _any if sector.life else self._is_ours
        for at, data in sector.walk(begin):
            number = records.seq_of(data)
            if number > seq and ours(data):
                found.append(data)
                marks.append((number, index, at))
                if len(found) >= most:
                    break

    def _in_order(self):
        used = [index for index, s in enumerate(self._sectors) if s.state == USED]
        return sorted(used, key=lambda index: self._sectors[index].first)

    # Figures

    @property
    def first_seq(self):
        """Oldest number still held, 0 when none is."""
        return min([s.first for s in self._sectors if s.state == USED], default=0)

    @property
    def room(self):
        """Records of the usual size that can be written without an erase."""
        room = self._ready() * self._per_sector()
        return room + (self._sectors[self._head].room(USUAL_BYTES) if self._head >= 0 else 0)

    @property
    def capacity(self):
        """Records of the usual size that the flash can hold."""
        return len(self._sectors) * self._per_sector()

    @property
    def wear(self):
        """The most erasures that any sector has seen."""
        return max([sector.wear for sector in self._sectors])

    def _per_sector(self):
        first = (PAGE_BYTES - HEAD_BYTES) // USUAL_BYTES
        return first + (SECTOR_BYTES // PAGE_BYTES - 1) * (PAGE_BYTES // USUAL_BYTES)


def _any(_data):
    return True
