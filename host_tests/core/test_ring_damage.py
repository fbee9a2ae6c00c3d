"""The ring when power goes in any operation and when bits rot: no record lost, invented or renumbered."""

from ring_bench import (
    KB,
    LIFE,
    PAGE,
    SECTOR,
    fill,
    held_on,
    new_ring,
    prepare_all,
    record,
    ring_on,
)

from evse.core import records
from evse.core.ring import RingFullError
from evse.core.ring_sector import HEAD_BYTES
from pilesim.nor_flash import TORN, NorFlash, PowerCut
from pilesim.rng import Random

SIZE = 16 * KB


class Books:
    """What the other side of the ring knows: records reported as written, and one that may be."""

    def __init__(self):
        self.written = {}  # number: record, from the first not acknowledged on or older
        self.pending = None
        self.acked = 0

    def check(self, flash):
        """The next start on this flash finds what it must and nothing else; returns its ring."""
        held = {}

        def visit(data):
            seq = records.seq_of(data)
            assert not held or seq > max(held), "order"
            held[seq] = data
            known = self.written.get(seq)
            assert data == (self.pending if known is None else known), seq

        ring = ring_on(flash, visit)
        for seq in range(self.acked + 1, max(self.written, default=0) + 1):
            assert seq in held, "lost %d" % seq
        assert ring.next_seq == max(max(held, default=0), max(self.written, default=0)) + 1
        assert ring.holes == 0
        return ring

    def append(self, ring, extra):
        """Append a record and book it; False when the ring is full."""
        self.pending = record(ring, extra)
        try:
            ring.append(self.pending)
        except RingFullError:
            return False
        self.written[records.seq_of(self.pending)] = self.pending
        return True

    def acknowledge(self, ring, upto):
        self.acked = max(self.acked, upto)
        ring.acknowledge(self.acked)
        # Far behind the acknowledged ones nothing is held any more
        for seq in [seq for seq in self.written if seq < self.acked - 250]:
            del self.written[seq]

    def restart(self, flash):
        """A ring after a restart; what was whole although nobody said so is written."""
        ring = self.check(flash)
        if self.pending is not None and ring.next_seq > records.seq_of(self.pending):
            self.written.setdefault(records.seq_of(self.pending), self.pending)
        self.pending = None
        ring.acknowledge(self.acked)
        return ring


def step(books, ring, random):
    """One thing that a pile does with its ring."""
    what = random.below(100)
    if what < 80:
        if not books.append(ring, random.below(80)):
            books.acknowledge(ring, ring.next_seq - 1)
            prepare_all(ring)
    elif what < 90:
        books.acknowledge(ring, ring.next_seq - 1 - random.below(20))
    else:
        ring.prepare()


class EveryCut(NorFlash):
    """Before every operation: what is left when it is cut, in every torn mode, goes to `check`."""

    check = None

    def program(self, at, data):
        self._cut_copies(NorFlash.program, at, data)
        NorFlash.program(self, at, data)

    def erase(self, at):
        self._cut_copies(NorFlash.erase, at)
        NorFlash.erase(self, at)

    def _cut_copies(self, operation, *values):
        if self.check is None:
            return
        for torn in TORN:
            copy = NorFlash(self.size, Random(self.programs + self.erases))
            copy.content[:] = self.content
            copy.cut_in(1, torn)
            try:
                operation(copy, *values)
            except PowerCut:
                self.check(copy)


def test_power_may_go_in_every_operation_and_the_ring_goes_on():
    random = Random(11)
    flash = EveryCut(SIZE)
    ring = ring_on(flash)
    ring.format(LIFE)
    prepare_all(ring)
    books = Books()
    cuts = []

    def check(copy):
        cuts.append(1)
        again = books.check(copy)
        again.acknowledge(books.acked)
        prepare_all(again)
        if not again.room:
            return
        seq = again.next_seq
        rows = fill(again, 2)
        later, held = held_on(copy)
        assert held[-2:] == rows
        assert later.next_seq == seq + 2

    flash.check = check
    for _ in range(900):
        step(books, ring, random)
    assert len(cuts) > 2200 and flash.erases > 10


def test_power_may_go_while_a_life_begins():
    flash = EveryCut(SIZE)
    lives = []

    def check(copy):
        again, held = held_on(copy)
        lives.append(again.life)
        assert held == []
        if again.life is None:
            again.format(LIFE)
        prepare_all(again)
        rows = fill(again, 3)
        assert held_on(copy)[1] == rows

    flash.check = check
    ring = ring_on(flash)
    ring.format(LIFE)
    prepare_all(ring)
    assert lives[0] is None and lives[-1] == LIFE and len(lives) == 24


def test_random_cuts_over_thousands_of_steps():
    for seed in range(1, 16):
        random = Random(seed)
        flash = NorFlash(SIZE, Random(seed + 100))
        ring = ring_on(flash)
        ring.format(LIFE)
        prepare_all(ring)
        books = Books()
        cuts = 0
        for _ in range(1000):
            if not random.below(8):
                flash.cut_in(1 + random.below(6), TORN[random.below(3)])
            try:
                step(books, ring, random)
            except PowerCut:
                cuts += 1
                ring = books.restart(flash)
        assert cuts > 40 and ring.next_seq > 700, seed


def test_rot_costs_only_records_of_its_pages_and_never_makes_one():
    for seed in range(1, 121):
        ring, flash = new_ring(32 * KB)
        rows = fill(ring, 200)
        places = flash_places(flash, rows)
        random = Random(seed)
        flash._random = random
        touched = {at // PAGE for at in flash.rot(1 + random.below(12), 0, 6 * SECTOR)}
        again, held = held_on(flash)
        lost = [row for row in rows if row not in held]
        for data in held:
            assert data in rows
        for row in lost:
            assert places[records.seq_of(row)] // PAGE in touched, seed
        numbers = [records.seq_of(data) for data in held]
        inner = [row for row in lost if numbers[0] < records.seq_of(row) < numbers[-1]]
        assert again.holes >= len(inner)
        assert again.spoilt or not lost
        assert again.life == LIFE
        row = record(again)
        again.append(row)
        held.append(row)
        assert held_on(flash)[1] == held


def flash_places(flash, rows):
    """{number: where its record stands}"""
    places = {}
    content = bytes(flash.content)
    for row in rows:
        places[records.seq_of(row)] = content.index(row)
    return places


def test_no_bit_of_the_last_record_lets_its_number_be_given_again():
    ring, flash = new_ring(SIZE)
    rows = fill(ring, 5)
    at = flash_places(flash, rows)[5]
    for bit in range(8 * len(rows[-1])):
        flash.content[at + bit // 8] ^= 1 << bit % 8
        again, held = held_on(flash)
        assert held == rows[:4], bit
        assert (again.next_seq, again.holes, again.torn) == (6, 1, True), bit
        flash.content[at + bit // 8] ^= 1 << bit % 8


def test_numbers_of_a_rotten_last_page_are_not_given_again():
    again_given = 0
    for seed in range(100):
        ring, flash = new_ring(SIZE)
        rows = fill(ring, 21)
        at = flash_places(flash, rows)[20]
        flash._random = Random(seed)
        flash.rot(2 + seed % 5, at, at + len(rows[19]) + len(rows[20]))
        again, held = held_on(flash)
        assert held[:19] == rows[:19]
        again_given += again.next_seq != 22
    # Rot in a byte of length looks like a record that was cut off: two bytes of 134
    assert again_given <= 8


def test_records_behind_a_rotten_one_in_its_page_are_found():
    ring, flash = new_ring(SIZE)
    rows = fill(ring, 6)
    at = flash_places(flash, rows)[4]
    for offset in (0, 1, 3, 40, 65):
        flash.content[at + offset] ^= 0x10
        again, held = held_on(flash)
        assert held == rows[:3] + rows[4:], offset
        assert (again.holes, again.spoilt, again.torn) == (1, 1, False)
        flash.content[at + offset] ^= 0x10


def test_what_looks_like_a_record_behind_damage_is_none_without_its_tag():
    ring, flash = new_ring(SIZE)
    rows = fill(ring, 1)
    stranger, _flash = new_ring(SIZE, "0badc0de")
    stranger.acknowledge(900)
    flash.program(HEAD_BYTES + len(rows[0]), b"\0" + record(stranger))
    again, held = held_on(flash)
    assert (held, again.next_seq, again.torn) == (rows, 2, True)


def test_a_rotten_header_does_not_cost_its_records():
    ring, flash = new_ring(SIZE)
    rows = fill(ring, 150)
    for sector in range(4):
        flash.content[sector * SECTOR + 5] ^= 1
        again, held = held_on(flash)
        assert held == rows
        assert (again.life, again.holes, again.next_seq) == (LIFE, 0, 151)
        again.acknowledge(150)
        flash.content[sector * SECTOR + 5] ^= 1
    for sector in range(4):
        flash.content[sector * SECTOR + 9] ^= 1
    assert held_on(flash)[0].life is None


def test_a_rotten_header_over_records_of_another_life_is_erased():
    ring, flash = new_ring(SIZE)
    rows = fill(ring, 100)
    other, stranger = new_ring(SIZE, "0badc0de")
    fill(other, 20)
    flash.content[3 * SECTOR :] = stranger.content[:SECTOR]
    flash.content[3 * SECTOR] = 0
    again, held = held_on(flash)
    assert (held, again.foreign) == (rows, 0)
    assert again.prepare() and not again.prepare()
    assert flash.content[3 * SECTOR :].count(b"\xff") == SECTOR - HEAD_BYTES
