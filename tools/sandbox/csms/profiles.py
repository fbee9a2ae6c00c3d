"""Charging profiles as the operator thinks of them, and as each version writes them."""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox.csms.model import Json, iso, seconds
from sandbox.csms.schemas import V16

PURPOSES = {
    "max": ("ChargePointMaxProfile", "ChargingStationMaxProfile"),
    "default": ("TxDefaultProfile", "TxDefaultProfile"),
    "tx": ("TxProfile", "TxProfile"),
}


@dataclass(frozen=True)
class Profile:
    """`periods` are (start in s, limit, phases or 0); `unit` is A or W; `connector` 0 is all.

    Without `start_utc` it is relative to the start of the transaction; `recur` is "", Daily or Weekly.
    """

    id: int
    connector: int
    purpose: str
    periods: tuple[tuple[int, float, int], ...]
    stack: int = 0
    unit: str = "A"
    start_utc: float | None = None
    from_utc: float | None = None
    until_utc: float | None = None
    duration_s: int | None = None
    recur: str = ""
    transaction: str = ""

    @classmethod
    def from_dict(cls, values: Json) -> "Profile":
        """From plain values; times may be text, periods may leave their phases out. ValueError, TypeError."""
        values = dict(values)
        if values.get("purpose") not in PURPOSES:
            raise ValueError(f"purpose: one of {', '.join(PURPOSES)}")
        values["periods"] = tuple(_period(*period) for period in values["periods"])
        for name in ("start_utc", "from_utc", "until_utc"):
            if isinstance(values.get(name), str):
                values[name] = seconds(values[name])
        return cls(**values)

    def as_dict(self) -> Json:
        """Plain values for the store."""
        return asdict(self)

    @property
    def kind(self) -> str:
        """chargingProfileKind."""
        return "Relative" if self.start_utc is None else "Recurring" if self.recur else "Absolute"

    def payload(self, version: str) -> Json:
        """The profile as this version writes it."""
        old = version == V16
        profile: Json = {
            "chargingProfileId" if old else "id": self.id,
            "stackLevel": self.stack,
            "chargingProfilePurpose": PURPOSES[self.purpose][0 if old else 1],
            "chargingProfileKind": self.kind,
        }
        if self.recur:
            profile["recurrencyKind"] = self.recur
        if self.transaction:
            profile["transactionId"] = int(self.transaction) if old else self.transaction
        for name, utc in (("validFrom", self.from_utc), ("validTo", self.until_utc)):
            if utc is not None:
                profile[name] = iso(utc)
        schedule = self._schedule()
        profile["chargingSchedule"] = schedule if old else [{"id": self.id, **schedule}]
        return profile

    def _schedule(self) -> Json:
        schedule: Json = {"chargingRateUnit": self.unit, "chargingSchedulePeriod": []}
        for start_s, limit, phases in self.periods:
            period: Json = {"startPeriod": start_s, "limit": limit}
            if phases:
                period["numberPhases"] = phases
            schedule["chargingSchedulePeriod"].append(period)
        if self.start_utc is not None:
            schedule["startSchedule"] = iso(self.start_utc)
        if self.duration_s is not None:
            schedule["duration"] = self.duration_s
        return schedule


def _period(start_s: Any, limit: Any, phases: Any = 0) -> tuple[int, float, int]:
    return int(start_s), float(limit), int(phases)
