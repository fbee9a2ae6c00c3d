"""SetVariables and GetVariables (B05, B06), and what follows when some variables change."""

import json
from collections.abc import Callable

from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201.bounds import BYTES_PER_MESSAGE, ITEMS_PER_MESSAGE
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel, Entry, from_text
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.variable_rows import (
    READ_ONLY,
    WRITE_ONLY,
    Kept,
    Setting,
    problem,
)
from pilebridge.platforms.ocpp.v201.words import REASON_CODE, Payload

_ACTUAL = "Actual"


def _no_more_than(items: list[Payload], name: str) -> None:
    # What DeviceDataCtrlr says of ItemsPerMessage and BytesPerMessage (B05, B06)
    if len(items) > ITEMS_PER_MESSAGE:
        raise CallError("OccurrenceConstraintViolation", f"{name}: at most {ITEMS_PER_MESSAGE}")
    if len(json.dumps(items)) > BYTES_PER_MESSAGE:
        raise CallError("FormatViolation", f"{name}: at most {BYTES_PER_MESSAGE} bytes")


def _echo(item: Payload) -> Payload:
    result = {"component": item["component"], "variable": item["variable"]}
    if "attributeType" in item:
        result["attributeType"] = item["attributeType"]
    return result


def _status(status: str, code: str = "", text: str = "") -> Payload:
    result: Payload = {"attributeStatus": status}
    if code:
        result["attributeStatusInfo"] = {"reasonCode": code[:20]}
        if text:
            result["attributeStatusInfo"]["additionalInfo"] = text[:512]
    return result


class Variables:
    """Reads and changes variables of the device model."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model
        self.answers: dict[str, Answer] = {
            "GetVariables": self._get,
            "SetVariables": self._set,
        }
        self._effects: dict[tuple[str, str], Callable[[str], None]] = {
            ("OCPPCommCtrlr", "HeartbeatInterval"): self._heartbeat,
            ("OCPPCommCtrlr", "WebSocketPingInterval"): self._ping,
            ("OCPPCommCtrlr", "MessageAttempts"): self._delivery,
            ("OCPPCommCtrlr", "MessageAttemptInterval"): self._delivery,
        }

    def apply(self) -> None:
        """Tell the context what was set for this station: it holds for each connection anew."""
        self._delivery("")
        if self._shared.get("variable.OCPPCommCtrlr.WebSocketPingInterval.") is not None:
            self._ping(self._model.kept("OCPPCommCtrlr", "WebSocketPingInterval"))

    async def keep(self, component: str, variable: str, text: str) -> None:
        """A value that came by another way than SetVariables."""
        entry = self._model.find({"name": component}, {"name": variable})
        if isinstance(entry, Entry):
            await self._shared.set(entry.value_key, text)

    def _heartbeat(self, value: str) -> None:
        self._shared.context.interval_changed(int(value))

    def _ping(self, value: str) -> None:
        self._shared.context.ping_interval_changed(int(value))

    def _delivery(self, _value: str) -> None:
        attempts, interval = (
            int(self._model.kept("OCPPCommCtrlr", name, "TransactionEvent"))
            for name in ("MessageAttempts", "MessageAttemptInterval")
        )
        self._shared.context.delivery_rules(attempts, interval)

    async def _get(self, payload: Payload) -> Payload:
        items = payload["getVariableData"]
        _no_more_than(items, "getVariableData")
        found = [self._model.find(item["component"], item["variable"]) for item in items]
        told = await self._model.settings_of(e for e in found if isinstance(e, Entry))
        results = []
        for item, entry in zip(items, found, strict=True):
            result = _echo(item)
            if not isinstance(entry, Entry):
                result["attributeStatus"] = entry
            elif item.get("attributeType", _ACTUAL) != _ACTUAL:
                result["attributeStatus"] = "NotSupportedAttributeType"
            elif entry.row.mutability == WRITE_ONLY:
                result.update(_status("Rejected", "WriteOnly"))
            else:
                value = self._model.value(entry, told)
                if value is None:
                    result.update(_status("Rejected", "Unspecified", "not known at this time"))
                else:
                    result.update({"attributeStatus": "Accepted", "attributeValue": value[:2500]})
            results.append(result)
        return {"getVariableResult": results}

    async def _set(self, payload: Payload) -> Payload:
        items = payload["setVariableData"]
        _no_more_than(items, "setVariableData")
        return {
            "setVariableResult": [{**_echo(item), **await self._set_one(item)} for item in items]
        }

    async def _set_one(self, item: Payload) -> Payload:
        entry = self._model.find(item["component"], item["variable"])
        if not isinstance(entry, Entry):
            return _status(entry)
        if item.get("attributeType", _ACTUAL) != _ACTUAL:
            return _status("NotSupportedAttributeType")
        row, text = entry.row, item["attributeValue"]
        if row.mutability == READ_ONLY:
            return _status("Rejected", "ReadOnly")
        wrong = problem(row, text)
        if wrong:
            return _status("Rejected", wrong)
        if row.variable == "BasicAuthPassword":
            return await self._set_password(text)
        if isinstance(row.home, Setting):
            return await self._set_setting(entry, row.home.key, text)
        if isinstance(row.home, Kept):
            await self._shared.set(entry.value_key, text)
            effect = self._effects.get((row.component, row.variable))
            if effect:
                effect(text)
        return _status("RebootRequired" if row.reboot else "Accepted")

    async def _set_setting(self, entry: Entry, key: str, text: str) -> Payload:
        reply = await self._shared.services.write_setting(key, from_text(entry.row, text))
        if reply is None:
            return _status("Rejected", "Unspecified", "the pile does not answer")
        if reply.result != "accepted":
            return _status("Rejected", REASON_CODE.get(reply.reason, "Unspecified"), reply.reason)
        return _status("RebootRequired" if reply.reason == "restart" else "Accepted")

    async def _set_password(self, text: str) -> Payload:
        """A01: the next connection uses it, and is made when the answer has been sent."""
        await self._shared.context.values.set("password", text)
        self._shared.context.reconnect()
        return _status("Accepted")
