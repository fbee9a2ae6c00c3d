"""Smart charging (K01 to K10): profiles set, cleared and reported, and the composite schedule."""

from itertools import groupby
from typing import Any

from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.parts import in_parts
from pilebridge.platforms.ocpp.v201.profile_checks import phase_volts
from pilebridge.platforms.ocpp.v201.profile_store import ProfileStore
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

# All of ours come from the central system; the source of such a profile is the operator
_SOURCE = "CSO"
# The schema bounds neither the duration nor the list
_LONGEST_S = 7 * 86_400


def watts(a10: int, volts: int, phases: int) -> int:
    """A limit in watts."""
    return a10 * volts * phases // 10


class SmartCharging:
    """Answers of the functional block smart charging."""

    def __init__(self, shared: Shared, store: ProfileStore) -> None:
        self._shared = shared
        self._services = shared.services
        self._store = store
        self.answers: dict[str, Answer] = {
            "SetChargingProfile": self._set,
            "ClearChargingProfile": self._clear,
            "GetChargingProfiles": self._get,
            "GetCompositeSchedule": self._composite,
        }

    def _is_known(self, evse_id: int) -> bool:
        return evse_id == 0 or self._shared.connector(evse_id) is not None

    async def _set(self, payload: Payload) -> Payload:
        evse_id, profile = payload["evseId"], payload["chargingProfile"]
        if not self._is_known(evse_id):
            return words.with_reason("Rejected", "UnknownEvse")
        wrong = self._store.problem(evse_id, profile)
        if wrong:
            return words.with_reason("Rejected", wrong)
        transaction = self._shared.find(profile.get("transactionId", ""))
        reply = await self._store.install(evse_id, profile, transaction.ref if transaction else "")
        if reply is not None and reply.result == "accepted":
            return {"status": "Accepted"}
        return words.refused("Rejected", None if reply is None else reply.reason)

    async def _clear(self, payload: Payload) -> Payload:
        criteria = payload.get("chargingProfileCriteria", {})
        wanted = payload.get("chargingProfileId")
        ids = [
            kept["profile"]["id"]
            for kept in self._store.installed()
            # K10: with an id the criteria do not count
            if (wanted is not None and kept["profile"]["id"] == wanted)
            or (wanted is None and _meets(kept, criteria))
        ]
        if not ids:
            return {"status": "Unknown"}
        await self._store.remove(ids)
        return {"status": "Accepted"}

    async def _get(self, payload: Payload) -> Payload:
        criteria = payload["chargingProfile"]
        sources = criteria.get("chargingLimitSource", [_SOURCE])
        found = [
            kept
            for kept in self._store.installed()
            if _SOURCE in sources
            and kept["profile"]["id"] in criteria.get("chargingProfileId", [kept["profile"]["id"]])
            and kept["evse"] == payload.get("evseId", kept["evse"])
            and _meets(kept, {k: v for k, v in criteria.items() if k in _CRITERIA})
        ]
        if not found:
            return {"status": "NoProfiles"}
        self._shared.later(self._report(payload["requestId"], found))
        return {"status": "Accepted"}

    async def _report(self, request_id: int, found: list[dict[str, Any]]) -> None:
        """K09: a message for each EVSE and part, the last one without more to come."""
        found = sorted(found, key=lambda kept: int(kept["evse"]))
        groups = [
            (evse_id, part)
            for evse_id, of_evse in groupby(found, key=lambda kept: int(kept["evse"]))
            for _number, _more, part in in_parts([kept["profile"] for kept in of_evse])
        ]
        for place, (evse_id, part) in enumerate(groups, 1):
            await self._shared.context.call(
                "ReportChargingProfiles",
                {
                    "requestId": request_id,
                    "chargingLimitSource": _SOURCE,
                    "evseId": evse_id,
                    "chargingProfile": part,
                    "tbc": place < len(groups),
                },
            )

    async def _composite(self, payload: Payload) -> Payload:
        evse_id, unit = payload["evseId"], payload.get("chargingRateUnit", "A")
        duration = payload["duration"]
        if not self._is_known(evse_id):
            return words.with_reason("Rejected", "UnknownEvse")
        if not 0 < duration <= _LONGEST_S:
            return words.with_reason("Rejected", "ValueOutOfRange")
        start = self._shared.utc()
        wired = self._shared.connector(evse_id) or self._services.connectors[0]
        periods = []
        for period in self._services.composite(evse_id, start, duration):
            phases = period.phases or wired.phases
            limit = (
                period.a10 / 10 if unit == "A" else watts(period.a10, phase_volts(wired), phases)
            )
            told: Payload = {"startPeriod": period.start_s, "limit": limit}
            if phases in {1, 3}:
                told["numberPhases"] = phases
            periods.append(told)
        if not periods:
            return words.with_reason("Rejected", "Unspecified", "no schedule")
        return {
            "status": "Accepted",
            "schedule": {
                "evseId": evse_id,
                "duration": duration,
                "scheduleStart": words.stamp(start),
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": periods,
            },
        }


_CRITERIA = {"chargingProfilePurpose", "stackLevel"}


def _meets(kept: dict[str, Any], criteria: Payload) -> bool:
    profile = kept["profile"]
    return bool(
        criteria.get("evseId", kept["evse"]) == kept["evse"]
        and criteria.get("chargingProfilePurpose", profile["chargingProfilePurpose"])
        == profile["chargingProfilePurpose"]
        and criteria.get("stackLevel", profile["stackLevel"]) == profile["stackLevel"]
    )
