"""ReserveNow and CancelReservation, and which start uses which reservation."""

from typing import Any

from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.id_tags import is_good, normal
from pilebridge.platforms.ocpp.v16.times import LAST_UTC, from_text
from pilebridge.station_services import Reservation

_KEPT = "reservations"
_REFUSALS = {
    "occupied": "Occupied",
    "busy": "Occupied",
    "reserved": "Occupied",
    "fault": "Faulted",
    "unavailable": "Unavailable",
    "no_meter": "Faulted",
}
_HIGHEST = 2147483647


class Reservations:
    """The pile holds a reservation; here stands who it is for, since a start has to name it."""

    def __init__(self, context: ChargerContext) -> None:
        self._context = context

    async def reserve(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ReserveNow."""
        number, identity = payload["connectorId"], payload["reservationId"]
        until_utc = min(from_text(payload["expiryDate"], "expiryDate"), LAST_UTC)
        services = self._context.services
        known = number == 0 or any(each.number == number for each in services.connectors)
        tag = normal(payload["idTag"])
        group = normal(payload.get("parentIdTag") or "")
        if not known or not is_good(tag) or (group and not is_good(group)):
            return {"status": "Rejected"}
        if not 0 <= identity <= _HIGHEST or until_utc <= self._now():
            return {"status": "Rejected"}
        wanted = Reservation(identity, number, tag, until_utc, group)
        reply = await services.reserve(wanted)
        if reply is None or reply.result not in {"accepted", "refused"}:
            return {"status": "Rejected"}
        if reply.result == "refused":
            return {"status": _REFUSALS.get(reply.reason, "Rejected")}
        rows = [row for row in self._rows() if row[0] != identity]
        await self._keep([*rows, [identity, number, tag, until_utc, group]])
        return {"status": "Accepted"}

    async def cancel(self, payload: dict[str, Any]) -> dict[str, Any]:
        """CancelReservation."""
        identity = payload["reservationId"]
        if not 0 <= identity <= _HIGHEST:
            return {"status": "Rejected"}
        reply = await self._context.services.cancel_reservation(identity)
        gone = reply is not None and (
            reply.result == "accepted" or reply.reason == "no_reservation"
        )
        if gone:
            await self.used(identity)
        accepted = reply is not None and reply.result == "accepted"
        return {"status": "Accepted" if accepted else "Rejected"}

    def matching(self, connector: int, token: str, utc: int) -> int | None:
        """The reservation that a start with a token uses, or None."""
        tag, group = normal(token), self._group(token)
        for identity, number, owner, until_utc, owners in self._rows():
            mine = owner == tag or bool(owners and owners == group)
            if mine and number in {0, connector} and utc < until_utc:
                return int(identity)
        return None

    async def used(self, identity: int) -> None:
        """A start has used it, or it is gone."""
        rows = self._rows()
        left = [row for row in rows if row[0] != identity]
        if len(left) != len(rows):
            await self._keep(left)

    def _group(self, token: str) -> str:
        tag = normal(token)
        entries = self._context.services.tokens()
        return next((entry.group for entry in entries if entry.token == tag), "")

    def _rows(self) -> list[list[Any]]:
        rows: list[list[Any]] = self._context.values.get(_KEPT, [])
        return rows

    async def _keep(self, rows: list[list[Any]]) -> None:
        # A start that is told late may still name one that has run out since
        oldest = self._now() - 86400
        rows = [row for row in rows if row[3] > oldest]
        await self._context.values.set(_KEPT, rows or None)

    def _now(self) -> int:
        return int(self._context.clock())
