"""The fault table's own consistency, and how faults are raised and cleared."""

from evse.core import faults
from evse.core.faults import (
    CONTACTOR_NO_CLOSE,
    CONTACTOR_WELDED,
    METER_LOST,
    PILOT_SHORT,
    SETTINGS_INVALID,
    FaultRegister,
)


def test_every_row_is_whole():
    for row in faults.TABLE:
        assert len(row) == len(faults.FIELDS), row[0]
        name, severity, clears, wait_ms, ocpp16, ocpp201, stop_reason, _light, text, zh = row
        assert severity in (faults.WARN, faults.STOP, faults.TRIP), name
        assert clears in (faults.SELF, faults.UNPLUG, faults.MANUAL), name
        assert wait_ms >= 0 and stop_reason == 3, name
        assert ocpp16 and ocpp201 and len(ocpp201) <= 50, name
        assert text.endswith(".") and zh.endswith("。"), name
    assert len(set(faults.NAMES)) == len(faults.TABLE) < 30


def test_masks_and_names_agree():
    assert faults.names(PILOT_SHORT | METER_LOST) == ["pilot_short", "meter_lost"]
    assert faults.row("meter_lost")["severity"] == faults.STOP
    assert faults.TRIPS & METER_LOST == 0 and faults.STOPS & METER_LOST
    assert faults.STOPS & SETTINGS_INVALID == 0 and faults.WARNS & SETTINGS_INVALID


def test_self_clearing_waits_for_its_time_from_the_last_cause():
    r = FaultRegister()
    assert r.step(PILOT_SHORT, False, 20) == (PILOT_SHORT, 0)
    assert r.step(PILOT_SHORT, False, 20) == (0, 0)
    for _ in range(100):
        assert r.step(0, False, 20) == (0, 0)
    r.step(PILOT_SHORT, False, 20)
    waited_ms = 0
    while r.active:
        r.step(0, False, 20)
        waited_ms += 20
    assert waited_ms == faults.row("pilot_short")["wait_ms"]


def test_unplug_clearing_waits_for_the_vehicle():
    r = FaultRegister()
    r.step(CONTACTOR_NO_CLOSE, False, 20)
    for _ in range(1000):
        r.step(0, False, 20)
    assert r.active == CONTACTOR_NO_CLOSE
    assert r.step(0, True, 20) == (0, CONTACTOR_NO_CLOSE)


def test_manual_fault_stays_while_the_pile_runs():
    r = FaultRegister()
    r.step(CONTACTOR_WELDED, True, 20)
    for _ in range(1000):
        r.step(0, True, 20)
    assert r.active == CONTACTOR_WELDED
