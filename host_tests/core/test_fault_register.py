"""How faults are raised and cleared: waits, retries, unplugging, reset, lock-out."""

from evse.core import faults
from evse.core.fault_register import FORGET_MS, FaultRegister
from evse.core.faults import (
    CONTACTOR_NO_CLOSE,
    CONTACTOR_WELDED,
    MAINS_LOST,
    METER_LOST,
    OVER_VOLTAGE,
    PILOT_SHORT,
    RESIDUAL_CURRENT,
    RESIDUAL_CURRENT_TEST,
    SAFETY_PART_MISSING,
    SETTINGS_INVALID,
    TASK_FAILED,
    UNDER_VOLTAGE,
)

PLUGGED, UNPLUGGED = False, True


def quiet(r, ms, unplugged=PLUGGED, dt_ms=20):
    """Let `ms` pass without any cause; returns (raised, cleared) of all steps."""
    raised = cleared = 0
    while ms > 0:
        up, down = r.step(0, unplugged, min(dt_ms, ms))
        raised |= up
        cleared |= down
        ms -= dt_ms
    return raised, cleared


def wait_ms(r, bit, dt_ms=1000):
    """Time until a fault without a cause clears."""
    waited_ms = 0
    while r.active & bit:
        r.step(0, PLUGGED, dt_ms)
        waited_ms += dt_ms
        assert waited_ms <= 10000000
    return waited_ms


def spend(r, bit, retries):
    """Use up the retries of a fault."""
    for _ in range(retries):
        r.step(bit, PLUGGED, 20)
        wait_ms(r, bit)


def test_self_clearing_waits_for_its_time_from_the_last_cause():
    r = FaultRegister()
    assert r.step(PILOT_SHORT, PLUGGED, 20) == (PILOT_SHORT, 0)
    assert r.step(PILOT_SHORT, PLUGGED, 20) == (0, 0)
    assert quiet(r, 2000) == (0, 0)
    r.step(PILOT_SHORT, PLUGGED, 20)
    assert quiet(r, 2980) == (0, 0)
    assert r.active == PILOT_SHORT
    assert r.step(0, PLUGGED, 20) == (0, PILOT_SHORT)
    assert r.active == 0


def test_fault_without_wait_clears_with_its_cause_and_not_before():
    r = FaultRegister()
    r.step(faults.CLOCK_UNKNOWN, PLUGGED, 20)
    for _ in range(500):
        assert r.step(faults.CLOCK_UNKNOWN, PLUGGED, 20) == (0, 0)
    assert r.step(0, PLUGGED, 20) == (0, faults.CLOCK_UNKNOWN)


def test_no_row_clears_while_its_cause_is_present():
    everything = (1 << len(faults.TABLE)) - 1
    r = FaultRegister()
    r.step(everything, UNPLUGGED, 20)
    for _ in range(50):
        assert r.step(everything, UNPLUGGED, 100000) == (0, 0)
    assert r.reset() & ~RESIDUAL_CURRENT_TEST == 0 and r.unlock() == 0
    r.step(everything, UNPLUGGED, 20)
    assert r.active == everything


def test_unplug_clearing_waits_for_the_vehicle():
    r = FaultRegister()
    r.step(CONTACTOR_NO_CLOSE, PLUGGED, 20)
    quiet(r, 3600000, dt_ms=1000)
    assert r.active == CONTACTOR_NO_CLOSE
    assert r.step(CONTACTOR_NO_CLOSE, UNPLUGGED, 20) == (0, 0)
    assert r.step(0, UNPLUGGED, 20) == (0, CONTACTOR_NO_CLOSE)


def test_each_wait_is_twice_the_one_before_until_the_retries_are_spent():
    for bit in (RESIDUAL_CURRENT, OVER_VOLTAGE):
        row = faults.row(faults.names(bit)[0])
        r = FaultRegister()
        for n in range(row["retries"]):
            assert r.step(bit, PLUGGED, 20) == (bit, 0)
            assert r.ending == 0 and r.waiting == bit, n
            assert wait_ms(r, bit) == row["wait_ms"] << n
        assert r.step(bit, PLUGGED, 20) == (bit, 0)
        assert r.ending == bit and r.waiting == 0
        quiet(r, 8 * 3600000, dt_ms=60000)
        assert r.active == bit
        assert r.step(0, UNPLUGGED, 20) == (0, bit)


def test_spent_fault_whose_cause_has_just_gone_still_waits_after_unplugging():
    r = FaultRegister()
    spend(r, RESIDUAL_CURRENT, 3)
    r.step(RESIDUAL_CURRENT, PLUGGED, 20)
    assert quiet(r, 59980, UNPLUGGED) == (0, 0)
    assert quiet(r, 20, UNPLUGGED) == (0, RESIDUAL_CURRENT)


def test_fault_that_flickers_in_its_wait_uses_no_retry():
    r = FaultRegister()
    for _ in range(10):
        r.step(RESIDUAL_CURRENT, PLUGGED, 20)
        quiet(r, 59000, dt_ms=1000)
    assert r.active == r.waiting == RESIDUAL_CURRENT
    assert wait_ms(r, RESIDUAL_CURRENT) == 1000


def test_retries_begin_anew_after_unplugging():
    r = FaultRegister()
    spend(r, RESIDUAL_CURRENT, 2)
    r.step(0, UNPLUGGED, 20)
    r.step(RESIDUAL_CURRENT, PLUGGED, 20)
    assert wait_ms(r, RESIDUAL_CURRENT) == 60000


def test_retries_begin_anew_after_half_an_hour_without_the_fault():
    assert FORGET_MS == 30 * 60 * 1000
    for quiet_ms, expected_ms in ((FORGET_MS - 1000, 240000), (FORGET_MS, 60000)):
        r = FaultRegister()
        spend(r, RESIDUAL_CURRENT, 2)
        quiet(r, quiet_ms, dt_ms=1000)
        r.step(RESIDUAL_CURRENT, PLUGGED, 20)
        assert wait_ms(r, RESIDUAL_CURRENT) == expected_ms, quiet_ms


def test_spent_retries_are_forgotten_after_half_an_hour_without_the_fault():
    r = FaultRegister()
    spend(r, RESIDUAL_CURRENT, 3)
    quiet(r, FORGET_MS, dt_ms=1000)
    r.step(RESIDUAL_CURRENT, PLUGGED, 20)
    assert r.ending == 0 and r.waiting == RESIDUAL_CURRENT


def test_retries_of_one_fault_are_not_those_of_another():
    r = FaultRegister()
    spend(r, RESIDUAL_CURRENT, 3)
    r.step(OVER_VOLTAGE | RESIDUAL_CURRENT, PLUGGED, 20)
    assert r.ending == RESIDUAL_CURRENT and r.waiting == OVER_VOLTAGE
    assert wait_ms(r, OVER_VOLTAGE) == 60000
    assert r.active == RESIDUAL_CURRENT


def test_without_a_vehicle_no_retry_is_used_up():
    r = FaultRegister()
    for _ in range(20):
        r.step(UNDER_VOLTAGE, UNPLUGGED, 20)
        assert quiet(r, 59000, UNPLUGGED, 1000) == (0, 0)
        assert quiet(r, 1000, UNPLUGGED, 1000) == (0, UNDER_VOLTAGE)


def test_fault_without_retries_ends_a_transaction_and_clears_again_and_again():
    r = FaultRegister()
    for _ in range(20):
        r.step(METER_LOST | TASK_FAILED, PLUGGED, 20)
        assert r.ending == METER_LOST and r.waiting == 0
        assert quiet(r, 980) == (0, 0)
        assert quiet(r, 20) == (0, METER_LOST)


def test_reset_clears_by_hand_what_has_no_cause_left_and_step_reports_it():
    r = FaultRegister()
    r.step(SETTINGS_INVALID | SAFETY_PART_MISSING, PLUGGED, 20)
    assert r.reset() == 0
    r.step(SAFETY_PART_MISSING, UNPLUGGED, 20)
    quiet_steps = [r.step(SAFETY_PART_MISSING, UNPLUGGED, 60000) for _ in range(100)]
    assert quiet_steps == [(0, 0)] * 100
    assert r.unlock() == 0
    assert r.reset() == SETTINGS_INVALID
    assert r.active == SAFETY_PART_MISSING
    assert r.reset() == 0
    assert r.step(SAFETY_PART_MISSING, UNPLUGGED, 20) == (0, SETTINGS_INVALID)
    assert r.step(SAFETY_PART_MISSING, UNPLUGGED, 20) == (0, 0)


def test_reset_revokes_a_failed_self_test_that_is_still_reported():
    r = FaultRegister()
    r.step(RESIDUAL_CURRENT_TEST, PLUGGED, 20)
    assert r.reset() == RESIDUAL_CURRENT_TEST
    assert r.step(0, PLUGGED, 20) == (0, RESIDUAL_CURRENT_TEST)
    assert r.active == 0


def test_fault_that_is_back_before_its_reset_was_told_has_never_gone():
    r = FaultRegister()
    r.step(RESIDUAL_CURRENT_TEST, PLUGGED, 20)
    assert r.reset() == RESIDUAL_CURRENT_TEST
    assert r.step(RESIDUAL_CURRENT_TEST, PLUGGED, 20) == (0, 0)
    assert r.active == RESIDUAL_CURRENT_TEST
    assert r.step(0, PLUGGED, 20) == (0, 0)
    assert r.reset() == RESIDUAL_CURRENT_TEST
    assert r.step(0, PLUGGED, 20) == (0, RESIDUAL_CURRENT_TEST)
    assert r.step(RESIDUAL_CURRENT_TEST, PLUGGED, 20) == (RESIDUAL_CURRENT_TEST, 0)


def test_lock_out_ends_by_unlocking_alone_once_the_cause_is_gone():
    r = FaultRegister()
    assert r.step(CONTACTOR_WELDED, PLUGGED, 20) == (CONTACTOR_WELDED, 0)
    assert r.ending == CONTACTOR_WELDED
    for _ in range(3):
        assert r.step(CONTACTOR_WELDED, PLUGGED, 20) == (0, 0)
    assert r.lockouts == 0
    r.step(CONTACTOR_WELDED, PLUGGED, 20)
    assert r.lockouts == r.ending == CONTACTOR_WELDED
    assert r.unlock() == 0
    quiet(r, 8 * 3600000, UNPLUGGED, 60000)
    assert r.reset() == 0
    assert r.lockouts == CONTACTOR_WELDED
    assert r.unlock() == CONTACTOR_WELDED
    assert r.lockouts == 0
    assert r.step(0, PLUGGED, 20) == (0, CONTACTOR_WELDED)


def test_spike_on_the_feedback_is_a_fault_but_no_lock_out():
    r = FaultRegister()
    for _ in range(4):
        r.step(CONTACTOR_WELDED, PLUGGED, 20)
    assert r.active == CONTACTOR_WELDED and r.lockouts == 0
    for _ in range(149):
        assert r.step(0, PLUGGED, 20) == (0, 0)
    assert r.step(0, PLUGGED, 20) == (0, CONTACTOR_WELDED)


def test_cause_that_does_not_go_uses_up_the_retries_but_not_those_of_the_mains():
    both = RESIDUAL_CURRENT | MAINS_LOST
    r = FaultRegister()
    for _ in range(899):
        r.step(both, PLUGGED, 1000)
    assert r.waiting == both
    r.step(both, PLUGGED, 1000)
    assert r.ending == RESIDUAL_CURRENT
    assert r.waiting == MAINS_LOST
    r.step(0, PLUGGED, 20)
    assert r.left_ms(RESIDUAL_CURRENT) == -1


def test_lock_out_holds_over_a_restart_without_being_raised_again():
    r = FaultRegister(CONTACTOR_WELDED)
    assert r.active == r.ending == r.lockouts == CONTACTOR_WELDED
    # Nobody has looked yet whether the weld is gone
    assert r.unlock() == 0
    assert r.step(0, UNPLUGGED, 20) == (0, 0)
    assert r.unlock() == CONTACTOR_WELDED
    assert r.step(0, UNPLUGGED, 20) == (0, CONTACTOR_WELDED)


def test_only_lock_outs_are_taken_over_from_before_the_restart():
    assert FaultRegister(CONTACTOR_WELDED | PILOT_SHORT | 1 << 29).active == CONTACTOR_WELDED


def test_time_left_is_told():
    r = FaultRegister()
    assert r.left_ms(PILOT_SHORT) == -1
    r.step(PILOT_SHORT | RESIDUAL_CURRENT | CONTACTOR_NO_CLOSE | SETTINGS_INVALID, PLUGGED, 20)
    assert r.left_ms(PILOT_SHORT) == 3000
    assert r.left_ms(CONTACTOR_NO_CLOSE) == r.left_ms(SETTINGS_INVALID) == -1
    quiet(r, 2000)
    assert r.left_ms(PILOT_SHORT) == 1000 and r.left_ms(RESIDUAL_CURRENT) == 58000
    wait_ms(r, RESIDUAL_CURRENT)
    r.step(RESIDUAL_CURRENT, PLUGGED, 20)
    assert r.left_ms(RESIDUAL_CURRENT) == 120000
    spend(r, RESIDUAL_CURRENT, 2)
    r.step(RESIDUAL_CURRENT, PLUGGED, 20)
    assert r.left_ms(RESIDUAL_CURRENT) == -1
