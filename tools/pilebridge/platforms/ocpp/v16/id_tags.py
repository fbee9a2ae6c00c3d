"""Id tags between the messages of 1.6 and the verdicts and tokens of the common model."""

from typing import Any

from pilebridge.platforms.ocpp.v16.times import LAST_UTC, lenient
from pilebridge.station_services import (
    ACCEPTED,
    BLOCKED,
    CONCURRENT,
    EXPIRED,
    INVALID,
    Authorization,
)

LONGEST = 20
_VERDICTS = {
    "Accepted": ACCEPTED,
    "Blocked": BLOCKED,
    "Expired": EXPIRED,
    "Invalid": INVALID,
    "ConcurrentTx": CONCURRENT,
}


def verdict(info: dict[str, Any]) -> Authorization:
    """The verdict in an idTagInfo."""
    until_utc = lenient(info.get("expiryDate")) or 0
    return Authorization(
        _VERDICTS.get(info.get("status", ""), INVALID),
        0 if until_utc >= LAST_UTC else until_utc,
        normal(info.get("parentIdTag") or ""),
    )


def is_good(tag: str) -> bool:
    """True for a tag that a pile can hold: the wire carries printable ASCII."""
    return bool(tag) and tag.isascii() and tag.isprintable()


def normal(tag: str) -> str:
    """A tag as piles read it from cards: capitals, since the case of a tag does not count in 1.6."""
    return tag.upper()
