"""The fault table's own consistency."""

from evse.core import fault_codes, faults
from evse.core.faults import (
    CONTACTOR_NO_CLOSE,
    CONTACTOR_WELDED,
    METER_LOST,
    PILOT_SHORT,
    SAFETY_PART_MISSING,
    SETTINGS_INVALID,
)


def rows():
    return [faults.row(name) for name in faults.NAMES]


def test_every_row_is_whole():
    for row in faults.TABLE:
        assert len(row) == len(faults.FIELDS), row[0]
    for row in rows():
        name = row["name"]
        assert row["severity"] in (faults.WARN, faults.STOP, faults.TRIP), name
        assert row["clears"] in (faults.SELF, faults.UNPLUG, faults.MANUAL, faults.LOCKOUT), name
        assert row["wait_ms"] >= 0 and row["sentence"].endswith("."), name
    assert len(set(faults.NAMES)) == len(faults.TABLE)


def test_what_the_tick_holds_costs_no_heap_on_a_32_bit_chip():
    for bit in (faults.TICK_LATE, faults.TICK_FAILED, faults.CONTROL_LOST, faults.PILOT_GENERATOR):
        assert bit < 1 << 30
    assert faults.TRIPS < 1 << 30 and faults.STOPS < 1 << 30


def test_every_fault_has_its_codes_in_the_same_order():
    assert tuple(row[0] for row in fault_codes.TABLE) == faults.NAMES
    for row in fault_codes.TABLE:
        name, ocpp16, ocpp201, tcec_stop_reason, sentence_zh = row
        assert len(row) == len(fault_codes.FIELDS) and tcec_stop_reason == 3, name
        assert ocpp16 and ocpp201 and len(ocpp201) <= 50, name
        assert sentence_zh.endswith("。"), name


def test_only_what_clears_by_itself_has_a_wait_or_retries():
    for row in rows():
        if row["clears"] != faults.SELF:
            assert row["wait_ms"] == 0 and row["retries"] == 0, row["name"]
        if row["retries"]:
            assert row["severity"] != faults.WARN and row["wait_ms"] > 0, row["name"]
        # The last wait is an hour at most, and far below what a device integer holds
        assert row["wait_ms"] << row["retries"] <= 2 * 3600000, row["name"]


def test_what_opens_says_how_fast():
    for row in rows():
        assert (row["open_ms"] > 0) == (row["severity"] != faults.WARN), row["name"]


def test_bits_stand_in_table_order():
    assert 1 << faults.NAMES.index("pilot_short") == PILOT_SHORT
    for name in faults.NAMES:
        assert getattr(faults, name.upper()) == 1 << faults.NAMES.index(name), name


def test_masks_and_names_agree():
    assert faults.names(PILOT_SHORT | METER_LOST) == ["pilot_short", "meter_lost"]
    assert faults.row("meter_lost")["severity"] == faults.STOP
    assert faults.TRIPS & METER_LOST == 0 and faults.STOPS & METER_LOST
    assert faults.STOPS & SETTINGS_INVALID == 0 and faults.WARNS & SETTINGS_INVALID
    assert (1 << len(faults.TABLE)) - 1 == faults.STOPS | faults.WARNS
    assert faults.STOPS & faults.WARNS == 0
    assert faults.LOCKOUTS == CONTACTOR_WELDED
    assert faults.RESETS & (CONTACTOR_WELDED | SAFETY_PART_MISSING | CONTACTOR_NO_CLOSE) == (
        CONTACTOR_WELDED | SAFETY_PART_MISSING
    )
    assert faults.UNPLUGS & CONTACTOR_NO_CLOSE and not faults.UNPLUGS & faults.RESETS


def test_unknown_fault_is_refused_by_name():
    try:
        faults.row("flux_capacitor")
    except KeyError as error:
        assert "flux_capacitor" in str(error)
    else:
        raise AssertionError("an unknown fault has a row")
