"""What the parts of a 2.0.1 station have in common: the context, its connectors, values, and ids."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import (
    CallError,
    ChargerContext,
    NotDeliveredError,
    OpenTransaction,
)
from pilebridge.platforms.ocpp.v201.words import Payload, stamp
from pilebridge.station_services import StationServices

log = logging.getLogger(__name__)

Answer = Callable[[Payload], Awaitable[Payload]]

_NAMESPACE = uuid.UUID("7a1f2b64-9d0c-5c8e-b6a7-3d2c0e9f4b11")
_PREFIX = "v201."
# An EVSE of ours has one connector, and its id is the connector's number on the pile
CONNECTOR_ID = 1


def transaction_id(pile: str, tx: str) -> str:
    """Our id of a pile's transaction: the same whenever it is asked for."""
    return str(uuid.uuid5(_NAMESPACE, f"{pile}/{tx}"))


class Shared:
    """One station's context with the look-ups that every part needs."""

    def __init__(self, context: ChargerContext) -> None:
        self.context = context
        self.services: StationServices = context.services

    def utc(self) -> int:
        """Now, in whole seconds."""
        return int(self.context.clock())

    def later(self, work: Awaitable[object]) -> None:
        """Do something after the answer to the call in hand has been sent."""
        self.context.later(self._alone(work))

    async def _alone(self, work: Awaitable[object]) -> None:
        # Nobody waits for it: the central system asks again for what it did not get
        try:
            await work
        except (CallError, NotDeliveredError) as error:
            log.info("%s: not told after an answer: %s", self.context.identity, error)

    def stamp(self) -> str:
        """Now, as 2.0.1 writes it."""
        return stamp(self.utc())

    def get(self, key: str, default: Any = None) -> Any:
        """A value kept for this version."""
        return self.context.values.get(_PREFIX + key, default)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value; None removes it."""
        await self.context.values.set(_PREFIX + key, value)

    def connector(self, evse_id: int, connector_id: int = CONNECTOR_ID) -> Connector | None:
        """The connector of an EVSE, None for one that is not there."""
        if connector_id != CONNECTOR_ID:
            return None
        return next((c for c in self.services.connectors if c.number == evse_id), None)

    def find(self, wanted: str) -> OpenTransaction | None:
        """A transaction that runs or was not told wholly, by the id that we gave it; also one whose
        start is not told yet."""
        found = self.context.transaction_of(wanted)
        if found is not None:
            return found
        of_pile = (t for t in self.context.transactions() if t.tx)
        return next((t for t in of_pile if transaction_id(t.pile, t.tx) == wanted), None)

    def running(self, evse_id: int = 0) -> list[OpenTransaction]:
        """Transactions that have not ended, of one EVSE or of all."""
        return [
            t
            for t in self.context.transactions()
            if t.tx and not t.ended and (not evse_id or t.connector == evse_id)
        ]
