"""Journal messages decoded: each record's bytes read once, and checked under the pile's keys.

Nothing here touches the store: what a record means for a journal, journal.py decides.
"""

import struct
from binascii import a2b_base64
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from pilebridge.keys import PreparedKey, Secret
from pilebridge.wire import decode_journal, messages, records, reports

# A sealed record that breaks the tables keeps its place under this name
UNREADABLE = "unreadable"


# kind, boot, up, utc, connector, wh, tx: what the journal's table has columns for
Columns = tuple[str, int, int, int | None, int, int | None, str]


class Seals(Protocol):
    """A key that seals records, with its name: key set and number."""

    @property
    def journal(self) -> PreparedKey:
        """The key."""
        ...

    @property
    def name(self) -> tuple[int, int]:
        """Key set and number."""
        ...


class Sealed(msgspec.Struct, gc=False):
    """One record's bytes and what they say; `by` is (key set, number) of what sealed it, None if nothing did.

    `problem` says why a sealed record cannot be used.
    """

    seq: int
    data: bytes
    by: tuple[int, int] | None = None
    columns: Columns = (UNREADABLE, 0, 0, None, 0, None, "")
    problem: str = ""


class Batch(msgspec.Struct, gc=False):
    """One journal message; `current` is (key set, number) of the secret the pile uses."""

    pile: str
    life: str
    first: int
    records: list[Sealed]
    current: tuple[int, int]


def read(pile: str, payload: bytes, known: Sequence[Secret]) -> Batch:
    """A journal message with its records examined; ProtocolError when it is none.

    Records behind one that nothing sealed are left out: they wait for it.
    """
    message = decode_journal(payload)
    life, last = message.life, message.first - 1
    prefix = life.encode()
    found = []
    for text in message.records:
        try:
            data = a2b_base64(text)
        except ValueError:
            raise messages.ProtocolError("records", "not base64") from None
        sealed = examine(data, prefix, known)
        found.append(sealed)
        if sealed.by is None:
            break
        if sealed.seq <= last:
            raise messages.ProtocolError("records", f"seq {sealed.seq} out of order")
        last = sealed.seq
    current = (known[0].key_set, known[0].number) if known else (0, 0)
    return Batch(pile, life, message.first, found, current)


def examine(data: bytes, life: bytes, known: Sequence[Seals]) -> Sealed:
    """One record's bytes, checked under every secret of its pile until one fits."""
    if len(data) < records.LEAST_BYTES:
        return Sealed(0, data)
    # As records.proven() has it, put together once for every secret
    content, tag = life + data[:-20], data[-20:-4]
    for secret in known:
        if secret.journal.proves(content, tag):
            return _readable(data, life, secret.name)
    return Sealed(records.seq_of(data), data)


def _readable(data: bytes, life: bytes, by: tuple[int, int]) -> Sealed:
    try:
        record: dict[str, Any] = _decode(data)
        if not _is_plain(record):
            _check(record)
    except (records.RecordError, messages.ProtocolError) as error:
        if records.size_of(data) != len(data):
            # The tag does not cover the CRC, and these are not the pile's bytes
            return Sealed(records.seq_of(data), data)
        boot, up = struct.unpack_from("<II", data, 6)
        columns = (UNREADABLE, boot, up, None, 0, None, "")
        return Sealed(records.seq_of(data), data, by, columns, str(error))
    columns = (
        record["kind"],
        record["boot"],
        record["up"],
        record["utc"],
        record["c"],
        record["wh"],
        f"{life.decode()}-{record['tx']}" if "tx" in record else "",
    )
    return Sealed(record["seq"], data, by, columns)


_decode = records.decode
_KINDS = reports.RECORD_FIELDS
# What the codec's own widths leave open of the fields that every record has
_MOST = {row[0]: row[4] for row in reports.FIELDS["record"]}
_MOST_BOOT, _MOST_UP, _MOST_CONNECTOR = _MOST["boot"], _MOST["up"], _MOST["c"]


def _is_plain(record: dict[str, Any]) -> bool:
    """True for what _check() passes at once, which is nearly every record; a shortcut, not a rule."""
    kind, connector = record["kind"], record["c"]
    if not record["seq"] or record["boot"] > _MOST_BOOT or record["up"] > _MOST_UP:
        return False
    if connector > _MOST_CONNECTOR or kind not in _KINDS:
        return False
    for name, wanted, _required, lowest, highest in _KINDS[kind]:
        value = record.get(name)
        if wanted == "token":
            if type(value) is not str or not lowest <= len(value) <= highest:
                return False
            if not (value.isascii() and value.isprintable()):
                return False
        elif type(value) is not int or not lowest <= value <= highest:
            return False
    return kind[:3] != "tx_" or (record["wh"] is not None and connector > 0)


def _check(record: dict[str, Any]) -> None:
    """ProtocolError when a record of a known kind lacks what the rest of the bridge builds on.

    Unknown kinds pass: a newer pile's journal must not stop at an older bridge.
    """
    kind = record["kind"]
    messages.check(record, reports.FIELDS["record"])
    messages.check(record, reports.RECORD_FIELDS.get(kind, ()))
    if kind.startswith("tx_") and kind in reports.RECORD_FIELDS:
        if record["wh"] is None:
            raise messages.ProtocolError("wh", f"null in {kind}")
        if record["c"] < 1:
            raise messages.ProtocolError("c", f"0 in {kind}")
    elif not isinstance(record.get("tx", 0), int):
        # An index column takes it, whatever the kind
        raise messages.ProtocolError("tx", "not a number")
