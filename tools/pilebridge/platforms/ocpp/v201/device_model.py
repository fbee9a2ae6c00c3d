"""The device model: every component and variable of this station, each with its place and value (B05 to B08)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pilebridge.platforms.ocpp.v201 import pile_rows, service_rows, standard_rows
from pilebridge.platforms.ocpp.v201.shared import CONNECTOR_ID, Shared
from pilebridge.platforms.ocpp.v201.variable_rows import (
    CONNECTOR,
    STATION,
    WRITE_ONLY,
    Fixed,
    Kept,
    Live,
    Row,
    Setting,
)
from pilebridge.platforms.ocpp.v201.words import Payload

# So many settings fit into one question to a pile
_SETTINGS_AT_ONCE = 8

Key = tuple[str, str, int, int]


@dataclass(frozen=True)
class Entry:
    """A row at its place; ids are 0 where there are none."""

    row: Row
    evse_id: int = 0
    connector_id: int = 0

    def component(self) -> Payload:
        """ComponentType."""
        component: Payload = {"name": self.row.component}
        if self.row.component_instance:
            component["instance"] = self.row.component_instance
        if self.evse_id:
            component["evse"] = {"id": self.evse_id}
            if self.connector_id:
                component["evse"]["connectorId"] = self.connector_id
        return component

    def variable(self) -> Payload:
        """VariableType."""
        variable = {"name": self.row.variable}
        if self.row.instance:
            variable["instance"] = self.row.instance
        return variable

    @property
    def value_key(self) -> str:
        """Where the bridge keeps the value of a row that it keeps."""
        return f"variable.{self.row.component}.{self.row.variable}.{self.row.instance}"


def component_key(component: Payload) -> Key:
    """A component's identity; names are the same in capitals or not."""
    evse = component.get("evse", {})
    return (
        component["name"].lower(),
        component.get("instance", "").lower(),
        evse.get("id", 0),
        evse.get("connectorId", 0),
    )


def variable_key(variable: Payload) -> tuple[str, str]:
    """A variable's identity inside its component."""
    return variable["name"].lower(), variable.get("instance", "").lower()


Index = dict[Key, dict[tuple[str, str], Entry]]


@cache
def layout(evse_ids: tuple[int, ...]) -> tuple[tuple[Entry, ...], Index]:
    """Entries and their index; stations with the same EVSEs share them, and there may be thousands."""
    entries: list[Entry] = []
    for row in (*pile_rows.rows(), *standard_rows.ROWS, *service_rows.ROWS):
        if row.at == STATION:
            entries.append(Entry(row))
            continue
        inner = CONNECTOR_ID if row.at == CONNECTOR else 0
        entries += [Entry(row, evse_id, inner) for evse_id in evse_ids]
    index: Index = {}
    for entry in entries:
        variables = index.setdefault(component_key(entry.component()), {})
        variables[variable_key(entry.variable())] = entry
    return tuple(entries), index


class DeviceModel:
    """All entries of one station, and their values."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.entries, self._index = layout(tuple(c.number for c in shared.services.connectors))

    def find(self, component: Payload, variable: Payload) -> Entry | str:
        """The entry, or UnknownComponent or UnknownVariable."""
        variables = self._index.get(component_key(component))
        if variables is None:
            return "UnknownComponent"
        return variables.get(variable_key(variable), "UnknownVariable")

    def kept(self, component: str, variable: str, instance: str = "") -> str:
        """The value of a variable that the bridge keeps."""
        entry = self._index[component.lower(), "", 0, 0][variable.lower(), instance.lower()]
        if not isinstance(entry.row.home, Kept):
            raise TypeError(f"{component}.{variable} is not kept by the bridge")
        return str(self._shared.get(entry.value_key, entry.row.home.default))

    def flag(self, component: str, variable: str) -> bool:
        """The same of a switch."""
        return self.kept(component, variable) == "true"

    async def settings_of(self, entries: Iterable[Entry]) -> Mapping[str, Any]:
        """The pile's settings behind these entries; those it did not tell are missing."""
        keys = sorted({e.row.home.key for e in entries if isinstance(e.row.home, Setting)})
        told: dict[str, Any] = {}
        for at in range(0, len(keys), _SETTINGS_AT_ONCE):
            answer = await self._shared.services.read_settings(keys[at : at + _SETTINGS_AT_ONCE])
            if answer is None:
                break
            told.update(answer)
        return told

    def value(self, entry: Entry, told: Mapping[str, Any]) -> str | None:
        """The value as text, None while nobody knows it; `told` is from settings_of()."""
        home = entry.row.home
        if entry.row.mutability == WRITE_ONLY:
            return None
        if isinstance(home, Fixed):
            return home.value
        if isinstance(home, Kept):
            return str(self._shared.get(entry.value_key, home.default))
        if isinstance(home, Live):
            return home.read(self._shared, entry.evse_id)
        return as_text(told[home.key]) if home.key in told else None


def as_text(value: Any) -> str:
    """A setting of the pile as 2.0.1 writes it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def from_text(row: Row, text: str) -> Any:
    """The other way, for a text that is a value of the row."""
    if row.data_type == "integer":
        return int(text)
    return text == "true" if row.data_type == "boolean" else text
