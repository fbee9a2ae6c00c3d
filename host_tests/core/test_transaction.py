"""A transaction's life: start, charge, end, last register."""

from evse.core.transaction import (
    AUTHORISED,
    CHARGING,
    ENDED,
    ENDING,
    FINAL_READING_MS,
    Transaction,
)


def transaction():
    return Transaction("a-1-1", "ref", "tcec102", 1, 1000, 60000)


def test_charge_and_stop_takes_a_reading_after_opening():
    t = transaction()
    assert t.wants_energy() and t.phase == AUTHORISED
    assert t.step(True, True, 20) and t.phase == CHARGING
    assert t.end("remote") and not t.wants_energy()
    assert not t.step(True, True, 20)
    assert not t.finish(1100, 10)
    for _ in range(20):
        assert not t.finish(1100, 0)
        t.step(False, True, 20)
    assert not t.finish(1100, 10)
    assert t.finish(1110, 0)
    assert (t.phase, t.start_wh, t.stop_wh, t.reason) == (ENDED, 1000, 1110, "remote")


def test_what_a_loss_of_power_interrupted_goes_on():
    was = {"tx": "a-1", "ref": "R", "by": "tcec102", "start_wh": 1000, "charged": False}
    t = Transaction.resumed(was, 1, 60000)
    assert (t.tx, t.ref, t.by, t.start_wh, t.phase) == ("a-1", "R", "tcec102", 1000, AUTHORISED)
    t = Transaction.resumed(dict(was, charged=True), 1, 60000)
    assert t.phase == CHARGING and t.wants_energy()


def test_lost_meter_ends_with_the_last_good_register():
    t = transaction()
    t.step(True, True, 20)
    t.end("fault", "meter_lost")
    waited_ms = 0
    while not t.finish(1100, 100000):
        t.step(False, True, 20)
        waited_ms += 20
    assert waited_ms == FINAL_READING_MS and t.stop_wh == 1100 and t.fault == "meter_lost"


def test_meter_that_comes_back_in_time_is_waited_for():
    t = transaction()
    t.step(True, True, 20)
    t.end("remote")
    for _ in range(FINAL_READING_MS // 20 - 50):
        t.step(False, True, 20)
        assert not t.finish(1100, 100000)
    assert t.finish(1190, 0) and (t.stop_wh, t.fault) == (1190, "")


def test_bill_without_a_last_reading_says_so_and_a_refused_one_is_not_waited_for():
    for refused, most_ms, fault in (
        (False, FINAL_READING_MS, "meter_lost"),
        (True, 3000, "meter_implausible"),
    ):
        t = transaction()
        t.step(True, True, 20)
        t.end("remote")
        waited_ms = 0
        while not t.finish(1100, 100000, refused):
            t.step(False, True, 20)
            waited_ms += 20
        assert waited_ms == most_ms and (t.reason, t.fault) == ("remote", fault)


def test_no_current_within_the_time_ends_it():
    t = transaction()
    for _ in range(2999):
        assert not t.step(False, True, 20)
    assert t.step(False, True, 20) and (t.phase, t.reason) == (ENDING, "start_timeout")


def test_first_reason_stands():
    t = transaction()
    assert t.end("unplugged") and not t.end("fault", "meter_lost")
    assert (t.reason, t.fault) == ("unplugged", "")


def test_energy_is_never_negative():
    t = transaction()
    t.end("local")
    for _ in range(20):
        t.step(False, True, 20)
    assert t.finish(900, 0) and t.stop_wh == 1000


def test_contactor_that_never_opens_does_not_keep_the_bill_open():
    t = transaction()
    t.step(True, True, 20)
    t.end("remote")
    waited_ms = 0
    while not t.finish(1100, 0):
        t.step(True, True, 20)
        waited_ms += 20
    assert waited_ms == 10000 and t.stop_wh == 1100


def test_our_own_pause_does_not_run_the_start_timeout_down():
    t = transaction()
    for _ in range(10000):
        assert not t.step(False, False, 20)
    assert t.phase == AUTHORISED
