"""Charging profiles of 1.6 to and from those of the common model: amperes, moments, what goes together."""

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.v16.keys import MAX_PERIODS, MAX_STACK_LEVEL
from pilebridge.platforms.ocpp.v16.times import LAST_UTC, from_text
from pilebridge.station_services import DEFAULT, MAX, TX, ChargingProfile, Period

PURPOSES = {"ChargePointMaxProfile": MAX, "TxDefaultProfile": DEFAULT, "TxProfile": TX}
AMPERES, WATTS = "A", "W"
_HIGHEST_ID = 2147483646
_HIGHEST_A10 = 10000


class ProfileError(ValueError):
    """A profile that the schema lets pass and the rules do not; the text says which."""


def read(
    wanted: dict[str, Any], number: int, connector: Connector, now_utc: int
) -> ChargingProfile:
    """The profile of a csChargingProfiles for connector `number`, its currents by the wiring of
    `connector`; ProfileError. A TxProfile has no reference yet."""
    schedule, kind = wanted["chargingSchedule"], wanted["chargingProfileKind"]
    purpose = PURPOSES[wanted["chargingProfilePurpose"]]
    if (purpose == MAX and number != 0) or (purpose == TX and number == 0):
        raise ProfileError("purpose and connector do not go together")
    if not 0 <= wanted["stackLevel"] <= MAX_STACK_LEVEL:
        raise ProfileError("stackLevel")
    if not 0 <= wanted["chargingProfileId"] <= _HIGHEST_ID:
        raise ProfileError("chargingProfileId")
    profile = ChargingProfile(
        wanted["chargingProfileId"],
        number,
        purpose,
        wanted["stackLevel"],
        _periods(schedule, connector),
        start_utc=_start(wanted, purpose, now_utc),
        from_utc=_moment(wanted, "validFrom"),
        until_utc=_end(wanted),
        duration_s=_duration(schedule),
        recur=wanted.get("recurrencyKind", "").lower() if kind == "Recurring" else "",
    )
    if kind == "Recurring" and not profile.recur:
        raise ProfileError("recurrencyKind is missing")
    if profile.from_utc and profile.until_utc and profile.from_utc >= profile.until_utc:
        raise ProfileError("validTo is before validFrom")
    return profile


def for_transaction(profile: ChargingProfile, ref: str) -> ChargingProfile:
    """A TxProfile of the transaction with this reference."""
    return replace(profile, ref=ref)


def write_periods(
    periods: tuple[Period, ...], connector: Connector, unit: str
) -> list[dict[str, Any]]:
    """chargingSchedulePeriod; watts are those of the volts and phases of the connector."""
    rows = []
    for period in periods:
        phases = period.phases or connector.phases
        limit = period.a10 / 10
        if unit == WATTS:
            limit = float(period.a10 * connector.volts * phases // 10)
        rows.append({"startPeriod": period.start_s, "limit": limit, "numberPhases": phases})
    return rows


def _start(wanted: dict[str, Any], purpose: str, now_utc: int) -> int | None:
    """When the first period begins; None with the transaction."""
    kind, schedule = wanted["chargingProfileKind"], wanted["chargingSchedule"]
    if kind == "Relative":
        if purpose == MAX:
            raise ProfileError("a profile of the whole station has nothing to be relative to")
        return None
    start_utc = _moment(schedule, "startSchedule")
    if start_utc is None and kind == "Recurring":
        raise ProfileError("startSchedule is missing")
    if start_utc is None and purpose == MAX:
        return now_utc
    return start_utc


def _moment(part: dict[str, Any], name: str) -> int | None:
    return from_text(part[name], name) if part.get(name) else None


def _end(wanted: dict[str, Any]) -> int | None:
    until_utc = _moment(wanted, "validTo")
    return None if until_utc is None or until_utc >= LAST_UTC else until_utc


def _duration(schedule: dict[str, Any]) -> int | None:
    duration_s = schedule.get("duration")
    if duration_s is None:
        return None
    if duration_s < 0:
        raise ProfileError("duration")
    return int(duration_s)


def _periods(schedule: dict[str, Any], connector: Connector) -> tuple[Period, ...]:
    rows = schedule["chargingSchedulePeriod"]
    if not 1 <= len(rows) <= MAX_PERIODS:
        raise ProfileError(f"1..{MAX_PERIODS} periods")
    starts = [row["startPeriod"] for row in rows]
    if starts[0] != 0 or any(later <= first for first, later in pairwise(starts)):
        raise ProfileError("periods begin at 0 and go on")
    return tuple(_period(row, schedule["chargingRateUnit"], connector) for row in rows)


def _period(row: dict[str, Any], unit: str, connector: Connector) -> Period:
    phases = row.get("numberPhases")
    if phases is not None and not 1 <= phases <= 3:
        raise ProfileError("numberPhases")
    # Left out means three in 1.6; a vehicle gets no more than are wired
    used = min(phases or connector.phases, connector.phases)
    # Through text, so that 16.1 is not 16.099999
    limit = Decimal(str(row["limit"]))
    if limit < 0:
        raise ProfileError("limit")
    if unit == WATTS:
        limit /= connector.volts * used
    # Never above what was allowed
    a10 = int((limit * 10).to_integral_value(ROUND_FLOOR))
    return Period(
        row["startPeriod"], min(a10, _HIGHEST_A10), used if used < connector.phases else 0
    )
