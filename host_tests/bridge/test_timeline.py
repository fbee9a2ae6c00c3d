"""When records happened, for piles that did not know the time."""

from bridge.fakes import T0
from pilebridge.model import Record
from pilebridge.timeline import Anchor, Placed, place


def row(seq, up, utc, boot=1, received=T0 + 1000):
    return Record(seq, "CP", seq, "tx_sample", boot, up, utc, 1, 0, received, {})


def test_known_times_are_taken_as_they_are():
    assert place([row(1, 5, T0), row(2, 9, T0 + 4)]) == Placed([T0, T0 + 4], [])


def test_unknown_time_follows_from_a_record_of_the_same_boot():
    assert place([row(1, 5, None), row(2, 9, T0)]) == Placed([T0 - 4, T0], [])


def test_unknown_time_follows_from_a_live_message_of_the_same_boot():
    anchor = Anchor(1, 105, T0, "state")
    placed = place([row(1, 5, None)], [anchor, Anchor(1, 500, T0, "state")])
    assert placed == Placed([T0 - 100], [anchor])
    assert not placed.estimated


def test_another_boot_places_nothing_and_receipt_is_an_estimate():
    placed = place([row(1, 5, None), row(2, 65, None)], [Anchor(2, 5, T0)])
    assert placed.times == [T0 + 940, T0 + 1000]
    assert placed.estimated
    assert placed.used == [Anchor(1, 65, T0 + 1000, "receipt", 2)]
