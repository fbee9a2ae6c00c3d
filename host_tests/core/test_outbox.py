"""Which records are taken as the journal fills: money to the last, the rest in its order."""

from evse.core.outbox import Outbox

CAPACITY = 600
MONEY = ("tx_start", "tx_charging", "tx_resume", "tx_ending", "tx_stop", "key")


def taken(kind, room, times=100):
    box = Outbox()
    count = sum([box.takes(kind, room, CAPACITY) for _ in range(times)])
    assert box.thinned == times - count
    return count


def test_everything_is_taken_while_there_is_room():
    for kind in MONEY + ("boot", "tx_sample", "fault", "fault_clear", "clock"):
        assert taken(kind, 300) == 100, kind


def test_every_fourth_sample_from_half_on():
    assert taken("tx_sample", 299) == 25
    assert taken("fault", 299) == 100


def test_money_is_taken_to_the_end_and_a_start_of_the_pile_before_that():
    for room in (35, 18, 17, 1, 0):
        for kind in MONEY:
            assert taken(kind, room) == 100, (kind, room)
        for kind in ("tx_sample", "fault", "fault_clear", "clock"):
            assert taken(kind, room) == 0, (kind, room)
        assert taken("boot", room) == (100 if room >= 18 else 0), room


def test_no_transaction_begins_that_could_not_be_written_to_its_end():
    box = Outbox()
    assert box.full(35) and not box.full(36)
