"""One row of the device model: what a variable is and where its value lives."""

from collections.abc import Callable
from dataclasses import dataclass

from pilebridge.platforms.ocpp.v201.shared import Shared

# Levels on which a row stands
STATION, EVSE, CONNECTOR = "station", "evse", "connector"
READ_ONLY, WRITE_ONLY, READ_WRITE = "ReadOnly", "WriteOnly", "ReadWrite"


@dataclass(frozen=True)
class Fixed:
    """Never changes."""

    value: str


@dataclass(frozen=True)
class Kept:
    """The bridge keeps it for this station; `default` until it is set."""

    default: str


@dataclass(frozen=True)
class Setting:
    """A setting of the pile, by the pile's own name."""

    key: str


@dataclass(frozen=True)
class Live:
    """Asked for when it is wanted: read(shared, evse id), None while it is not known."""

    read: Callable[[Shared, int], str | None]


Home = Fixed | Kept | Setting | Live


@dataclass(frozen=True)
class Row:
    """A variable; `data_type` is a DataEnumType, `lowest` and `highest` bound numbers or a text's length.

    `reboot`: a change holds from the next start on. `watched`: monitors may be set on it.
    """

    component: str
    variable: str
    data_type: str
    home: Home
    mutability: str = READ_ONLY
    at: str = STATION
    instance: str = ""
    component_instance: str = ""
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    reboot: bool = False
    watched: bool = False


def problem(row: Row, text: str) -> str:
    """Why a text is no value of this row, as a standardized reason code; "" when it is one."""
    if row.data_type in {"integer", "decimal"}:
        return _number_problem(row, text)
    if row.data_type == "boolean":
        return "" if text in {"true", "false"} else "InvalidValue"
    if row.data_type in {"MemberList", "SequenceList"}:
        members = text.split(",") if text else []
        good = len(set(members)) == len(members) and set(members) <= set(row.choices)
        return "" if good else "InvalidValue"
    if row.data_type == "OptionList":
        return "" if text in row.choices else "InvalidValue"
    if row.highest is not None and len(text) > row.highest:
        return "TooLargeElement"
    return "InvalidValue" if row.lowest is not None and len(text) < row.lowest else ""


def _number_problem(row: Row, text: str) -> str:
    try:
        number = int(text) if row.data_type == "integer" else float(text)
    except ValueError:
        return "InvalidValue"
    if row.lowest is not None and number < row.lowest:
        return "ValueTooLow"
    # `not <=` because no comparison holds for a number that is none
    return "ValueTooHigh" if row.highest is not None and not number <= row.highest else ""
