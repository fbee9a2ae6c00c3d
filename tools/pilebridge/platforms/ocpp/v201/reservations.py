"""Reservations (H01 to H04): made and given up by the central system, told when they end otherwise."""

from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.events import STARTED, TxEvent
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload
from pilebridge.station_services import Reservation

_KEPT = "reservations"
_BROKEN = {"faulted", "unavailable"}
# ReserveNowStatusEnumType by a pile's reason
_REFUSED = {
    "fault": "Faulted",
    "unavailable": "Unavailable",
    "occupied": "Occupied",
    "busy": "Occupied",
    "reserved": "Occupied",
}


class Reservations:
    """What is reserved here, with the ids that the central system gave."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._services = shared.services
        self.answers: dict[str, Answer] = {
            "ReserveNow": self._reserve,
            "CancelReservation": self._cancel,
        }

    def _all(self) -> list[dict[str, Any]]:
        return list(self._shared.get(_KEPT, []))

    async def _drop(self, reservation_id: int) -> None:
        await self._shared.set(_KEPT, [r for r in self._all() if r["id"] != reservation_id])

    async def _reserve(self, payload: Payload) -> Payload:
        evse_id = payload.get("evseId", 0)
        if evse_id and self._shared.connector(evse_id) is None:
            return words.with_reason("Rejected", "UnknownEvse")
        token = payload["idToken"]["idToken"]
        if not 0 <= payload["id"] <= words.HIGHEST or not words.is_token(token):
            return words.with_reason("Rejected", "InvalidValue")
        until = words.parse_time(payload["expiryDateTime"])
        if until <= self._shared.utc():
            return words.with_reason("Rejected", "InvalidValue", "expiryDateTime is over")
        group = payload.get("groupIdToken", {}).get("idToken", "")
        reply = await self._services.reserve(
            Reservation(payload["id"], evse_id, token, until, group)
        )
        if reply is None or reply.result != "accepted":
            reason = None if reply is None else reply.reason
            return words.refused(_REFUSED.get(reason or "", "Rejected"), reason)
        kept = {
            "id": payload["id"],
            "evse": evse_id,
            "until": until,
            "token": token,
            "group": group,
        }
        # H01: one with the same id is replaced
        await self._shared.set(
            _KEPT, [*(r for r in self._all() if r["id"] != payload["id"]), kept]
        )
        return {"status": "Accepted"}

    async def _cancel(self, payload: Payload) -> Payload:
        wanted = payload["reservationId"]
        if not 0 <= wanted <= words.HIGHEST:
            return words.with_reason("Rejected", "NotFound")
        known = any(r["id"] == wanted for r in self._all())
        reply = await self._services.cancel_reservation(wanted)
        if reply is not None and reply.result == "accepted":
            await self._drop(wanted)
            return {"status": "Accepted"}
        if reply is not None and known:
            await self._drop(wanted)
        return words.refused("Rejected", None if reply is None else reply.reason)

    def used_by(self, event: TxEvent) -> int | None:
        """The reservation that a transaction begins under, None for what is no start."""
        if event.kind != STARTED or event.reservation_id is not None:
            return event.reservation_id if event.kind == STARTED else None
        for kept in self._all():
            if kept["token"] == event.id_token and kept["evse"] in {0, event.connector}:
                return int(kept["id"])
        return None

    async def used(self, reservation_id: int) -> None:
        """H03: its transaction has been told, and that ends it."""
        await self._drop(reservation_id)

    async def look(self, connector: Connector | None = None) -> None:
        """H04: tell those that are over, and those that cannot be kept because of a fault."""
        now = self._shared.utc()
        for kept in self._all():
            broken = (
                connector is not None
                and kept["evse"] == connector.number
                and self._services.state(connector.number).status in _BROKEN
            )
            if kept["until"] > now and not broken:
                continue
            over = "Expired" if kept["until"] <= now else "Removed"
            if over == "Removed":
                await self._services.cancel_reservation(kept["id"])
            await self._shared.context.call(
                "ReservationStatusUpdate",
                {"reservationId": kept["id"], "reservationUpdateStatus": over},
            )
            await self._drop(kept["id"])
