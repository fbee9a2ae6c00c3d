"""The ring against a model: power goes at every operation, bits rot, sectors are foreign or broken."""

from nor_model import ALL, HALF, NONE, SECTOR, Flash, PowerLost, Random

from evse.core import mac, records
from evse.core.ring import Ring

LIFE = "a55a41c3"
KEY = mac.Mac(b"key")


def belongs(data, life):
    return records.proven(data, life, KEY)


def record(seq, pad=0, kind="tx_sample", life=LIFE):
    row = {"seq": seq, "kind": kind, "boot": 1, "up": seq, "utc": None, "c": 1, "wh": seq * 10}
    row["tx"] = "x" * (25 + pad)
    return records.encode(row, life, records.NO_LINK, KEY)


def mounted(flash):
    """(ring, records found) as after a start."""
    ring, found = Ring(flash, belongs), []
    ring.mount(found.append)
    return ring, found


def fresh(sectors=16):
    flash = Flash(sectors)
    ring, found = mounted(flash)
    assert ring.life is None and ring.damage == "" and found == []
    ring.format(LIFE)
    return flash, ring


def prepare_all(ring):
    while ring.preparable:
        ring.prepare()


def seqs(found):
    return [records.seq_of(data) for data in found]


def test_records_come_back_in_order_after_a_start():
    flash, ring = fresh()
    written = [record(seq, seq % 7 * 9) for seq in range(1, 400)]
    for data in written:
        ring.append(data)
    assert ring.after(0, 1000) == written
    again, found = mounted(flash)
    assert found == written and again.damage == ""
    assert (again.next_seq, again.first_seq, again.life) == (400, 1, LIFE)
    assert again.last_tag == records.tag_of(written[-1])
    assert again.after(390, 1000) == written[390:]


def test_reading_in_batches_is_reading_at_once():
    _flash, ring = fresh()
    for seq in range(1, 300):
        ring.append(record(seq, seq % 5 * 20))
    upto, got = 0, []
    while True:
        batch = ring.after(upto, 8)
        if not batch:
            break
        # A message may have room for fewer than were read
        batch = batch[: 1 + upto % 8]
        got += batch
        upto = records.seq_of(batch[-1])
    assert seqs(got) == list(range(1, 300))


def test_a_record_is_one_program_and_no_erase_and_500_fit_in_64_kb():
    flash, ring = fresh()
    prepare_all(ring)
    room, programs, erases = ring.room, flash.programs, flash.erases
    assert room >= 500 and ring.capacity >= room
    for seq in range(1, room + 1):
        ring.append(record(seq))
    assert flash.programs - programs == room and flash.erases == erases
    assert len(ring.after(0, 10000)) == room and len(record(1)) == 75


def test_after_acknowledgement_there_is_room_for_500_again():
    _flash, ring = fresh()
    for seq in range(1, 600):
        ring.append(record(seq))
    ring.acknowledge(599)
    prepare_all(ring)
    assert ring.room >= 500


def test_a_full_ring_refuses_and_loses_nothing():
    flash, ring = fresh(4)
    seq = 1
    try:
        while True:
            ring.append(record(seq))
            seq += 1
    except OSError as error:
        assert "full" in str(error)
    assert seq == 4 * 48 + 1
    assert not ring.preparable
    _again, found = mounted(flash)
    assert seqs(found) == list(range(1, seq))


def test_only_acknowledged_records_are_erased_and_wear_is_even():
    flash, ring = fresh(8)
    seq = 1
    for _ in range(60):
        for _ in range(90):
            ring.append(record(seq))
            seq += 1
        upto = seq - 20
        ring.acknowledge(upto)
        prepare_all(ring)
        assert seqs(ring.after(upto, 1000)) == list(range(upto + 1, seq))
        assert ring.first_seq <= upto + 1
    again, _found = mounted(flash)
    worn = list(again._erasures)
    assert max(worn) - min(worn) <= 1 and again.wear == max(worn) > 8


def test_power_goes_at_every_operation_in_every_way():
    # A story of appends, acknowledgements and erases, cut once at each of its operations
    for mode in (NONE, HALF, ALL):
        cut, ended = 1, False
        while not ended:
            ended = cut_story(cut, mode)
            cut += 1
        assert cut > 140


def cut_story(cut, mode):
    flash, ring = fresh(4)
    flash.cut, flash.mode = flash.operations + cut, mode
    written, upto, ended = {}, 0, True
    tried = None
    try:
        for seq in range(1, 140):
            tried = record(seq, seq % 3 * 15)
            ring.append(tried)
            written[seq] = tried
            tried = None
            if seq % 20 == 0:
                upto = seq - 5
                ring.acknowledge(upto)
                prepare_all(ring)
    except PowerLost:
        ended = False
    flash.cut = 0
    again, found = mounted(flash)
    held = {records.seq_of(data): data for data in found}
    for seq, data in written.items():
        assert seq <= upto or held.get(seq) == data, (cut, mode, seq)
    for seq, data in held.items():
        assert written.get(seq, tried) == data, (cut, mode, seq)
    assert again.next_seq == max(list(held) + [0]) + 1, (cut, mode)
    # A record that was being written is no damage
    assert again.damage == "", (cut, mode, again.damage)
    # And life goes on
    again.acknowledge(upto)
    prepare_all(again)
    next_seq = again.next_seq
    again.append(record(next_seq))
    assert mounted(flash)[1][-1] == record(next_seq)
    return ended


def test_ten_thousand_random_steps_with_losses_of_power():
    for seed in (1, 2, 3):
        random_story(seed)


def random_story(seed):
    random = Random(seed)
    flash, ring = fresh(4)
    flash.random = random
    written, upto, cuts = {}, 0, 0
    for _ in range(1500):
        if random.below(12) == 0:
            flash.cut = flash.operations + 1 + random.below(6)
            flash.mode = random.below(3)
        tried = None
        try:
            if random.below(4):
                if ring.room > 6:
                    tried = record(ring.next_seq, random.below(60))
                    ring.append(tried)
                    written[records.seq_of(tried)] = tried
            else:
                upto = max(upto, ring.next_seq - 1 - random.below(30))
                ring.acknowledge(upto)
                ring.prepare()
        except PowerLost:
            cuts += 1
            flash.cut = 0
            ring, found = mounted(flash)
            held = {records.seq_of(data): data for data in found}
            if tried is not None and records.seq_of(tried) in held:
                written[records.seq_of(tried)] = tried
            for seq, data in written.items():
                assert seq <= upto or held.get(seq) == data, (seed, seq)
            for seq, data in held.items():
                assert written[seq] == data, (seed, seq)
            assert ring.next_seq not in written
            ring.acknowledge(upto)
    assert cuts > 20
    assert seqs(ring.after(upto, 1000)) == [seq for seq in sorted(written) if seq > upto]


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
