"""The state machine over long times: what must happen once only."""

from evse.core import charging, pilot_profiles
from evse.core.charging import B2
from evse.core.pilot_profiles import B


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
