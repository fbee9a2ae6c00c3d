"""Whether a charging profile may be installed (K01), and what it is in the common model."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.bounds import MOST_PERIODS, MOST_STACK_LEVEL
from pilebridge.platforms.ocpp.v201.words import Payload
from pilebridge.station_services import DEFAULT, MAX, TX, ChargingProfile, Period

PURPOSE = {
    "ChargingStationMaxProfile": MAX,
    "TxDefaultProfile": DEFAULT,
    "TxProfile": TX,
}
_UNLIMITED_A10 = 10_000


def problem(evse_id: int, profile: Payload) -> str:
    """Why a profile is refused whatever else is installed, as a reason code; "" when it is good."""
    purpose, kind = profile["chargingProfilePurpose"], profile["chargingProfileKind"]
    schedules = profile["chargingSchedule"]
    if purpose not in PURPOSE or not 0 <= profile["id"] <= words.HIGHEST:
        # K01: external constraints are not for a central system to set
        return "InvalidProfile"
    if not 0 <= profile["stackLevel"] <= MOST_STACK_LEVEL:
        return "InvalidStackLevel"
    if purpose == "ChargingStationMaxProfile" and (evse_id != 0 or kind == "Relative"):
        return "InvalidProfile"
    if purpose == "TxProfile" and evse_id == 0:
        return "InvalidProfile"
    if len(schedules) != 1:
        # More than one is for a vehicle to choose from, over ISO 15118
        return "InvalidSchedule"
    if kind == "Recurring" and "recurrencyKind" not in profile:
        return "InvalidProfile"
    if ("startSchedule" in schedules[0]) == (kind == "Relative"):
        return "InvalidSchedule"
    return _schedule_problem(schedules[0])


def _schedule_problem(schedule: Payload) -> str:
    periods = schedule["chargingSchedulePeriod"]
    if not 0 <= schedule.get("duration", 0) <= words.HIGHEST:
        return "ValueOutOfRange"
    if len(periods) > MOST_PERIODS:
        return "TooManyElements"
    starts = [period["startPeriod"] for period in periods]
    if starts[-1] >= words.HIGHEST:
        return "ValueTooHigh"
    if starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        return "InvalidSchedule"
    for period in periods:
        if period["limit"] < 0 or period.get("numberPhases", 3) not in {1, 3}:
            return "InvalidSchedule"
        if "phaseToUse" in period:
            # K01: which phase is used is wired
            return "UnsupportedParam"
    return ""


def is_duplicate(evse_id: int, profile: Payload, installed: Iterable[dict[str, Any]]) -> bool:
    """K01: another id holds the same level of the same purpose.

    Also when the two never hold at the same time: a pile keeps one, and would drop the other.
    """
    return any(
        other["evse"] == evse_id
        and other["profile"]["id"] != profile["id"]
        and all(
            other["profile"].get(name) == profile.get(name)
            for name in ("stackLevel", "chargingProfilePurpose", "transactionId")
        )
        for other in installed
    )


def phase_volts(wired: Connector) -> int:
    """Volts of a phase against neutral; three phases may be configured by the voltage between them."""
    return wired.volts * 1000 // 1732 if wired.phases == 3 and wired.volts > 300 else wired.volts


def a10_of(limit: float, unit: str, volts: int, phases: int) -> int:
    """A limit in 0.1 A, rounded down; `volts` is that of one phase against neutral."""
    # A value with one decimal place is not exact in binary
    tenths = int(min(limit, 1e9) * 10 + 1e-6)
    a10 = tenths if unit == "A" else tenths // (volts * phases)
    return min(a10, _UNLIMITED_A10)


def common_profile(
    evse_id: int, profile: Payload, wired: Connector, ref: str = ""
) -> ChargingProfile:
    """The profile as the piles have it; `wired` tells volts and phases for a limit in watts."""
    schedule = profile["chargingSchedule"][0]
    unit = schedule["chargingRateUnit"]
    periods = []
    for period in schedule["chargingSchedulePeriod"]:
        phases = min(period.get("numberPhases", wired.phases), wired.phases)
        a10 = a10_of(period["limit"], unit, phase_volts(wired), phases)
        periods.append(Period(period["startPeriod"], a10, phases if phases != wired.phases else 0))
    return ChargingProfile(
        profile["id"],
        evse_id,
        PURPOSE[profile["chargingProfilePurpose"]],
        profile["stackLevel"],
        tuple(periods),
        words.optional_time(schedule.get("startSchedule")),
        words.optional_time(profile.get("validFrom")),
        words.optional_time(profile.get("validTo")),
        schedule.get("duration"),
        profile.get("recurrencyKind", "").lower(),
        ref,
    )
