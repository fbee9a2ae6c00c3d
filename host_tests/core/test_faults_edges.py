"""What protects people or the installation trips: it is no warning and does not wait for the vehicle."""

from evse.core import faults

# All that the safety tick finds by itself, and what the control loop finds and may not wait with
TRIPPING = (
    "pilot_short",
    "pilot_diode",
    "pilot_invalid",
    "pilot_generator",
    "contactor_welded",
    "contactor_no_close",
    "contactor_released",
    "residual_current",
    "residual_current_test",
    "pe_lost",
    "emergency_stop",
    "over_current",
    "over_voltage",
    "mains_lost",
    "lock_jam",
    "tick_late",
    "tick_failed",
    "control_lost",
    "safety_part_missing",
)


def test_every_protection_trips():
    for name in TRIPPING:
        assert 1 << faults.NAMES.index(name) & faults.TRIPS, name


def test_nobody_but_a_technician_ends_a_weld_and_nobody_but_a_person_a_failed_self_test():
    assert faults.names(faults.LOCKOUTS) == ["contactor_welded"]
    for name in ("residual_current_test", "safety_part_missing"):
        assert 1 << faults.NAMES.index(name) & faults.RESETS, name
