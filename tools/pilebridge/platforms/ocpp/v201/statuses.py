"""StatusNotification (G01, B04): told when it differs, and again after a long time offline."""

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.shared import CONNECTOR_ID, Shared

_TOLD = "told_statuses"
_SEEN = "seen_utc"


class Statuses:
    """What the central system was told about each connector, kept over connections."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model

    async def seen(self) -> None:
        """The central system answered just now."""
        await self._shared.set(_SEEN, self._shared.utc())

    async def forget_after_threshold(self) -> None:
        """B04: after more than OfflineThreshold everything is told again."""
        threshold = int(self._model.kept("OCPPCommCtrlr", "OfflineThreshold"))
        seen = self._shared.get(_SEEN)
        if seen is None or self._shared.utc() - seen > threshold:
            await self.forget()

    async def forget(self) -> None:
        """Everything has to be told again, as after a boot (B01)."""
        await self._shared.set(_TOLD, {})

    async def tell(self, connector: Connector, changed_utc: int, always: bool = False) -> None:
        """Tell a connector's status if it differs from what was told last."""
        status = words.STATUS.get(self._shared.services.state(connector.number).status, "Faulted")
        told = self._shared.get(_TOLD, {})
        number = str(connector.number)
        if told.get(number) == status and not always:
            return
        await self._shared.context.call(
            "StatusNotification",
            {
                "timestamp": words.stamp(changed_utc),
                "connectorStatus": status,
                "evseId": connector.number,
                "connectorId": CONNECTOR_ID,
            },
        )
        # Read again: another connector may have been told meanwhile
        await self._shared.set(_TOLD, {**self._shared.get(_TOLD, {}), number: status})
