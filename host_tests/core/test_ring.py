"""The ring against a model: order, room, wear, and power that goes at every operation."""

from nor_model import ALL, HALF, NONE, PowerLost, Random
from ring_bench import LIFE, fresh, mounted, prepare_all, record, seqs

from evse.core import records


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
