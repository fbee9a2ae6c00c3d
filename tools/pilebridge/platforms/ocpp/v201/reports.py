"""The device model as reports: GetBaseReport, GetReport and NotifyReport in parts (B07, B08)."""

from collections.abc import Callable, Iterable

from pilebridge.platforms.ocpp.v201.device_model import DeviceModel, Entry
from pilebridge.platforms.ocpp.v201.parts import in_parts
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.variable_rows import READ_ONLY, Fixed, Row
from pilebridge.platforms.ocpp.v201.words import Payload

_SUMMARY = {"AvailabilityState", "Problem", "Available"}
_BASES: dict[str, Callable[[Row], bool]] = {
    "FullInventory": lambda _row: True,
    "ConfigurationInventory": lambda row: row.mutability != READ_ONLY,
    "SummaryInventory": lambda row: (
        row.variable in _SUMMARY and row.component in {"ChargingStation", "EVSE", "Connector"}
    ),
}


def selects(wanted: Payload, entry: Entry) -> bool:
    """Whether a ComponentVariableType means this entry; what it leaves out means any (B08)."""
    component, variable = wanted["component"], wanted.get("variable")
    evse = component.get("evse")
    row = entry.row
    return (
        component["name"].lower() == row.component.lower()
        and component.get("instance", row.component_instance).lower()
        == row.component_instance.lower()
        and (evse is None or evse["id"] == entry.evse_id)
        and (evse is None or evse.get("connectorId", entry.connector_id) == entry.connector_id)
        and (
            variable is None
            or (
                variable["name"].lower() == row.variable.lower()
                and variable.get("instance", row.instance).lower() == row.instance.lower()
            )
        )
    )


def characteristics(row: Row) -> Payload:
    """VariableCharacteristicsType."""
    told: Payload = {"dataType": row.data_type, "supportsMonitoring": row.watched}
    if row.unit:
        told["unit"] = row.unit
    if row.lowest is not None and row.data_type in {"integer", "decimal"}:
        told["minLimit"] = row.lowest
    if row.highest is not None:
        told["maxLimit"] = row.highest
    if row.choices:
        told["valuesList"] = ",".join(row.choices)[:1000]
    return told


class Reports:
    """Answers for whole reports; the parts follow after the answer."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model
        self.answers: dict[str, Answer] = {
            "GetBaseReport": self._base,
            "GetReport": self._custom,
        }

    async def _base(self, payload: Payload) -> Payload:
        chosen = _BASES[payload["reportBase"]]
        entries = [e for e in self._model.entries if chosen(e.row)]
        self._shared.later(self._send(payload["requestId"], entries))
        return {"status": "Accepted"}

    async def _custom(self, payload: Payload) -> Payload:
        wanted = payload.get("componentVariable")
        entries = [
            e for e in self._model.entries if wanted is None or any(selects(w, e) for w in wanted)
        ]
        criteria = payload.get("componentCriteria")
        if criteria:
            entries = self._meeting(criteria, entries)
        if not entries:
            return {"status": "EmptyResultSet"}
        self._shared.later(self._send(payload["requestId"], entries))
        return {"status": "Accepted"}

    def _meeting(self, criteria: list[str], entries: list[Entry]) -> list[Entry]:
        """Entries of components that meet one of the criteria: the variable of that name is true, or,
        but for Problem, is not there."""
        flags: dict[tuple[str, int, int], dict[str, str | None]] = {}
        for entry in self._model.entries:
            if entry.row.variable in {"Active", "Available", "Enabled", "Problem"} and (
                not entry.row.instance
            ):
                place = (entry.row.component, entry.evse_id, entry.connector_id)
                flags.setdefault(place, {})[entry.row.variable] = self._model.value(entry, {})

        def meets(entry: Entry) -> bool:
            has = flags.get((entry.row.component, entry.evse_id, entry.connector_id), {})
            return any(
                has.get(name, "false" if name == "Problem" else "true") == "true"
                for name in criteria
            )

        return [entry for entry in entries if meets(entry)]

    async def _send(self, request_id: int, entries: Iterable[Entry]) -> None:
        chosen = list(entries)
        told = await self._model.settings_of(chosen)
        data = []
        for entry in chosen:
            attribute: Payload = {"type": "Actual", "mutability": entry.row.mutability}
            value = self._model.value(entry, told)
            if value is not None:
                attribute["value"] = value[:2500]
            if isinstance(entry.row.home, Fixed):
                attribute["constant"] = True
            data.append(
                {
                    "component": entry.component(),
                    "variable": entry.variable(),
                    "variableAttribute": [attribute],
                    "variableCharacteristics": characteristics(entry.row),
                }
            )
        for number, more, part in in_parts(data):
            payload: Payload = {
                "requestId": request_id,
                "generatedAt": self._shared.stamp(),
                "tbc": more,
                "seqNo": number,
            }
            if part:
                payload["reportData"] = part
            await self._shared.context.call("NotifyReport", payload)
