"""Words that 2.0.1 has for those of the common model, and how it writes times."""

from datetime import UTC, datetime
from typing import Any

from pilebridge.platforms.ocpp.context import CallError

Payload = dict[str, Any]

# Connector status of the common model: ConnectorStatusEnumType
STATUS = {
    "available": "Available",
    "preparing": "Occupied",
    "charging": "Occupied",
    "suspended_ev": "Occupied",
    "suspended_evse": "Occupied",
    "finishing": "Occupied",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
    "offline": "Unavailable",
}
# The same while a transaction runs: ChargingStateEnumType
CHARGING_STATE = {
    "available": "Idle",
    "preparing": "EVConnected",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
    "finishing": "EVConnected",
    "faulted": "SuspendedEVSE",
}
# AuthorizationStatusEnumType: a verdict of the common model
VERDICT = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "ConcurrentTx": "concurrent",
    "Expired": "expired",
    "Invalid": "invalid",
    "NoCredit": "blocked",
    "NotAllowedTypeEVSE": "invalid",
    "NotAtThisLocation": "invalid",
    "NotAtThisTime": "invalid",
    "Unknown": "invalid",
}
# Reason of a pile's refusal: reason code of part 2, appendix "Standardized reason codes"
REASON_CODE = {
    "": "Unspecified",
    "bad_value": "InvalidValue",
    "blocked": "NotEnabled",
    "busy": "TxInProgress",
    "fault": "InternalError",
    "full": "TooManyElements",
    "no_connector": "UnknownConnectorId",
    "no_lock": "FixedCable",
    "no_meter": "InternalError",
    "no_reservation": "NotFound",
    "no_transaction": "TxNotFound",
    "not_plugged": "NoCable",
    "occupied": "TxInProgress",
    "other_transaction": "TxInProgress",
    "reserved": "NotEnabled",
    "unavailable": "NotEnabled",
    "unknown_key": "NotFound",
}

# What the wire to a pile can carry
_FIRST_UTC, _LAST_UTC = 1, 4_102_444_800
HIGHEST = 2_147_483_647
_LONGEST_TOKEN = 36


def is_token(text: str) -> bool:
    """Whether a pile can hold an id token: printable ASCII."""
    return 0 < len(text) <= _LONGEST_TOKEN and all(" " <= c <= "~" for c in text)


def stamp(utc: int) -> str:
    """Seconds since 1970 as 2.0.1 writes a time."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> int:
    """Seconds since 1970 of a time that came in; without an offset it is UTC.

    Far times stand for never: they are brought into what a pile can hold.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CallError("PropertyConstraintViolation", f"{text[:40]!r} is no time") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(int(moment.timestamp()), _FIRST_UTC), _LAST_UTC)


def optional_time(text: str | None) -> int | None:
    """The same for a field that may be absent."""
    return None if text is None else parse_time(text)


def with_reason(status: str, code: str, text: str = "") -> Payload:
    """An answer with a status and why it is so."""
    info = {"reasonCode": code[:20]}
    if text:
        info["additionalInfo"] = text[:512]
    return {"status": status, "statusInfo": info}


def refused(status: str, reason: str | None) -> Payload:
    """An answer after a pile refused by `reason`, or was silent (None)."""
    if reason is None:
        return with_reason(status, "Unspecified", "the pile does not answer")
    return with_reason(status, REASON_CODE.get(reason, "Unspecified"), reason)


def token_type(token: str, known: str = "") -> str:
    """IdTokenEnumType of a token: what is known of it, else a card's number or the operator's own."""
    if known:
        return known
    if not token:
        return "NoAuthorization"
    is_hex = all(character in "0123456789abcdefABCDEF" for character in token)
    return "ISO14443" if is_hex and len(token) in {8, 14, 20} else "Central"


def id_token(token: str, known: str = "") -> Payload:
    """IdTokenType of a token."""
    return {"idToken": token, "type": token_type(token, known)}
