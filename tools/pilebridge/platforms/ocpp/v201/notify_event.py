"""NotifyEvent (N07, N08): what monitors found, numbered without a repetition."""

from pilebridge.platforms.ocpp.v201.device_model import Entry
from pilebridge.platforms.ocpp.v201.parts import in_parts
from pilebridge.platforms.ocpp.v201.shared import Shared
from pilebridge.platforms.ocpp.v201.words import Payload

_NUMBER = "event_id"


class Events:
    """Sends events of variables."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def event(
        self,
        entry: Entry,
        trigger: str,
        actual: str,
        notification: str,
        cleared: bool = False,
        monitor_id: int | None = None,
        code: str = "",
        text: str = "",
        transaction: str = "",
    ) -> Payload:
        """EventDataType with a number of its own."""
        number = int(self._shared.get(_NUMBER, 0)) + 1
        await self._shared.set(_NUMBER, number)
        data: Payload = {
            "eventId": number,
            "timestamp": self._shared.stamp(),
            "trigger": trigger,
            "actualValue": actual[:2500],
            "eventNotificationType": notification,
            "component": entry.component(),
            "variable": entry.variable(),
        }
        if trigger == "Alerting":
            data["cleared"] = cleared
        if monitor_id is not None:
            data["variableMonitoringId"] = monitor_id
        if code:
            data["techCode"] = code[:50]
        if text:
            data["techInfo"] = text[:500]
        if transaction:
            data["transactionId"] = transaction
        return data

    async def send(self, events: list[Payload]) -> None:
        """Tell events; nothing for none."""
        if not events:
            return
        for number, more, part in in_parts(events):
            await self._shared.context.call(
                "NotifyEvent",
                {
                    "generatedAt": self._shared.stamp(),
                    "tbc": more,
                    "seqNo": number,
                    "eventData": part,
                },
            )
