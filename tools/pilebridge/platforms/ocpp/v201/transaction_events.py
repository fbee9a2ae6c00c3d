"""Facts of a transaction as TransactionEvent (E01 to E15, J02).

The pile begins a transaction when the vehicle is plugged in and the token is accepted, which 2.0.1
calls PowerPathClosed; it ends when either is over.
"""

from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.sampled_values import meter_value
from pilebridge.platforms.ocpp.v201.shared import CONNECTOR_ID, Shared, transaction_id
from pilebridge.platforms.ocpp.v201.words import Payload

# Stop reason of the journal: (ReasonEnumType, TriggerReasonEnumType); reason `fault` has its own table
STOPPED = {
    "remote": ("Remote", "RemoteStop"),
    "local": ("Local", "StopAuthorized"),
    "vehicle": ("StoppedByEV", "ChargingStateChanged"),
    "unplugged": ("EVDisconnected", "EVCommunicationLost"),
    "start_timeout": ("Timeout", "EVConnectTimeout"),
    "power_loss": ("PowerLoss", "AbnormalCondition"),
    "deauthorized": ("DeAuthorized", "Deauthorized"),
    "unlock": ("Other", "UnlockCommand"),
    "reset_soft": ("ImmediateReset", "ResetCommand"),
    "reset_hard": ("ImmediateReset", "ResetCommand"),
    "energy_limit": ("EnergyLimitReached", "EnergyLimitReached"),
    "other": ("Other", "AbnormalCondition"),
}
FAULT_STOPPED = {
    "pilot_short": "GroundFault",
    "residual_current": "GroundFault",
    "residual_current_test": "GroundFault",
    "pe_lost": "GroundFault",
    "emergency_stop": "EmergencyStop",
    "over_current": "OvercurrentFault",
    "over_voltage": "PowerQuality",
    "under_voltage": "PowerQuality",
    "frequency": "PowerQuality",
    "mains_lost": "PowerLoss",
}
# A phase that carries less is not used
_USED_MA = 500


def stopped(event: TxEvent) -> tuple[str, str]:
    """(stoppedReason, triggerReason) of an event that ends a transaction."""
    if event.reason == "fault" or (event.fault and event.reason not in STOPPED):
        return FAULT_STOPPED.get(event.fault, "Other"), "AbnormalCondition"
    return STOPPED.get(event.reason, STOPPED["other"])


def _charging_state(event: TxEvent) -> str | None:
    if event.kind == events.CHARGING:
        return "Charging"
    if event.kind == events.ENDED and event.reason == "unplugged":
        return "Idle"
    state = words.CHARGING_STATE.get(event.state)
    if event.kind == events.ENDED:
        # The contactor is open by then, whatever was told last
        return "Idle" if state == "Idle" else "EVConnected"
    if event.kind == events.STARTED and state in {None, "Idle"}:
        return "EVConnected"
    return state


def _trigger(event: TxEvent) -> str:
    if event.kind == events.STARTED:
        return "Authorized" if event.remote_start_id is None else "RemoteStart"
    if event.kind == events.SAMPLE:
        return "MeterValuePeriodic"
    if event.kind == events.TRIGGERED:
        return "Trigger"
    if event.kind == events.ENDED:
        return stopped(event)[1]
    return "ChargingStateChanged"


_TYPE = {events.STARTED: "Started", events.ENDED: "Ended"}


def request(event: TxEvent, model: DeviceModel, reservation_id: int | None) -> Payload:
    """The TransactionEventRequest of a fact."""
    info: Payload = {"transactionId": transaction_id(event.pile, event.tx)}
    state = _charging_state(event)
    if state:
        info["chargingState"] = state
    if event.kind == events.ENDED:
        info["stoppedReason"] = stopped(event)[0]
    if event.remote_start_id is not None and event.kind == events.STARTED:
        info["remoteStartId"] = event.remote_start_id
    payload: Payload = {
        "eventType": _TYPE.get(event.kind, "Updated"),
        "timestamp": words.stamp(event.utc),
        "triggerReason": _trigger(event),
        "seqNo": event.seq,
        "transactionInfo": info,
    }
    if event.offline:
        payload["offline"] = True
    if event.kind == events.STARTED:
        payload["evse"] = {"id": event.connector, "connectorId": CONNECTOR_ID}
        if event.id_token or event.id_token_type:
            payload["idToken"] = words.id_token(event.id_token, event.id_token_type)
        if reservation_id is not None:
            payload["reservationId"] = reservation_id
    phases = sum(1 for ma in event.ma if ma >= _USED_MA)
    if phases and event.kind in {events.SAMPLE, events.TRIGGERED}:
        payload["numberOfPhasesUsed"] = phases
    sampled = meter_value(event, model)
    if sampled:
        payload["meterValue"] = [sampled]
    return payload


class TransactionEvents:
    """Sends facts of transactions and reads the central system's answers."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model
        self._context: ChargerContext = shared.context

    async def deliver(self, event: TxEvent, reservation_id: int | None) -> None:
        """Send one; CallError or NotDeliveredError leaves it to be sent again."""
        identity = transaction_id(event.pile, event.tx)
        if event.kind == events.STARTED:
            # Ours to give, so calls about it may come as soon as it is told
            await self._context.bind(event.pile, event.tx, identity)
        answer = await self._context.call(
            "TransactionEvent", request(event, self._model, reservation_id)
        )
        await self._keep_cost(identity, answer, event.kind == events.ENDED)
        verdict = answer.get("idTokenInfo", {}).get("status", "Accepted")
        if verdict != "Accepted" and event.kind != events.ENDED:
            await self._context.deauthorized(event.tx, words.VERDICT.get(verdict, "invalid"))

    async def _keep_cost(self, identity: str, answer: Payload, ended: bool) -> None:
        """I02, I03, and the message to the driver: the newest of each transaction."""
        told: Payload = {}
        if "totalCost" in answer:
            told["total"] = answer["totalCost"]
            told["final"] = ended
        if "updatedPersonalMessage" in answer:
            told["message"] = answer["updatedPersonalMessage"]["content"]
        if told:
            await keep_cost(self._shared, identity, told)


# Costs of so many transactions are remembered
_COSTS = 20


async def keep_cost(shared: Shared, identity: str, told: Payload) -> None:
    """Note what a transaction costs as the central system has it, under the value `cost`."""
    costs = dict(shared.context.values.get("cost", {}))
    entry = {**costs.pop(identity, {}), **told, "utc": shared.utc()}
    costs[identity] = entry
    while len(costs) > _COSTS:
        del costs[next(iter(costs))]
    await shared.context.values.set("cost", costs)
