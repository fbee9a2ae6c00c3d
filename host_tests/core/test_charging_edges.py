"""The state machine over long times: what must happen once only."""

from evse.core import charging, pilot_profiles
from evse.core.charging import B2, HOLD, ChargingStateMachine
from evse.core.pilot_profiles import B, C, D

IEC = pilot_profiles.load("iec_61851_1_2017")


def test_a_vehicle_that_sleeps_on_is_woken_once():
    for name in pilot_profiles.NAMES:
        profile = pilot_profiles.load(name)
        m = charging.ChargingStateMachine(profile, True)
        wakings = 0
        waited_ms = 0
        while waited_ms < 5 * (profile.wake_wait_ms + profile.wake_pulse_ms):
            if m.step(B, True, False, False, 20) and m.sequence == "A.5.3 wake-up":
                wakings += 1
            waited_ms += 20
        assert (wakings, m.state) == (1, B2), (name, wakings, m.name())


def test_stop_wait_goes_on_while_the_vehicle_changes_between_c_and_d():
    m = ChargingStateMachine(IEC)
    for vehicle in (B, B, C):
        m.step(vehicle, True, False, True, 20)
    assert m.name() == "C2"
    m.step(C, False, False, True, 20)
    held_ms = 0
    while m.permission(True) == HOLD:
        m.step(D if held_ms // 200 % 2 else C, False, False, True, 20)
        held_ms += 20
    assert held_ms == IEC.stop_wait_ms + 20, held_ms
