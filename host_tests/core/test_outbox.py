"""The queue of records: order, batches, acknowledgement, bounded memory without losing money."""

import json

from evse.core.messages import encode_record
from evse.core.outbox import Outbox


def record(kind="tx_sample"):
    return {"kind": kind, "wh": 1234560}


def seqs(encoded):
    return [json.loads(data)["seq"] for data in encoded]


def test_sequence_and_cumulative_acknowledgement():
    box = Outbox(50, 11)
    assert [box.append(record()) for _ in range(5)] == [11, 12, 13, 14, 15]
    assert box.acknowledge(13) == 3 and len(box) == 2
    assert box.acknowledge(13) == 0
    encoded, last = box.batch(1000, encode_record)
    assert seqs(encoded) == [14, 15] and last == 15


def test_batch_fits_and_always_holds_one():
    box = Outbox(50, 1)
    for _ in range(20):
        box.append(record())
    size = len(encode_record({"kind": "tx_sample", "wh": 1234560, "seq": 1})) + 1
    encoded, last = box.batch(3 * size, encode_record)
    assert (seqs(encoded), last) == ([1, 2, 3], 3)
    assert seqs(box.batch(1, encode_record)[0]) == [1]
    assert box.batch(100000, encode_record)[1] == 8
    assert Outbox(50, 1).batch(1000, encode_record) == ([], 0)


def test_samples_are_thinned_before_a_stop_is_lost_and_the_sequence_has_no_gap():
    box = Outbox(40, 1)
    for _ in range(500):
        box.append(record())
    assert box.full and box.thinned > 400
    for _ in range(8):
        assert box.append(record("tx_stop"))
    assert len(box) <= 40
    encoded = []
    while len(box):
        some, last = box.batch(1000, encode_record)
        encoded += some
        box.acknowledge(last)
    assert seqs(encoded) == list(range(1, len(encoded) + 1))


def test_flood_of_faults_stays_within_its_bounds():
    box = Outbox(40, 1)
    for _ in range(500):
        box.append(record("fault"))
    assert len(box) == 32 and box.full
    assert box.append(record("tx_stop")) == 33


def test_first_ack_of_a_new_life_renumbers_and_frees_nothing():
    box = Outbox(50, 100001, anchored=False)
    for _ in range(3):
        box.append(record("tx_stop"))
    assert box.rebase(100050)
    assert seqs(box.batch(1000, encode_record)[0]) == [100051, 100052, 100053]
    assert not box.rebase(100052)


def test_rebase_after_the_pile_lost_its_memory():
    box = Outbox(50, 1)
    box.append(record("boot"))
    box.append(record("tx_start"))
    assert box.rebase(500)
    assert seqs(box.batch(1000, encode_record)[0]) == [501, 502]
    assert box.append(record()) == 503
    assert not box.rebase(502)
