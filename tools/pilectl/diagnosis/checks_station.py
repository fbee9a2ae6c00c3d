"""Checks of the station itself: files, settings, memory, restarts, meter, supply, card reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evse.core import faults

from .findings import BAD, OK, UNKNOWN, WARN, Row
from .seen import Seen

# Below this a reconnect or an update no longer finds room
HEAP_LEAST = 16000
_METER_AGE_MS = 10000
# As core/supply.py has them, around 220 V and 50 Hz
SUPPLY_MV = (187000, 253000)
_CHZ = (4700, 5300)
# Said of frames that came whole and are not what was asked, and of those that came broken
_FOREIGN = ("answer of", "answer to", "wrong", "control", "exception", "another", "meter error")
_BROKEN = ("checksum", "CRC", "echo", "BCD", "frame")
# Shown by a check of its own, or by the checks of safety and link
_OWN_CHECK = {
    *("emergency_stop", "pe_lost", "mains_lost", "residual_current", "residual_current_test"),
    *("contactor_welded", "contactor_no_close", "pilot_short", "pilot_diode", "pilot_invalid"),
    *("pilot_unstable", "pilot_generator", "over_temperature", "temperature_lost"),
    *("safety_part_missing", "meter_lost", "meter_implausible", "over_voltage", "under_voltage"),
    *("frequency", "settings_invalid", "reader_failed", "task_failed", "clock_unknown"),
    *("journal_full", "journal_failed", "journal_damaged", "key_missing"),
}


def files(seen: Seen) -> Iterator[Row]:
    """The files on the pile against their own manifest and its board; `files` is looked at on demand."""
    status, found = seen.get("status"), seen.get("files")
    wanted = found.get("wanted") or found.get("board")
    if found and wanted and status.get("board") and wanted != status["board"]:
        yield Row("board", str(status["board"]), str(wanted), BAD, "files_other_board")
    if not found:
        return
    bad = [str(path) for key in ("altered", "missing") for path in found.get(key) or ()]
    if bad:
        shown = ", ".join(bad[:3]) + (" .." if len(bad) > 3 else "")
        yield Row("files", shown, "manifest.json", BAD, "files_altered")
    else:
        yield Row("files", str(found.get("count", "-")), "manifest.json")


def settings(seen: Seen) -> Iterator[Row]:
    """A refused setting leaves the last good one in force."""
    if "settings_invalid" in seen.faults:
        told = str(
            seen.get("settings").get("problem") or seen.said("settings refused") or "refused"
        )
        yield Row("settings", told, "accepted", WARN, "settings_refused")
    elif seen.settings:
        yield Row("settings", "accepted", "accepted")
    else:
        yield Row("settings", seen.missing("settings"), "accepted", UNKNOWN)


def memory(seen: Seen) -> Iterator[Row]:
    """Free heap."""
    free = seen.get("status").get("heap_free")
    if not isinstance(free, int):
        yield Row("heap", seen.missing("status") or "-", f">= {HEAP_LEAST}", UNKNOWN)
        return
    is_low = free < HEAP_LEAST or bool(seen.failed("memory", "heap"))
    cause = "heap_low" if is_low else ""
    yield Row("heap", str(free), f">= {HEAP_LEAST}", WARN if is_low else OK, cause)


def restarts(seen: Seen) -> Iterator[Row]:
    """Starts that the watchdog caused, and tasks that ended by an error."""
    records = seen.answers.get("records")
    boots = [row for row in records or () if row.get("kind") == "boot"]
    count = sum(row.get("cause") == "watchdog" for row in boots)
    if seen.get("status").get("reset_cause") == "watchdog" and not count:
        count = 1
    if count:
        yield Row("restarts", str(count), "0", BAD, "watchdog_resets")
    elif boots:
        yield Row("restarts", "0", "0")
    if "task_failed" in seen.faults:
        yield Row("tasks", seen.said("task") or "task_failed", "-", BAD, "task_failed")


def meter(seen: Seen) -> Iterator[Row]:
    """Each connector's meter answers, and it is the right one that does."""
    found = seen.connectors("meter")
    if not found:
        yield Row("meter", seen.missing("meter"), "-", UNKNOWN)
    for row in found:
        yield _meter(seen, row)
    if "meter_implausible" in seen.faults:
        yield Row("register", "meter_implausible", "-", BAD, "meter_implausible")


def is_fresh(row: dict[str, Any]) -> bool:
    """True for a meter that has answered a moment ago."""
    age_ms = row.get("age_ms")
    return row.get("wh") is not None and isinstance(age_ms, int) and age_ms <= _METER_AGE_MS


def _counts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row.get(name) for name in ("id", "bad_frames")} for row in rows]


def _meter(seen: Seen, row: dict[str, Any]) -> Row:
    connector, wh = row.get("id", 1), row.get("wh")
    told, bad_frames = str(row.get("last_error") or ""), row.get("bad_frames") or 0
    if {"id": row.get("id"), "bad_frames": bad_frames} in _counts(seen.connectors("meter_later")):
        # They are of another time: now nothing comes
        told, bad_frames = "no answer", 0
    model = str(row.get("model") or "meter")
    if model == "rs485":
        model = str(seen.settings.get("meter_model") or model)
    if is_fresh(row) and not ("meter_lost" in seen.faults and len(seen.connectors("meter")) == 1):
        return Row("meter", f"{wh} Wh", model, connector=connector)
    cause = "meter_silent"
    if told == "no meter":
        # The board could not build the one that is set, and has said why at its start
        told, cause = seen.said("settings refused") or told, "meter_unfit"
    elif bad_frames > 0:
        for words, name in ((_BROKEN, "meter_noise"), (_FOREIGN, "meter_foreign")):
            cause = name if any(word in told for word in words) else cause
    reading = f"{told} ({bad_frames})" if bad_frames else told or "no answer"
    return Row("meter", reading, model, BAD, cause, connector)


def supply(seen: Seen) -> Iterator[Row]:
    """Voltage of each phase and frequency, as the meters tell them, or as the faults do."""
    told_voltage = seen.faults & {"over_voltage", "under_voltage"}
    told_frequency = seen.faults & {"frequency"}
    measured = 0
    for row in seen.connectors("meter"):
        connector, mv, chz = row.get("id", 1), row.get("mv") or [], row.get("chz")
        # All zero: it has not been read yet
        if any(mv):
            measured += 1
            verdict = _supply_verdict(
                [SUPPLY_MV[0] <= each <= SUPPLY_MV[1] for each in mv], told_voltage
            )
            shown = " / ".join(str(each // 1000) for each in mv) + " V"
            cause = "" if verdict == OK else "supply_voltage"
            expected = f"{SUPPLY_MV[0] // 1000} .. {SUPPLY_MV[1] // 1000} V"
            yield Row("voltage", shown, expected, verdict, cause, connector)
        if chz:
            verdict = _supply_verdict([_CHZ[0] <= chz <= _CHZ[1]], told_frequency)
            cause = "" if verdict == OK else "supply_frequency"
            shown = f"{chz // 100}.{chz % 100:02d} Hz"
            yield Row("frequency", shown, "47.00 .. 53.00 Hz", verdict, cause, connector)
    if not measured and told_voltage:
        yield Row("voltage", ", ".join(sorted(told_voltage)), "-", BAD, "supply_voltage")
    if not measured and told_frequency:
        yield Row("frequency", "frequency", "-", BAD, "supply_frequency")


def _supply_verdict(in_range: list[bool], told: set[str]) -> str:
    # A fault without its cause waits to clear
    return BAD if not all(in_range) else WARN if told else OK


def reader(seen: Seen) -> Iterator[Row]:
    """The card reader, where the board has one."""
    told = seen.get("parts").get("reader")
    if "reader_failed" in seen.faults or told not in (None, True, "ok"):
        yield Row("reader", str(told or "-"), "answers", WARN, "reader_silent")
    elif told:
        yield Row("reader", "answers", "answers")


def other_faults(seen: Seen) -> Iterator[Row]:
    """Active faults that no other check speaks of, by their own sentence."""
    for name in faults.NAMES:
        if name in seen.faults and name not in _OWN_CHECK:
            severity = faults.row(name)["severity"]
            yield Row(
                "fault", name, "-", WARN if severity == faults.WARN else BAD, f"fault_{name}"
            )
