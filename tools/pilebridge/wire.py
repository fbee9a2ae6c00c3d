"""Typed reading of the piles' messages, on top of the grammar both sides share.

`evse.core.messages` checks the envelope of a message; here the lists inside are checked too, so
nothing a pile sends reaches the rest of the bridge with a wrong type or range.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from evse.core import chunks as _chunks
from evse.core import mac as _mac
from evse.core import manifest as _manifest
from evse.core import messages as _messages
from evse.core import order_args as _order_args
from evse.core import records as _records
from evse.core import reports as _reports
from evse.core import schedule as _schedule

# Device code carries no types
chunks: Any = _chunks
mac: Any = _mac
manifest: Any = _manifest
messages: Any = _messages
order_args: Any = _order_args
records: Any = _records
reports: Any = _reports
schedule: Any = _schedule

Name = Annotated[str, Meta(max_length=32)]
_STATUS_PATTERN = "^(" + "|".join(messages.STATUSES) + ")$"


class ConnectorReport(Struct, frozen=True):
    """One connector in a state message."""

    id: Annotated[int, Meta(ge=1, le=4)]
    status: Annotated[str, Meta(pattern=_STATUS_PATTERN)]
    cp: Name
    faults: Annotated[list[Name], Meta(max_length=64)] = []
    # None: nothing but the rating holds the current
    limit_a10: Annotated[int, Meta(ge=0, le=10000)] | None = None
    limit_by: Name = "rated"
    tx: Annotated[str, Meta(max_length=32)] | None = None
    # The rest comes with the heartbeat only
    w: Annotated[int, Meta(ge=-(1 << 20), le=1 << 20)] | None = None
    wh: Annotated[int, Meta(ge=0, le=1 << 40)] | None = None


class State(Struct, frozen=True):
    """A state message; `boot`, `up` and `journal` come with the heartbeat only."""

    connectors: list[ConnectorReport]
    utc: int | None
    boot: int | None = None
    up: int | None = None
    notes: list[str] = []
    counts: dict[str, int] = {}
    journal: dict[str, int] = {}


class Meter(Struct, frozen=True):
    """A meter message; mV and mA per phase."""

    wh: int
    w: int
    mv: list[Annotated[int, Meta(ge=0, le=1_000_000)]]
    # Negative where a current transformer is turned round
    ma: list[Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]]
    c: int = 1


def _limits(name: str, field: str) -> tuple[int, int]:
    """Lowest and highest of a row of the shared tables."""
    return next((row[3], row[4]) for row in reports.FIELDS[name] if row[0] == field)


class Authorize(Struct, frozen=True):
    """An authorize message: a card was shown; `connector` 0 is not known yet."""

    ask: int
    token: str
    connector: int


class Holds(Struct, frozen=True):
    """What a pile holds of its books: the revision of its profiles, the version of its local list."""

    profiles: Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]
    tokens: Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]


_FIRST, _COUNT = _limits("journal", "from"), _limits("journal", "records")
_LIFE = f"^[ -~]{{{messages.LIFE_CHARS}}}$"


class Journal(Struct, frozen=True, rename={"first": "from"}):
    """A journal message; its records are base64."""

    v: int
    life: Annotated[str, Meta(pattern=_LIFE)]
    first: Annotated[int, Meta(ge=_FIRST[0], le=_FIRST[1])]
    records: Annotated[list[str], Meta(min_length=_COUNT[0], max_length=_COUNT[1])]


_journal = msgspec.json.Decoder(Journal)
S = TypeVar("S", State, Meter, Authorize, Holds)


def command_rows(name: str) -> list[Any]:
    """Rows of a command's arguments, as messages.check() takes them."""
    ordered = name in order_args.names()
    text = order_args.args_of(name) if ordered else messages.COMMAND_ARGS[name]
    rows: list[Any] = messages.rows(text)
    return rows


_ack = msgspec.json.Encoder()


def encode_ack(life: str, upto: int) -> bytes:
    """The acknowledgement after a commit; one follows every journal message."""
    return _ack.encode({"v": messages.VERSION, "life": life, "upto": upto})


def decode_record(data: bytes, life: str) -> dict[str, Any]:
    """A sealed record's fields, its transaction by the name it has everywhere else; RecordError."""
    return name_transaction(records.decode(data), life)


def name_transaction(record: dict[str, Any], life: str) -> dict[str, Any]:
    """The same record with the number of its transaction made the name: life and number."""
    if isinstance(record.get("tx"), int):
        record["tx"] = f"{life}-{record['tx']}"
    return record


def decode_online(payload: bytes) -> bool:
    """True for `1`, False for `0`; ProtocolError otherwise."""
    if payload not in {b"0", b"1"}:
        raise messages.ProtocolError("payload", "not 0 or 1")
    return payload == b"1"


def decode_hello(payload: bytes) -> dict[str, Any]:
    """A hello message as a dict; its `holds`, where it has it, can be read by holds_of()."""
    message = _decode("hello", payload)
    if "holds" in message:
        _typed(message["holds"], Holds, "holds.")
    return message


def holds_of(hello: dict[str, Any]) -> Holds | None:
    """What a greeting says of the books; None for a firmware that keeps none."""
    return _typed(hello["holds"], Holds) if "holds" in hello else None


def decode_state(payload: bytes) -> State:
    """A state message; ProtocolError names the field."""
    return _typed(_decode("state", payload), State)


def decode_meter(payload: bytes) -> Meter:
    """A meter message; ProtocolError names the field."""
    return _typed(_decode("meter", payload), Meter)


def decode_reply(payload: bytes) -> dict[str, Any]:
    """A reply with a known result."""
    message = _decode("reply", payload)
    if message["result"] not in messages.RESULTS:
        raise messages.ProtocolError("result", f"{message['result']!r} is not one of ours")
    return message


def decode_authorize(payload: bytes) -> Authorize:
    """An authorize message; ProtocolError names the field."""
    return _typed(_decode("authorize", payload), Authorize)


def decode_update(payload: bytes) -> dict[str, Any]:
    """An update message with a known phase."""
    message = _decode("update", payload)
    if message["phase"] not in reports.UPDATE_PHASES:
        raise messages.ProtocolError("phase", f"{message['phase']!r} is not one of ours")
    return message


def decode_journal(payload: bytes) -> Journal:
    """A journal message whose records are text; intake.py reads them."""
    try:
        message = _journal.decode(payload)
    except (msgspec.ValidationError, msgspec.DecodeError):
        message = None
    if message is None or message.v != messages.VERSION or len(payload) > messages.MAX_BYTES:
        # The shared grammar has the words for what is wrong
        found = _decode("journal", payload)
        raise messages.ProtocolError("records", f"not text of a known length, v {found['v']}")
    return message


def _decode(name: str, payload: bytes) -> dict[str, Any]:
    message: dict[str, Any] = messages.decode(name, payload, reports.FIELDS)
    return message


def _typed(message: dict[str, Any], kind: type[S], inside: str = "") -> S:
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `$.")
        raise messages.ProtocolError(inside + where.rstrip("`") or "payload", text) from None
