"""Variables that come from a pile: its settings, what stands at each EVSE, and its faults."""

from collections.abc import Callable

from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.firmware_tables import fault_codes, faults, settings
from pilebridge.platforms.ocpp.v201.shared import Shared
from pilebridge.platforms.ocpp.v201.standard_rows import ROWS as STANDARD_ROWS
from pilebridge.platforms.ocpp.v201.variable_rows import (
    CONNECTOR,
    EVSE,
    READ_ONLY,
    READ_WRITE,
    Fixed,
    Live,
    Row,
    Setting,
)

# Settings that a central system may change. The others belong to who commissions the pile, or would cut
# it from the bridge.
WRITABLE = (
    "wake_up",
    "pause_min_s",
    "meter_interval_s",
    "state_interval_s",
    "resume",
    "button",
    "language",
    "authorization_patience_s",
)
# Kinds that hold secrets, or what belongs to drivers
_LEFT_OUT = (*settings.HIDDEN, "networks", "tokens")
_DATA_TYPE = {"int": "integer", "bool": "boolean", "choice": "OptionList"}
_STANDARD = {row.home.key for row in STANDARD_ROWS if isinstance(row.home, Setting)}


def setting_rows() -> list[Row]:
    """A row for each setting of the pile that has no variable of the standard, under its own name."""
    return [
        Row(
            "Controller",
            key,
            _DATA_TYPE.get(kind, "string"),
            Setting(key),
            READ_WRITE if key in WRITABLE else READ_ONLY,
            unit=unit,
            lowest=lowest if kind == "int" else None,
            highest=highest if kind == "int" else None,
            choices=tuple(lowest) if kind == "choice" else (),
        )
        for key, kind, _default, lowest, highest, unit in settings.TABLE
        if kind not in _LEFT_OUT and key not in _STANDARD
    ]


def _of_state(read: Callable[[ConnectorState], str | None]) -> Live:
    return Live(lambda shared, evse: read(shared.services.state(evse)))


def _hello(key: str) -> Live:
    return Live(lambda shared, _evse: str((shared.services.hello or {}).get(key, "")))


def _configured_text(name: str) -> Live:
    return Live(lambda shared, _evse: str(getattr(shared.context.settings, name)))


def station_status(shared: Shared) -> str:
    """Availability of the whole station: the best of its connectors."""
    told = {
        words.STATUS.get(shared.services.state(c.number).status, "Unavailable")
        for c in shared.services.connectors
    }
    order = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
    return next((status for status in order if status in told), "Unavailable")


def _any_fault(shared: Shared, _evse: int) -> str:
    return _flag(any(shared.services.state(c.number).faults for c in shared.services.connectors))


def _flag(value: object) -> str:
    return "true" if value else "false"


def _connector(read: Callable[[Shared, int], object]) -> Live:
    return Live(lambda shared, evse: str(read(shared, evse)))


def _configured(name: str) -> Live:
    return _connector(
        lambda shared, evse: next(
            getattr(c, name) for c in shared.services.connectors if c.number == evse
        )
    )


def _phase(name: str, phase: int) -> Live:
    def read(state: ConnectorState) -> str | None:
        milli: tuple[int, ...] = getattr(state, name)
        return str(milli[phase] / 1000) if phase < len(milli) else None

    return _of_state(read)


_AVAILABILITY = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")

PLACE_ROWS = [
    Row("ChargingStation", "Available", "boolean", Fixed("true")),
    Row("ChargingStation", "Model", "string", _configured_text("model")),
    Row("ChargingStation", "VendorName", "string", _configured_text("vendor")),
    Row("ChargingStation", "SerialNumber", "string", Live(lambda shared, _: shared.services.pile)),
    Row("Controller", "Model", "string", _hello("board")),
    Row("ChargingStation", "FirmwareVersion", "string", _hello("firmware")),
    Row(
        "ChargingStation",
        "AvailabilityState",
        "OptionList",
        Live(lambda shared, _evse: station_status(shared)),
        choices=_AVAILABILITY,
    ),
    Row("ChargingStation", "Problem", "boolean", Live(_any_fault)),
    Row(
        "ChargingStation",
        "SupplyPhases",
        "integer",
        Live(lambda shared, _evse: str(max(c.phases for c in shared.services.connectors))),
    ),
    Row("EVSE", "Available", "boolean", Fixed("true"), at=EVSE),
    Row(
        "EVSE",
        "AvailabilityState",
        "OptionList",
        _of_state(lambda state: words.STATUS.get(state.status, "Unavailable")),
        at=EVSE,
        choices=_AVAILABILITY,
    ),
    Row("EVSE", "Problem", "boolean", _of_state(lambda state: _flag(state.faults)), at=EVSE),
    Row("EVSE", "AllowReset", "boolean", Fixed("false"), at=EVSE),
    Row("EVSE", "SupplyPhases", "integer", _configured("phases"), at=EVSE),
    Row(
        "EVSE",
        "Power",
        "decimal",
        _of_state(lambda state: str(state.w)),
        at=EVSE,
        unit="W",
        watched=True,
    ),
    Row(
        "EVSE",
        "ACCurrent",
        "decimal",
        _of_state(lambda state: str(max(state.ma, default=0) / 1000)),
        at=EVSE,
        unit="A",
        watched=True,
    ),
    *(
        Row(
            "EVSE",
            "ACVoltage",
            "decimal",
            _phase("mv", phase),
            at=EVSE,
            instance=f"L{phase + 1}",
            unit="V",
            watched=True,
        )
        for phase in range(3)
    ),
    Row(
        "EVSE",
        "CurrentLimit",
        "decimal",
        _of_state(lambda state: str(state.limit_a10 / 10)),
        at=EVSE,
        unit="A",
        watched=True,
    ),
    Row("Connector", "Available", "boolean", Fixed("true"), at=CONNECTOR),
    Row(
        "Connector",
        "AvailabilityState",
        "OptionList",
        _of_state(lambda state: words.STATUS.get(state.status, "Unavailable")),
        at=CONNECTOR,
        choices=_AVAILABILITY,
    ),
    Row("Connector", "ConnectorType", "string", Fixed("Undetermined"), at=CONNECTOR),
    Row("Connector", "SupplyPhases", "integer", _configured("phases"), at=CONNECTOR),
]

# What platforms are told about a fault, by the pile's name of it
PROBLEM_CODE = {row[0]: row[2] for row in fault_codes.TABLE}
SENTENCE = {name: faults.row(name)["sentence"] for name in faults.NAMES}
WARNINGS = frozenset(faults.names(faults.WARNS))


def fault_rows() -> list[Row]:
    """A problem variable of each EVSE for every fault of the fault table."""
    return [
        Row(
            "EVSE",
            "Problem",
            "boolean",
            _has(name),
            at=EVSE,
            instance=PROBLEM_CODE[name],
        )
        for name in faults.NAMES
    ]


def _has(name: str) -> Live:
    return _of_state(lambda state: _flag(name in state.faults))


def rows() -> list[Row]:
    """Every row that comes from the pile."""
    return [*PLACE_ROWS, *setting_rows(), *fault_rows()]
