"""What a check says, and which of several findings is the root of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

OK, WARN, BAD, UNKNOWN = "ok", "warn", "bad", "unknown"

_NETWORK = {
    "broker_key",
    "broker_unreachable",
    "link_down",
    "clock_unknown",
    "journal_full",
}
_NO_WIFI = dict.fromkeys(
    ("wifi_unset", "wifi_password", "wifi_not_found", "network_down"), _NETWORK
)
_NO_LINK = {
    cause: {"clock_unknown", "journal_full"}
    for cause in ("broker_key", "broker_unreachable", "link_down")
}
_HARDWARE = {
    "emergency_stop",
    "pe_lost",
    "mains_lost",
    "rcm_tripped",
    "rcm_dead",
    "mirror_inverted",
    "contactor_no_close",
    "contactor_welded",
    "pilot_divider",
    "pilot_no_negative",
    "pilot_generator",
    "pilot_line",
    "temperature_sensor",
    "meter_silent",
    "meter_foreign",
    "meter_noise",
    "reader_silent",
}
# cause: what it alone explains, when both are found
EXPLAINS: dict[str, set[str]] = {
    "files_other_board": _HARDWARE | {"task_failed", "watchdog_resets", "files_altered"},
    "files_altered": {"task_failed", "watchdog_resets", "settings_refused"},
    "heap_low": {"task_failed", "watchdog_resets"},
    "mains_lost": {
        "meter_silent",
        "supply_voltage",
        "supply_frequency",
        "contactor_no_close",
        "rcm_tripped",
    },
    "emergency_stop": {"contactor_no_close", "fault_contactor_released"},
    "rcm_tripped": {"rcm_dead", "contactor_no_close", "fault_contactor_released"},
    "mirror_inverted": {"contactor_no_close", "contactor_welded", "welded_lockout"},
    "fault_pilot_short": {"pilot_no_negative", "pilot_generator", "pilot_line"},
    "pilot_divider": {"fault_pilot_short", "pilot_no_negative", "pilot_generator", "pilot_line"},
    "pilot_no_negative": {"pilot_generator", "pilot_line"},
    "pilot_generator": {"pilot_line"},
    "temperature_sensor": {"over_temperature"},
    "meter_silent": {"supply_voltage", "supply_frequency", "meter_implausible"},
    "meter_foreign": {"supply_voltage", "supply_frequency", "meter_implausible"},
    "meter_unfit": {"settings_refused"},
    "meter_noise": {"supply_voltage", "supply_frequency", "meter_implausible"},
    "key_missing": _NETWORK,
    "wifi_weak": {"broker_unreachable", "link_down"},
    # The bridge answers to a life, and that is the journal's
    "journal_partition": _NETWORK | {"journal_failed", "journal_damaged"},
    "journal_failed": {"journal_full"},
    **_NO_WIFI,
    **_NO_LINK,
}
_RANK = {BAD: 0, WARN: 1, UNKNOWN: 3, OK: 4}


@dataclass(frozen=True)
class Row:
    """One line of the doctor's table. `cause` names the defect, `because` the one that it follows from."""

    check: str
    reading: str
    expected: str
    verdict: str = OK
    cause: str = ""
    connector: int = 0  # 0 for the station
    because: str = ""

    @property
    def is_root(self) -> bool:
        """True for a defect that no other one explains."""
        return self.verdict in (BAD, WARN) and not self.because


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Roots first, what follows from them next, then what could not be looked at and what is well."""
    found = list(rows)
    causes = [row.cause for row in found if row.verdict in (BAD, WARN)]
    marked = [_explained(row, causes) for row in found]
    return sorted(marked, key=_rank)


def _explained(row: Row, causes: Sequence[str]) -> Row:
    if row.verdict not in (BAD, WARN):
        return row
    by = [cause for cause in causes if row.cause in EXPLAINS.get(cause, ()) and cause != row.cause]
    # The first cause of a chain, so that nobody is sent from one consequence to the next
    roots = [cause for cause in by if not any(cause in EXPLAINS.get(c, ()) for c in causes)]
    return replace(row, because=(roots or by)[0]) if by else row


def _rank(row: Row) -> int:
    if row.verdict in (BAD, WARN) and row.because:
        return 2
    return _RANK[row.verdict]
