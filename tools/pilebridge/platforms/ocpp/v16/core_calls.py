"""Calls of the Core profile that a pile carries out: starts, stops, resets, locks, availability."""

import logging
import uuid
from typing import Any

from pilebridge.commands import Reply
from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16.configuration import Configuration, settings_of
from pilebridge.platforms.ocpp.v16.id_tags import LONGEST, is_good, normal, verdict
from pilebridge.platforms.ocpp.v16.profiles import ProfileError, for_transaction
from pilebridge.platforms.ocpp.v16.reservations import Reservations
from pilebridge.platforms.ocpp.v16.smart_charging import SmartCharging
from pilebridge.station_services import ACCEPTED, ChargingProfile

log = logging.getLogger(__name__)

BY = "ocpp"
_REJECTED, _ACCEPTED = {"status": "Rejected"}, {"status": "Accepted"}
_FREE = ("preparing", "available", "reserved", "finishing")


def accepted(reply: Reply | None) -> bool:
    """True when a pile said yes."""
    return reply is not None and reply.result == "accepted"


class CoreCalls:
    """Each call is answered by what the pile answered; a pile that is silent means Rejected."""

    def __init__(
        self,
        context: ChargerContext,
        configuration: Configuration,
        smart_charging: SmartCharging,
        reservations: Reservations,
    ) -> None:
        self._context = context
        self._configuration = configuration
        self._smart_charging = smart_charging
        self._reservations = reservations

    async def remote_start(self, payload: dict[str, Any]) -> dict[str, Any]:
        """RemoteStartTransaction."""
        connector = self._chosen(payload)
        # Not allowed before the station is registered
        if connector is None or self._context.boot_status != "Accepted":
            return _REJECTED
        if not is_good(payload["idTag"]):
            return _REJECTED
        profile = None
        if "chargingProfile" in payload:
            try:
                profile = self._smart_charging.of_remote_start(
                    payload["chargingProfile"], connector
                )
            except ProfileError:
                return _REJECTED
        tag = payload["idTag"]
        if self._refused(connector, tag):
            return _REJECTED
        if self._configuration.flag("AuthorizeRemoteTxRequests"):
            known = self._listed(tag)
            if known is None:
                if not self._could_start(connector):
                    return _REJECTED
                # The central system is asked once it has this answer
                self._context.later(self._authorize_and_start(connector, tag, profile))
                return _ACCEPTED
            if known != ACCEPTED:
                return _REJECTED
        return _ACCEPTED if await self._start(connector, tag, profile) else _REJECTED

    async def remote_stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        """RemoteStopTransaction."""
        found = self._context.transaction_of(str(payload["transactionId"]))
        if found is None or self._context.boot_status != "Accepted":
            return _REJECTED
        reply = await self._context.services.stop(found.connector, found.ref, "remote")
        return _ACCEPTED if accepted(reply) else _REJECTED

    async def reset(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Reset; a pile that does not answer is asked again as often as ResetRetries says."""
        hard = payload["type"] == "Hard"
        for _ in range(1 + self._configuration.number("ResetRetries")):
            reply = await self._context.services.reset(hard)
            if reply is not None:
                break
        if not accepted(reply):
            return _REJECTED
        self._context.waiting_starts.cancel()
        self._context.security_event(
            "ResetOrReboot", f"{payload['type']} reset by the central system"
        )
        return _ACCEPTED

    async def unlock(self, payload: dict[str, Any]) -> dict[str, Any]:
        """UnlockConnector."""
        connector = self._connector(payload["connectorId"])
        if connector is None:
            return {"status": "NotSupported"}
        self._context.waiting_starts.cancel(connector.number)
        reply = await self._context.services.unlock(connector.number)
        if accepted(reply):
            return {"status": "Unlocked"}
        no_lock = reply is not None and reply.reason == "no_lock"
        return {"status": "NotSupported" if no_lock else "UnlockFailed"}

    async def change_availability(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ChangeAvailability; connector 0 is the whole pile."""
        number, operative = payload["connectorId"], payload["type"] == "Operative"
        if number != 0 and self._connector(number) is None:
            return _REJECTED
        reply = await self._context.services.set_availability(number, operative)
        if reply is None or reply.result != "accepted":
            return _REJECTED
        if number == 0:
            await self._context.values.set("operative", operative)
        return {"status": "Scheduled" if reply.reason == "scheduled" else "Accepted"}

    async def clear_cache(self, _payload: dict[str, Any]) -> dict[str, Any]:
        """ClearCache."""
        return _ACCEPTED if accepted(await self._context.services.clear_cache()) else _REJECTED

    async def data_transfer(self, payload: dict[str, Any]) -> dict[str, Any]:
        """DataTransfer: there are no private messages."""
        ours = payload["vendorId"] == settings_of(self._context).vendor
        return {"status": "UnknownMessageId" if ours else "UnknownVendorId"}

    async def _authorize_and_start(
        self, connector: Connector, tag: str, profile: ChargingProfile | None
    ) -> None:
        try:
            answer = await self._context.call("Authorize", {"idTag": tag[:LONGEST]})
        except (CallError, NotDeliveredError) as error:
            log.info("ocpp %s: remote start not authorized: %s", self._context.identity, error)
            return
        if verdict(answer["idTagInfo"]).status == ACCEPTED:
            await self._start(connector, tag, profile)

    async def _start(
        self, connector: Connector, tag: str, profile: ChargingProfile | None
    ) -> bool:
        async def attempt() -> Reply | None:
            return await self._tried(connector, tag, profile)

        waiting = self._context.waiting_starts
        return accepted(await waiting.begin(connector.number, tag, attempt))

    async def _tried(
        self, connector: Connector, tag: str, profile: ChargingProfile | None
    ) -> Reply | None:
        ref = f"ocpp-{uuid.uuid4().hex}"
        number = connector.number
        now = int(self._context.clock())
        # On disk before the pile hears of it: its transaction is this platform's
        await self._context.expect_start(
            ref, number, tag, reservation_id=self._reservations.matching(number, tag, now)
        )
        reply = await self._context.services.start(number, ref, BY, normal(tag))
        if accepted(reply) and profile is not None:
            self._context.later(self._smart_charging.install(for_transaction(profile, ref)))
        return reply

    def _refused(self, connector: Connector, tag: str) -> bool:
        """True where a transaction, another start or a reservation has the connector."""
        number, now = connector.number, int(self._context.clock())
        if self._context.waiting_starts.refusal(number, tag):
            return True
        reserved = self._status(connector) == "reserved"
        return reserved and self._reservations.matching(number, tag, now) is None

    def _chosen(self, payload: dict[str, Any]) -> Connector | None:
        """The connector named, or where none is named the one that could start."""
        number = payload.get("connectorId")
        if number is not None:
            return self._connector(number)
        connectors = self._context.services.connectors
        plugged = [each for each in connectors if self._status(each) in {"preparing", "finishing"}]
        candidates = [each for each in plugged if self._could_start(each)] or [
            each for each in connectors if self._could_start(each)
        ]
        return candidates[0] if len(candidates) == 1 else None

    def _could_start(self, connector: Connector) -> bool:
        state = self._context.services.state(connector.number)
        return not state.tx and state.status in _FREE

    def _status(self, connector: Connector) -> str:
        return self._context.services.state(connector.number).status

    def _listed(self, tag: str) -> str | None:
        """What the local list says of a tag, None when it does not know it."""
        if not self._configuration.flag("LocalAuthListEnabled"):
            return None
        now, wanted = self._context.clock(), normal(tag)
        for entry in self._context.services.tokens():
            if entry.token == wanted:
                over = entry.until_utc and entry.until_utc <= now
                # One that has run out may have been renewed since
                return None if over else entry.status
        return None

    def _connector(self, number: int) -> Connector | None:
        connectors = self._context.services.connectors
        return next((each for each in connectors if each.number == number), None)
