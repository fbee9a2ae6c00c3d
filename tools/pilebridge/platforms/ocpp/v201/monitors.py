"""Monitors that the central system sets on variables (N01 to N06)."""

from typing import Any

from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201.bounds import ITEMS_PER_MESSAGE
from pilebridge.platforms.ocpp.v201.device_model import (
    DeviceModel,
    Entry,
    component_key,
    variable_key,
)
from pilebridge.platforms.ocpp.v201.parts import in_parts
from pilebridge.platforms.ocpp.v201.reports import selects
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload, with_reason

# Monitors that look when a value changes; one that looks at times of its own would need them
TYPES = {
    "UpperThreshold": "ThresholdMonitoring",
    "LowerThreshold": "ThresholdMonitoring",
    "Delta": "DeltaMonitoring",
}
_KEPT = "monitors"
_MOST = 50


def _no_more_than(items: list[Any], name: str) -> None:
    if len(items) > ITEMS_PER_MESSAGE:
        raise CallError("OccurrenceConstraintViolation", f"{name}: at most {ITEMS_PER_MESSAGE}")


class Monitors:
    """The monitors of one station, kept by the bridge."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model
        self.answers: dict[str, Answer] = {
            "SetVariableMonitoring": self._set,
            "ClearVariableMonitoring": self._clear,
            "SetMonitoringBase": self._base,
            "SetMonitoringLevel": self._level,
            "GetMonitoringReport": self._report,
        }

    def all(self) -> list[dict[str, Any]]:
        """Monitors as SetMonitoringData with their ids."""
        return list(self._shared.get(_KEPT, []))

    def entry(self, monitor: Payload) -> Entry | None:
        """What a monitor looks at."""
        found = self._model.find(monitor["component"], monitor["variable"])
        return found if isinstance(found, Entry) else None

    async def _set(self, payload: Payload) -> Payload:
        items = payload["setMonitoringData"]
        _no_more_than(items, "setMonitoringData")
        results = []
        for item in items:
            result = {name: item[name] for name in ("type", "severity", "component", "variable")}
            if "id" in item:
                result["id"] = item["id"]
            results.append({**result, **await self._set_one(item)})
        return {"setMonitoringResult": results}

    async def _set_one(self, item: Payload) -> Payload:
        entry = self._model.find(item["component"], item["variable"])
        if not isinstance(entry, Entry):
            return {"status": entry}
        if not entry.row.watched or item["type"] not in TYPES:
            return {"status": "UnsupportedMonitorType"}
        if not 0 <= item["severity"] <= 9:
            return with_reason("Rejected", "ValueOutOfRange", "severity is 0 to 9")
        if item["type"] == "Delta" and item["value"] <= 0:
            return with_reason("Rejected", "ValuePositiveOnly")
        kept = self.all()
        wanted = item.get("id")
        old = next((m for m in kept if m["id"] == wanted), None)
        if wanted is not None and (old is None or _place(old) != _place(item)):
            # N04: only a monitor of this variable is replaced by its id
            return with_reason("Rejected", "NotFound")
        others = [m for m in kept if m["id"] != wanted]
        if any(
            _place(m) == _place(item)
            and (m["type"], m["severity"]) == (item["type"], item["severity"])
            for m in others
        ):
            return {"status": "Duplicate"}
        if len(others) >= _MOST:
            return with_reason("Rejected", "TooManyElements")
        identity = wanted if wanted is not None else int(self._shared.get("monitor_id", 0)) + 1
        if wanted is None:
            await self._shared.set("monitor_id", identity)
        monitor = {
            "id": identity,
            "transaction": item.get("transaction", False),
            "value": item["value"],
            "type": item["type"],
            "severity": item["severity"],
            "component": entry.component(),
            "variable": entry.variable(),
        }
        await self._shared.set(_KEPT, [*others, monitor])
        return {"status": "Accepted", "id": identity}

    async def _clear(self, payload: Payload) -> Payload:
        ids = payload["id"]
        _no_more_than(ids, "id")
        results = []
        kept = self.all()
        for identity in ids:
            left = [m for m in kept if m["id"] != identity]
            results.append(
                {"id": identity, "status": "Accepted" if len(left) < len(kept) else "NotFound"}
            )
            kept = left
        await self._shared.set(_KEPT, kept)
        return {"clearMonitoringResult": results}

    async def _base(self, payload: Payload) -> Payload:
        base = payload["monitoringBase"]
        await self._shared.set("monitoring_base", base)
        if base != "All":
            # N03: monitors that were set go; none is preconfigured here
            await self._shared.set(_KEPT, [])
        return {"status": "Accepted"}

    async def _level(self, payload: Payload) -> Payload:
        severity = payload["severity"]
        if not 0 <= severity <= 9:
            return with_reason("Rejected", "ValueOutOfRange")
        await self._shared.set("monitoring_level", severity)
        return {"status": "Accepted"}

    async def _report(self, payload: Payload) -> Payload:
        criteria = payload.get("monitoringCriteria")
        wanted = payload.get("componentVariable")
        if criteria == ["PeriodicMonitoring"]:
            return {"status": "NotSupported"}
        by_place: dict[Any, Payload] = {}
        for monitor in self.all():
            entry = self.entry(monitor)
            if entry is None or (criteria and TYPES[monitor["type"]] not in criteria):
                continue
            if wanted and not any(selects(w, entry) for w in wanted):
                continue
            data = by_place.setdefault(
                _place(monitor),
                {
                    "component": monitor["component"],
                    "variable": monitor["variable"],
                    "variableMonitoring": [],
                },
            )
            names = ("id", "transaction", "value", "type", "severity")
            data["variableMonitoring"].append({name: monitor[name] for name in names})
        if not by_place:
            return {"status": "EmptyResultSet"}
        self._shared.later(self._send(payload["requestId"], list(by_place.values())))
        return {"status": "Accepted"}

    async def _send(self, request_id: int, data: list[Payload]) -> None:
        for number, more, part in in_parts(data):
            await self._shared.context.call(
                "NotifyMonitoringReport",
                {
                    "requestId": request_id,
                    "generatedAt": self._shared.stamp(),
                    "tbc": more,
                    "seqNo": number,
                    "monitor": part,
                },
            )


def _place(monitor: Payload) -> Any:
    return component_key(monitor["component"]), variable_key(monitor["variable"])
