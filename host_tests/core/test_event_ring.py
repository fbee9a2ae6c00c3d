"""The ring of the last events."""

from evse.core.event_log import entries
from evse.core.event_ring import EventRing


def test_the_newest_are_kept_in_order():
    ring = EventRing(64)
    assert entries(ring, 10) == []
    for number in range(9):
        ring.add(number, "pilot A%d" % number)
    assert entries(ring, 3) == [(6, "pilot A6"), (7, "pilot A7"), (8, "pilot A8")]
    assert entries(ring, 100) == [(n, "pilot A%d" % n) for n in range(4, 9)]


def test_whatever_the_lengths_no_entry_is_torn():
    for size in range(40, 90):
        ring = EventRing(size)
        for number in range(300):
            ring.add(number, "x" * (number % (size // 4 - 5)))
            found = entries(ring, 100)
            assert [up_s for up_s, _what in found] == list(
                range(number + 1 - len(found), number + 1)
            )
            assert all(what == "x" * (up_s % (size // 4 - 5)) for up_s, what in found)
            assert (
                sum(len("%d %s\n" % entry) for entry in found) > size // 2
                or len(found) == number + 1
            )


def test_a_long_one_is_cut_and_may_be_cut_within_a_character():
    ring = EventRing(80)
    ring.add(1, "充电桩充电桩充电桩")
    ring.add(2, "y" * 500)
    found = entries(ring, 9)
    assert found[0] == (1, "充电桩充电")
    assert found[1] == (2, "y" * 17)
