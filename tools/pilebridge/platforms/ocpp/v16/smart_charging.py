"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule."""

from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import ChargerContext, OpenTransaction
from pilebridge.platforms.ocpp.v16 import profiles
from pilebridge.platforms.ocpp.v16.keys import MAX_PROFILES
from pilebridge.platforms.ocpp.v16.profiles import AMPERES, PURPOSES, ProfileError
from pilebridge.platforms.ocpp.v16.times import to_text
from pilebridge.platforms.ocpp.v16.transactions import HOLD_PROFILE
from pilebridge.station_services import TX, ChargingProfile

_REJECTED = {"status": "Rejected"}
_LONGEST_S = 7 * 86400


class SmartCharging:
    """The pile evaluates the profiles, also when nobody can be asked; here they are only put into its terms."""

    def __init__(self, context: ChargerContext) -> None:
        self._context = context

    async def set(self, payload: dict[str, Any]) -> dict[str, Any]:
        """SetChargingProfile."""
        number, wanted = payload["connectorId"], payload["csChargingProfiles"]
        connector = self._wiring(number)
        if connector is None:
            return _REJECTED
        try:
            profile = profiles.read(wanted, number, connector, int(self._context.clock()))
        except ProfileError:
            return _REJECTED
        if profile.purpose == TX:
            running = self._running(number, wanted.get("transactionId"))
            if running is None:
                return _REJECTED
            profile = profiles.for_transaction(profile, running.ref)
        return {"status": "Accepted" if await self.install(profile) else "Rejected"}

    async def clear(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ClearChargingProfile: an id alone decides, otherwise all that is given has to match."""
        chosen = [each.id for each in self._installed() if _matches(each, payload)]
        if not chosen:
            return {"status": "Unknown"}
        removed = await self._context.services.clear_profiles(chosen)
        return {"status": "Accepted" if removed else "Unknown"}

    async def composite(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetCompositeSchedule."""
        number, duration_s = payload["connectorId"], payload["duration"]
        connector = self._wiring(number)
        if connector is None or duration_s <= 0:
            return _REJECTED
        # A year of days that repeat is nobody's plan, and takes its time to count out
        duration_s = min(duration_s, _LONGEST_S)
        unit = payload.get("chargingRateUnit", AMPERES)
        now = int(self._context.clock())
        periods = tuple(self._context.services.composite(number, now, duration_s))
        if not periods:
            return _REJECTED
        return {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": to_text(now),
            "chargingSchedule": {
                "duration": duration_s,
                "startSchedule": to_text(now),
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": profiles.write_periods(periods, connector, unit),
            },
        }

    def of_remote_start(self, wanted: dict[str, Any], connector: Connector) -> ChargingProfile:
        """The profile that came with a remote start; ProfileError."""
        if wanted["chargingProfilePurpose"] != "TxProfile":
            raise ProfileError("only a TxProfile may come with a start")
        now = int(self._context.clock())
        return profiles.read(wanted, connector.number, connector, now)

    async def install(self, profile: ChargingProfile) -> bool:
        """Hand a profile to the pile; False when it is full or refused."""
        replaced = (profile.connector, profile.purpose, profile.stack, profile.ref)
        others = [
            each
            for each in self._installed()
            if each.id != profile.id
            and (each.connector, each.purpose, each.stack, each.ref) != replaced
        ]
        if len(others) >= MAX_PROFILES:
            return False
        reply = await self._context.services.set_profile(profile)
        return reply is not None and reply.result == "accepted"

    def _installed(self) -> list[ChargingProfile]:
        found = self._context.services.profiles()
        return [each for each in found if each.id != HOLD_PROFILE]

    def _wiring(self, number: int) -> Connector | None:
        """The connector whose volts and phases hold; of the whole station those of its first."""
        connectors = self._context.services.connectors
        if number == 0:
            return connectors[0]
        return next((each for each in connectors if each.number == number), None)

    def _running(self, number: int, transaction_id: int | None) -> OpenTransaction | None:
        for each in self._context.transactions():
            named = transaction_id is None or each.transaction_id == str(transaction_id)
            if each.connector == number and not each.ended and each.tx and named:
                return each
        return None


def _matches(profile: ChargingProfile, payload: dict[str, Any]) -> bool:
    if "id" in payload:
        return bool(profile.id == payload["id"])
    purpose = payload.get("chargingProfilePurpose")
    return (
        profile.connector == payload.get("connectorId", profile.connector)
        and (purpose is None or profile.purpose == PURPOSES[purpose])
        and profile.stack == payload.get("stackLevel", profile.stack)
    )
