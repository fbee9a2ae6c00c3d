"""Checks of what protects people: pilot, contactor, residual current, emergency stop, earth, temperature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evse.core import pilot_profiles

from .findings import BAD, OK, UNKNOWN, WARN, Row
from .seen import Seen, volts, window

# As core/temperature.py has them
_DERATES_C10 = 650
_OVER_C10 = 800
# Above this no half-wave is negative
_NOT_NEGATIVE_MV = -1000
_PLAIN_INPUTS = (
    ("emergency_stop", "emergency_stop", "emergency_stop"),
    ("pe_monitor", "pe_lost", "pe_lost"),
    ("mains_monitor", "mains_lost", "mains_lost"),
)


def inputs(seen: Seen) -> Iterator[Row]:
    """Emergency stop, protective earth and mains: the input itself, or its fault."""
    for role, fault, cause in _PLAIN_INPUTS:
        rows = seen.inputs(role, fault)
        is_active = any(row.get("active") for row in rows)
        if is_active or (fault in seen.faults and not rows):
            yield Row(role, "active", "inactive", BAD, cause)
        elif fault in seen.faults:
            # The cause is gone and the fault waits to clear
            yield Row(role, "inactive again", "inactive", WARN, cause)
        elif rows:
            yield Row(role, "inactive", "inactive")
        elif role == "emergency_stop":
            yield Row(role, seen.missing("parts"), "inactive", UNKNOWN)


def residual_current(seen: Seen) -> Iterator[Row]:
    """The monitor: tripped, and able to trip."""
    roles = seen.inputs("rcm_trip", "rcm_trip_ac", "residual_current")
    is_told = "residual_current" in seen.faults
    if any(row.get("active") for row in roles) or (is_told and not roles):
        yield Row("rcm_trip", "tripped", "quiet", BAD, "rcm_tripped")
    elif is_told:
        yield Row("rcm_trip", "quiet again", "quiet", WARN, "rcm_tripped")
    elif roles:
        yield Row("rcm_trip", "quiet", "quiet")
    failed = seen.failed("residual", "rcm")
    is_failed = "residual_current_test" in seen.faults
    if failed and not is_failed and "no verdict" in str(failed[0].get("reading")):
        # It cannot be tested as things are, with the contactor closed for example
        yield Row("rcm_test", "no verdict", "passes", UNKNOWN)
    elif failed or is_failed:
        shown = str(failed[0].get("reading", "failed")) if failed else "failed"
        yield Row("rcm_test", shown, "passes", BAD, "rcm_dead")
    elif seen.selftests("residual", "rcm"):
        yield Row("rcm_test", "passes", "passes")
    else:
        yield Row("rcm_test", seen.missing("selftest") or "-", "passes", UNKNOWN)


def contactor(seen: Seen) -> Iterator[Row]:
    """Feedback and coil of each connector must agree."""
    found = seen.connectors("relay")
    if not found:
        yield Row("contactor", seen.missing("relay"), "open", UNKNOWN)
    locked = "contactor_welded" in seen.faults
    for row in found:
        connector, commanded, closed = row.get("id", 1), row.get("commanded"), row.get("closed")
        reading = "closed" if closed else "open"
        expected = "closed" if commanded else "open"
        cause = ""
        if closed and not commanded:
            # Contacts that never carried anything do not weld
            has_carried = row.get("operations") or _has_charged(seen)
            cause = "contactor_welded" if has_carried else "mirror_inverted"
        elif commanded and not closed:
            cause = "contactor_no_close"
        elif locked:
            cause = "welded_lockout"
            reading += ", locked out"
        yield Row("contactor", reading, expected, BAD if cause else OK, cause, connector)
    if found and not locked and "contactor_no_close" in seen.faults:
        yield Row("contactor_close", "did not close", "closes", BAD, "contactor_no_close")
    elif found and not locked and seen.failed("contactor", "mirror", "feedback"):
        first = seen.failed("contactor", "mirror", "feedback")[0]
        shown = str(first.get("reading", "failed"))
        if not any(row.get("closed") and not row.get("commanded") for row in found):
            yield Row("contactor_close", shown, "closes", BAD, "contactor_no_close")


def _has_charged(seen: Seen) -> bool:
    kinds = {record.get("kind") for record in seen.answers.get("records") or ()}
    return bool(kinds & {"tx_charging", "tx_sample"})


def pilot(seen: Seen) -> Iterator[Row]:
    """Levels of each pilot in the windows of the standard."""
    found = seen.connectors("cp")
    if not found:
        yield Row("pilot_level", seen.missing("cp"), "A", UNKNOWN)
    for row in found:
        yield from _levels(seen, row)
    yield from _pilot_faults(seen)


def _levels(seen: Seen, row: dict[str, Any]) -> Iterator[Row]:
    connector, drive = row.get("id", 1), row.get("drive")
    high_mv, low_mv = row.get("high_mv"), row.get("low_mv")
    windows = seen.profile.windows
    if drive in ("positive", "pwm") and isinstance(high_mv, int):
        at = [i for i in range(0, len(windows), 3) if windows[i + 1] <= high_mv <= windows[i + 2]]
        place = at[0] if at else _nearest(windows, high_mv)
        letter = pilot_profiles.LETTERS[windows[place]]
        expected = f"{letter} {window(windows[place + 1], windows[place + 2])}"
        cause = "" if at else "pilot_divider"
        yield Row("pilot_level", volts(high_mv), expected, _bad(cause), cause, connector)
    # A generator that has failed stands still: the level that it failed with remains
    has_failed = bool(seen.faults & {"pilot_generator", "pilot_diode"}) and low_mv != 0
    has_failed = has_failed and "pilot_short" not in seen.faults
    if (drive in ("negative", "pwm") or has_failed) and isinstance(low_mv, int):
        lowest_mv, highest_mv = seen.profile.low_min_mv, seen.profile.low_max_mv
        well = lowest_mv <= low_mv <= highest_mv
        cause = "" if well else "pilot_no_negative"
        if not well and low_mv < _NOT_NEGATIVE_MV:
            cause = "pilot_divider" if drive == "negative" else "pilot_line"
        expected = window(lowest_mv, highest_mv)
        yield Row("pilot_negative", volts(low_mv), expected, _bad(cause), cause, connector)


def _nearest(windows: tuple[int, ...], mv: int) -> int:
    return min(
        range(0, len(windows), 3), key=lambda i: abs(windows[i + 1] + windows[i + 2] - 2 * mv)
    )


def _pilot_faults(seen: Seen) -> Iterator[Row]:
    for result in seen.failed("pilot"):
        reading, expected = str(result.get("reading")), str(result.get("expected"))
        yield Row("pilot_test", reading, expected, BAD, "pilot_generator")
    if "pilot_generator" in seen.faults:
        yield Row("pilot_generator", "pilot_generator", "-", BAD, "pilot_generator")
    if "pilot_short" in seen.faults:
        yield Row("pilot_line", "pilot_short", "-", BAD, "fault_pilot_short")
    line = sorted(seen.faults & {"pilot_diode", "pilot_invalid", "pilot_unstable"})
    if line:
        yield Row("pilot_line", ", ".join(line), "-", BAD, "pilot_line")


def temperature(seen: Seen) -> Iterator[Row]:
    """The sensor, and what it says."""
    value = seen.get("parts").get("temperature_c10")
    if "temperature_lost" in seen.faults or (seen.get("parts") and value is None):
        yield Row("temperature_sensor", "-", "-40 .. 80 degC", BAD, "temperature_sensor")
    over = "over_temperature" in seen.faults
    if not isinstance(value, int):
        if over:
            yield Row("temperature", "-", "< 65 degC", BAD, "over_temperature")
        elif not seen.get("parts"):
            yield Row("temperature", seen.missing("parts"), "< 65 degC", UNKNOWN)
        return
    verdict = BAD if over or value >= _OVER_C10 else WARN if value > _DERATES_C10 else OK
    cause = "" if verdict == OK else "over_temperature"
    shown = f"{value // 10}.{value % 10} degC" if value >= 0 else f"{value / 10:.1f} degC"
    yield Row("temperature", shown, "< 65 degC", verdict, cause)


def protection(seen: Seen) -> Iterator[Row]:
    """A board without a protection that it must have."""
    missing = seen.get("parts").get("missing")
    if missing or "safety_part_missing" in seen.faults:
        shown = ", ".join(map(str, missing)) if isinstance(missing, list) else "-"
        yield Row("protection", shown or "-", "-", BAD, "safety_part_missing")


def _bad(cause: str) -> str:
    return BAD if cause else OK
