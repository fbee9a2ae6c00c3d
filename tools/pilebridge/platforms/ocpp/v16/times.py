"""Moments of OCPP 1.6: RFC 3339 text on the wire, whole seconds since 1970 here."""

from datetime import UTC, datetime

from pilebridge.platforms.ocpp.context import CallError

# 2100, which is as far as a pile's calendar goes: whoever writes 9999 means for ever
LAST_UTC = 4102444800


def to_text(utc: int) -> str:
    """A moment in UTC, to the second, with a Z."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str, name: str) -> int:
    """Seconds since 1970; a moment without an offset is UTC. CallError names the field."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        raise CallError("TypeConstraintViolation", f"{name}: {text[:40]!r} is no moment") from None


def lenient(text: object) -> int | None:
    """The same for an answer's field, whose fault is nobody's to be told."""
    try:
        return from_text(text, "") if isinstance(text, str) else None
    except CallError:
        return None
