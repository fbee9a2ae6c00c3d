"""The station as a whole: availability, reset, triggers, network and foreign data (B09 to B12, F06, G03, G04, P01)."""

from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.sampled_values import live_value
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

_RESET = "reset_when_idle"
# Common to all versions: the reason of the boot notification that follows
NEXT_BOOT = "next_boot_reason"
# What a trigger may ask of the rest of the station: send(evse id or 0)
Sender = Callable[[int], Awaitable[Any]]
_NOT_OURS = {
    "SignV2GCertificate",
    "SignCombinedCertificate",
    "PublishFirmwareStatusNotification",
}


class Operation:
    """Answers that concern the station, not one charge; `senders` by MessageTriggerEnumType."""

    def __init__(self, shared: Shared, senders: dict[str, Sender]) -> None:
        self._shared = shared
        self._services = shared.services
        self._senders = {
            **senders,
            "MeterValues": self.send_meter_values,
            "TransactionEvent": self._send_transactions,
        }
        self.answers: dict[str, Answer] = {
            "ChangeAvailability": self._availability,
            "Reset": self._reset,
            "TriggerMessage": self._trigger,
            "SetNetworkProfile": self._network,
            "DataTransfer": self._data_transfer,
        }

    async def _availability(self, payload: Payload) -> Payload:
        evse = payload.get("evse")
        number = 0
        if evse is not None:
            connector = self._shared.connector(evse["id"], evse.get("connectorId", 1))
            if connector is None:
                return words.with_reason("Rejected", "UnknownEvse")
            number = connector.number
        operative = payload["operationalStatus"] == "Operative"
        reply = await self._services.set_availability(number, operative)
        if reply is None or reply.result != "accepted":
            return words.refused("Rejected", None if reply is None else reply.reason)
        # G03: it waits for the end of a transaction
        return {"status": "Scheduled" if reply.reason == "scheduled" else "Accepted"}

    async def _reset(self, payload: Payload) -> Payload:
        if "evseId" in payload:
            # B11: EVSE.AllowReset is false
            return words.with_reason("Rejected", "UnsupportedParam")
        if payload["type"] == "OnIdle" and self._shared.running():
            await self._shared.set(_RESET, True)
            return {"status": "Scheduled"}
        reply = await self._reset_now("RemoteReset")
        if reply is not None and reply.result == "accepted":
            return {"status": "Accepted"}
        return words.refused("Rejected", None if reply is None else reply.reason)

    async def _reset_now(self, boot_reason: str) -> Reply | None:
        """B12: transactions end in order before the pile starts anew."""
        values = self._shared.context.values
        # Before the pile can greet again
        await values.set(NEXT_BOOT, boot_reason)
        reply = await self._services.reset(False)
        if reply is None or reply.result != "accepted":
            await values.set(NEXT_BOOT, None)
            return reply
        await self._shared.set(_RESET, None)
        self._shared.context.waiting_starts.cancel()
        self._shared.context.security_event("ResetOrReboot", "asked for by the central system")
        return reply

    async def reset_if_idle(self, ended_tx: str) -> None:
        """A reset that waits is done when the last transaction has ended (B12)."""
        if self._shared.get(_RESET) and not [
            t for t in self._shared.running() if t.tx != ended_tx
        ]:
            await self._reset_now("ScheduledReset")

    async def _trigger(self, payload: Payload) -> Payload:
        message, evse = payload["requestedMessage"], payload.get("evse", {})
        if message in _NOT_OURS or message not in self._senders:
            return {"status": "NotImplemented"}
        number = evse.get("id", 0)
        if number and self._shared.connector(number, evse.get("connectorId", 1)) is None:
            return words.with_reason("Rejected", "UnknownEvse")
        if message == "BootNotification" and self._shared.context.boot_status == "Accepted":
            return words.with_reason("Rejected", "Unspecified", "accepted already")
        if message == "StatusNotification" and "connectorId" not in evse:
            return words.with_reason("Rejected", "MissingParam", "evse.connectorId")
        if message == "MeterValues" and not self._metered(number):
            return words.with_reason("Rejected", "Unspecified", "no meter values yet")
        if message == "TransactionEvent" and not self._shared.running(number):
            return words.with_reason("Rejected", "TxNotFound")
        self._shared.later(self._senders[message](number))
        return {"status": "Accepted"}

    def _metered(self, number: int) -> list[tuple[int, Payload]]:
        values = [
            (c.number, live_value(self._services.state(c.number), self._shared.utc()))
            for c in self._services.connectors
            if number in {0, c.number}
        ]
        return [(evse_id, value) for evse_id, value in values if value is not None]

    async def send_meter_values(self, number: int) -> None:
        """F06: what the meters said last, of one EVSE or of all."""
        for evse_id, value in self._metered(number):
            await self._shared.context.call(
                "MeterValues", {"evseId": evse_id, "meterValue": [value]}
            )

    async def _send_transactions(self, number: int) -> None:
        for transaction in self._shared.running(number):
            await self._shared.context.trigger_event(transaction.tx)

    async def _network(self, _payload: Payload) -> Payload:
        """B09: where the bridge connects to stands in its settings file, and nowhere else."""
        return words.with_reason(
            "Rejected", "NotEnabled", "the bridge's settings hold the address"
        )

    async def _data_transfer(self, _payload: Payload) -> Payload:
        return {"status": "UnknownVendorId"}


def no_answer(action: str, known: frozenset[str]) -> CallError:
    """The CALLERROR for an action that this station does not answer."""
    if action in known:
        return CallError("NotSupported", action)
    return CallError("NotImplemented", action[:40])
