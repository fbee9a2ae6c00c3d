"""The ring where the flash is not what it was: rotten bits, spoilt headers, foreign and broken sectors, garbage."""

from nor_model import SECTOR, Flash, Random
from ring_bench import LIFE, belongs, fresh, mounted, prepare_all, record, seqs

from evse.core import records
from evse.core.ring import Ring


def test_rotten_bits_lose_what_they_hit_and_never_yield_a_wrong_record():
    for seed in range(1, 40):
        random = Random(seed)
        flash, ring = fresh(4)
        written = {seq: record(seq) for seq in range(1, 120)}
        for seq in range(1, 120):
            ring.append(written[seq])
        for _ in range(3):
            flash.data[random.below(3 * SECTOR)] ^= 1 << random.below(8)
        again, found = mounted(flash)
        held = {records.seq_of(data): data for data in found}
        for seq, data in held.items():
            assert written[seq] == data, (seed, seq)
        lost = [seq for seq in written if seq not in held]
        # A page holds three of them
        assert len(lost) <= 9, (seed, lost)
        if lost:
            assert again.damage, seed
        # A number that the bridge may have is never given again
        assert again.next_seq > 119, seed
        again.append(record(again.next_seq))


def test_a_spoilt_header_loses_no_record():
    flash, ring = fresh(4)
    for seq in range(1, 100):
        ring.append(record(seq))
    flash.data[5] ^= 4
    again, found = mounted(flash)
    assert seqs(found) == list(range(1, 100)) == seqs(again.after(0, 1000))
    again.acknowledge(99)
    prepare_all(again)
    assert mounted(flash)[0].life == LIFE


def test_records_of_nobody_in_a_sector_without_header_are_left_out():
    flash, ring = fresh(4)
    for seq in range(1, 100):
        ring.append(record(seq))
    stranger = record(7, life="00000000")
    at = 3 * SECTOR
    flash.data[at : at + SECTOR] = b"\xff" * SECTOR
    flash.data[at + 16 : at + 16 + len(stranger)] = stranger
    flash.data[at] = 0
    again, found = mounted(flash)
    assert seqs(found) == list(range(1, 100))
    prepare_all(again)
    assert again.room > 48


def test_foreign_sectors_are_named_and_erased():
    flash, _ring = fresh(4)
    other = Flash(4)
    Ring(other, belongs).format("00000000")
    flash.data[SECTOR : 2 * SECTOR] = other.data[:SECTOR]
    again, _found = mounted(flash)
    assert again.life == LIFE and "1 sectors of another life" in again.damage
    prepare_all(again)
    assert mounted(flash)[0].damage == ""


def test_garbage_is_no_ring_and_says_so():
    for fill in (b"\0", b"\x5a"):
        flash = Flash(4)
        flash.data[:] = fill * flash.size
        ring, found = mounted(flash)
        assert ring.life is None and found == [] and "no ring" in ring.damage
        ring.format(LIFE)
        ring.append(record(1))
        assert seqs(mounted(flash)[1]) == [1]
    random = Random(9)
    flash = Flash(4)
    for at in range(flash.size):
        flash.data[at] = random.below(256)
    assert mounted(flash)[0].life is None


def test_a_sector_that_refuses_is_passed_over():
    flash, ring = fresh(4)
    flash.broken = {1}
    for seq in range(1, 49):
        ring.append(record(seq))
    # The next sector takes nothing: two pages are tried, then the record is refused
    try:
        ring.append(record(49))
    except OSError as error:
        assert "does not take" in str(error)
    else:
        raise AssertionError
    assert seqs(mounted(flash)[1]) == list(range(1, 49))
    flash = Flash(4)
    flash.broken = {2}
    ring = Ring(flash, belongs)
    ring.format(LIFE)
    for seq in range(1, 3 * 48 + 1):
        ring.append(record(seq))
    flash.broken = {0, 1, 2, 3}
    try:
        Ring(flash, belongs).format(LIFE)
    except OSError as error:
        assert "can be erased" in str(error)
    else:
        raise AssertionError
