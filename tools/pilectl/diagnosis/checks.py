"""The doctor's knowledge: from what the console answered to rows with verdict and cause. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import checks_link, checks_safety, checks_station
from .findings import BAD, UNKNOWN, WARN, Row, ordered
from .seen import Seen

# What the rules read; `records` and `files` are made from several answers
COMMANDS = (
    "status",
    "cp",
    "relay",
    "meter",
    "faults",
    "net",
    "journal",
    "parts",
    "settings",
    "selftest",
    "log",
)
# In the order in which a technician would look
_CHECKS = (
    checks_station.files,
    checks_safety.protection,
    checks_safety.inputs,
    checks_safety.residual_current,
    checks_safety.contactor,
    checks_safety.pilot,
    checks_safety.temperature,
    checks_station.meter,
    checks_station.supply,
    checks_station.settings,
    checks_station.memory,
    checks_station.restarts,
    checks_station.reader,
    checks_link.network,
    checks_link.broker,
    checks_link.clock,
    checks_link.journal,
    checks_station.other_faults,
)


def look(answers: Mapping[str, Any], host_utc_s: int) -> list[Row]:
    """Rows of all checks, the root of what is wrong first."""
    seen = Seen(answers, host_utc_s)
    return ordered([row for check in _CHECKS for row in _rows(check, seen)])


def _rows(check: Callable[[Seen], Iterator[Row]], seen: Seen) -> list[Row]:
    # A firmware of another version may answer in another shape: that hides one check and no more
    try:
        return list(check(seen))
    except (TypeError, ValueError, AttributeError) as error:
        return [Row("console", f"{check.__name__}: {error}", "-", UNKNOWN)]


def is_well(rows: list[Row]) -> bool:
    """True when nothing is wrong; what could not be looked at is no defect."""
    return not any(row.verdict in (BAD, WARN) for row in rows)
