"""Fields of the requests a T/CEC 102 peer sends us, and the strict check of them.

A row is name, type, mandatory, limit. Types: "S" text up to `limit`, "S=" text of exactly `limit`,
"I" whole number from 1 to `limit`, "D" text of a date-time or empty, "[S]" list of at most
`limit` texts. The first field that breaks its row is named in a refusal with Ret 4004.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pilebridge.platforms.tcec102.envelope import CHINA, RET_BAD_PARAMETER, EnvelopeError

SEQ_LENGTH = 27
STATION_IDS_LIMIT = 50
_TIME = "%Y-%m-%d %H:%M:%S"

Row = tuple[str, str, bool, int]

REQUESTS: dict[str, tuple[Row, ...]] = {
    "query_token": (("OperatorID", "S=", True, 9), ("OperatorSecret", "S", True, 64)),
    "query_stations_info": (
        ("LastQueryTime", "D", False, 19),
        ("PageNo", "I", False, 1_000_000),
        ("PageSize", "I", False, 1000),
    ),
    "query_station_status": (("StationIDs", "[S]", True, STATION_IDS_LIMIT),),
    "query_equip_auth": (("EquipAuthSeq", "S=", True, SEQ_LENGTH), ("ConnectorID", "S", True, 26)),
    "query_equip_business_policy": (
        ("EquipBizSeq", "S=", True, SEQ_LENGTH),
        ("ConnectorID", "S", True, 26),
    ),
    "query_start_charge": (
        ("StartChargeSeq", "S=", True, SEQ_LENGTH),
        ("ConnectorID", "S", True, 26),
        ("QRCode", "S", False, 256),
    ),
    "query_equip_charge_status": (("StartChargeSeq", "S=", True, SEQ_LENGTH),),
    "query_stop_charge": (
        ("StartChargeSeq", "S=", True, SEQ_LENGTH),
        ("ConnectorID", "S", True, 26),
    ),
}


def check(interface: str, body: dict[str, Any]) -> None:
    """EnvelopeError 4004 naming the field when `body` breaks the interface's table."""
    for name, kind, mandatory, limit in REQUESTS[interface]:
        value = body.get(name)
        if value is None:
            if mandatory:
                raise refuse(name, "is missing")
            continue
        text = _CHECKS[kind](value, limit)
        if text:
            raise refuse(name, text)


def check_seq(name: str, value: str, operator_id: str) -> None:
    """EnvelopeError 4004 unless the caller minted this sequence (its OperatorID in front)."""
    if not value.startswith(operator_id):
        raise refuse(name, f"must begin with {operator_id}")
    if not (value.isascii() and value.isalnum()):
        raise refuse(name, "must be letters and digits")


def refuse(name: str, text: str) -> EnvelopeError:
    """The refusal of one field."""
    return EnvelopeError(RET_BAD_PARAMETER, f"{name} {text}")


def parse_time(text: str) -> int:
    """Seconds since 1970 of `yyyy-MM-dd HH:mm:ss` in China local time."""
    return int(datetime.strptime(text, _TIME).replace(tzinfo=CHINA).timestamp())


def format_time(utc: int) -> str:
    """`yyyy-MM-dd HH:mm:ss` in China local time."""
    return datetime.fromtimestamp(utc, CHINA).strftime(_TIME)


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        return "is not text"
    return "" if len(value) <= limit else f"has {len(value)} characters, allowed {limit}"


def _exact(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        return "is not text"
    return "" if len(value) == limit else f"has {len(value)} characters, must have {limit}"


def _whole(value: Any, limit: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "is not a whole number"
    return "" if 1 <= value <= limit else f"is {value}, allowed 1..{limit}"


def _moment(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        return "is not text"
    try:
        if value:
            parse_time(value)
    except (ValueError, OverflowError):
        return "is not yyyy-MM-dd HH:mm:ss"
    return ""


def _texts(value: Any, limit: int) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return "is not a list of texts"
    return "" if len(value) <= limit else f"has {len(value)} items, allowed {limit}"


_CHECKS: dict[str, Callable[[Any, int], str]] = {
    "S": _text,
    "S=": _exact,
    "I": _whole,
    "D": _moment,
    "[S]": _texts,
}
