"""The journal's ring: what is appended is found again, in order, and flash that fails has a name."""

from ring_bench import (
    KB,
    LIFE,
    SECTOR,
    fill,
    held_on,
    holds,
    new_ring,
    prepare_all,
    raised,
    record,
    ring_on,
    waiting,
)

from evse.core import records
from evse.core.ring import RingFullError
from evse.core.ring_sector import FlashFaultError
from pilesim.nor_flash import NorFlash
from pilesim.rng import Random


def test_what_is_appended_is_found_again_in_order():
    ring, flash = new_ring()
    rows = []
    for extra in (0, 100, 0, 3, 126, 0, 50) * 20:
        rows += fill(ring, 1, extra)
    again, held = held_on(flash)
    assert held == rows
    assert (again.life, again.next_seq, again.first) == (LIFE, 141, 1)
    assert again.link == ring.link == records.tag_of(rows[-1])[:4]
    assert (again.holes, again.torn, again.spoilt, again.foreign) == (0, False, 0, 0)
    assert waiting(again) == waiting(ring) == 140
    fill(again, 1)
    assert held_on(flash)[0].next_seq == 142


def test_numbers_are_given_by_the_ring():
    ring, _flash = new_ring()
    row = record(ring)
    ring.append(row)
    assert "record 1, next is 2" in raised(ValueError, ring.append, row)


def test_a_flash_that_was_never_a_ring_says_so():
    garbage = NorFlash(64 * KB, Random(5))
    for at in range(garbage.size):
        garbage.content[at] = garbage._random.below(256)
    zeros = NorFlash(64 * KB)
    zeros.content[:] = bytes(64 * KB)
    for flash in (NorFlash(64 * KB), garbage, zeros):
        ring, held = held_on(flash)
        assert (ring.life, held, ring.room, waiting(ring), ring.first) == (None, [], 0, 0, 0)
        assert not ring.prepare()
        assert raised(RingFullError, ring.append, b"\x30\x01\x01\0\0\0" + bytes(42))
        ring.format(LIFE)
        prepare_all(ring)
        rows = fill(ring, 5)
        assert held_on(flash)[1] == rows


def test_a_ring_of_another_life_is_foreign_and_a_new_life_wins_from_its_first_sector():
    ring, flash = new_ring()
    fill(ring, 60)
    ring.format("00000002")
    assert ring.prepare()
    again, held = held_on(flash)
    assert (again.life, held, again.foreign, again.next_seq) == ("00000002", [], 15, 1)
    rows = fill(again, 3)
    again, held = held_on(flash)
    assert held == rows
    prepare_all(again)
    again, held = held_on(flash)
    assert (held, again.foreign) == (rows, 0)


def test_a_few_foreign_sectors_are_counted_and_erased():
    ring, flash = new_ring()
    rows = fill(ring, 60)
    other, stranger = new_ring(life="0badc0de")
    fill(other, 3)
    flash.content[5 * SECTOR : 6 * SECTOR] = stranger.read(0, SECTOR)
    again, held = held_on(flash)
    assert (again.life, again.foreign, held) == (LIFE, 1, rows)
    assert again.prepare()
    assert held_on(flash)[0].foreign == 0


def test_sectors_may_stand_in_any_order():
    ring, flash = new_ring(32 * KB)
    rows = fill(ring, 250)
    sectors = [bytes(flash.content[at : at + SECTOR]) for at in range(0, flash.size, SECTOR)]
    for order in ((3, 1, 7, 0, 2, 6, 5, 4), (7, 6, 5, 4, 3, 2, 1, 0), (4, 5, 6, 7, 0, 1, 2, 3)):
        flash.content[:] = b"".join([sectors[number] for number in order])
        again, held = held_on(flash)
        assert held == rows
        assert (again.next_seq, again.holes) == (251, 0)
        assert holds(again, held + fill(again, 10))


def test_only_acknowledged_records_are_erased_and_the_newest_stay():
    ring, flash = new_ring()
    rows = fill(ring, ring.room)
    assert raised(RingFullError, ring.append, record(ring))
    assert not ring.prepare()
    ring.acknowledge(47)
    assert not ring.prepare()
    ring.acknowledge(100)
    assert ring.prepare() and ring.prepare() and not ring.prepare()
    assert holds(ring, rows[96:])
    assert (ring.first, waiting(ring)) == (97, len(rows) - 100)
    ring.acknowledge(len(rows))
    prepare_all(ring)
    assert waiting(ring) == 0
    assert holds(ring, rows[-4 * 48 :])
    assert holds(ring_on(flash), rows[-4 * 48 :])
    assert flash.wear == [2] * 12 + [1] * 4


def test_a_charge_of_ten_hours_fits_without_an_erase_and_with_one_program_a_record():
    ring, flash = new_ring()
    least = 9999
    for _ in range(20):
        prepare_all(ring)
        room, erases, programs = ring.room, flash.erases, flash.programs
        count = 0
        while True:
            row = record(ring)
            assert len(row) <= 75
            try:
                ring.append(row)
            except RingFullError:
                break
            count += 1
            # Acknowledged while it charges: no reason to erase
            ring.acknowledge(ring.next_seq - 1 - count % 7)
        assert flash.erases == erases
        assert flash.programs - programs == count
        assert count >= room
        least = min(least, count)
        ring.acknowledge(ring.next_seq - 1)
    assert least >= 500
    assert ring.capacity == 768


def test_all_sectors_wear_alike():
    ring, flash = new_ring(32 * KB)
    random = Random(3)
    for _ in range(6000):
        if ring.room < 20 or not random.below(40):
            ring.acknowledge(ring.next_seq - 1 - random.below(30))
            prepare_all(ring)
        if not random.below(500):
            ring = ring_on(flash)
        fill(ring, 1, random.below(60))
    assert max(flash.wear) - min(flash.wear) <= 1
    assert ring.wear == max(flash.wear) > 15
    assert ring_on(flash).wear == ring.wear


def test_after_gives_what_follows_and_reads_little_when_asked_again():
    ring, flash = new_ring()
    rows = fill(ring, 500)
    pages = []
    read = flash.read
    flash.read = lambda at, count: pages.append(at) or read(at, count)
    for seq in range(0, 500, 5):
        assert ring.after(seq, 8) == rows[seq : seq + 8]
        pages.clear()
        assert ring.after(seq, 8) == rows[seq : seq + 8]
        assert len(pages) <= 5, seq
    assert ring.after(500, 8) == []
    assert ring.after(3, 2) == rows[3:5]
    rows += fill(ring, 1)
    assert ring.after(500, 8) == rows[500:]


def test_a_page_that_fails_is_left_for_the_next():
    ring, flash = new_ring()
    rows = fill(ring, 2)
    flash.failing = 1
    rows += fill(ring, 1)
    flash.silent = 1
    rows += fill(ring, 2)
    assert (ring.failures, ring.programs) == (2, 7)
    again, held = held_on(flash)
    assert held == rows
    assert (again.spoilt, again.torn) == (0, False)


def test_a_flash_that_fails_is_named_and_nothing_is_lost_by_it():
    ring, flash = new_ring()
    rows = fill(ring, 2)
    room = ring.room
    flash.failing = -1
    for _ in range(40):
        assert "flash does not answer" in raised(OSError, ring.append, record(ring))
    flash.failing, flash.silent = 0, -1
    assert "not programmed" in raised(FlashFaultError, ring.append, record(ring))
    flash.silent = 0
    assert ring.room == room
    rows += fill(ring, 3)
    assert held_on(flash)[1] == rows


def test_a_record_that_nobody_can_read_back_takes_its_number_along():
    ring, flash = new_ring()
    fill(ring, 2)
    read = flash.read

    def unreadable(at, count):
        raise OSError("no reading")

    flash.read = unreadable
    assert raised(OSError, ring.append, record(ring)) == "no reading"
    flash.read = read
    assert ring.next_seq == 4
    fill(ring, 1)
    assert [records.seq_of(row) for row in held_on(flash)[1]] == [1, 2, 3, 4]


def test_a_sector_that_cannot_be_erased_is_given_up():
    ring, flash = new_ring()
    ring.format("00000002")
    flash.worn = True
    for _ in range(3):
        assert "not erased" in raised(FlashFaultError, ring.prepare)
    flash.worn = False
    prepare_all(ring)
    assert ring.capacity == 15 * 48
    rows = fill(ring, ring.room)
    again = ring_on(flash)
    assert holds(again, rows)
    # The next start tries again
    prepare_all(again)
    assert again.room == 48


def test_a_number_that_the_other_side_has_is_not_given_again():
    ring, _flash = new_ring()
    fill(ring, 3)
    ring.acknowledge(7)
    assert (ring.next_seq, waiting(ring)) == (8, 0)
