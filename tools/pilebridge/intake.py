"""Journal messages decoded: each record's bytes read once, and checked under the pile's keys.

Nothing here touches the store: what a record means for a journal, journal.py decides.
"""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec

from pilebridge.keys import Secret
from pilebridge.wire import decode_journal, messages, records, reports

# A sealed record that breaks the tables keeps its place under this name
UNREADABLE = "unreadable"


class Sealed(msgspec.Struct, gc=False):
    """One record's bytes and what they say; `by` is (key set, number) of what sealed it, None if nothing did.

    `problem` says why a sealed record cannot be used.
    """

    seq: int
    data: bytes
    kind: str = UNREADABLE
    boot: int = 0
    up: int = 0
    utc: int | None = None
    connector: int = 0
    wh: int | None = None
    tx: str = ""
    by: tuple[int, int] | None = None
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
    life, last = message["life"], message["from"] - 1
    found = []
    for place, text in enumerate(message["records"]):
        data = messages.decode_base64(f"records[{place}]", text)
        sealed = examine(data, life, known)
        found.append(sealed)
        if sealed.by is None:
            break
        if sealed.seq <= last:
            raise messages.ProtocolError(f"records[{place}]", f"seq {sealed.seq} out of order")
        last = sealed.seq
    current = (known[0].key_set, known[0].number) if known else (0, 0)
    return Batch(pile, life, message["from"], found, current)


def examine(data: bytes, life: str, known: Sequence[Secret]) -> Sealed:
    """One record's bytes, checked under every secret of its pile until one fits."""
    if len(data) < records.LEAST_BYTES or records.size_of(data) != len(data):
        seq = records.seq_of(data) if len(data) >= 6 else 0
        return Sealed(seq, data)
    for secret in known:
        if records.proven(data, life, secret.journal):
            return _readable(data, (secret.key_set, secret.number))
    return Sealed(records.seq_of(data), data)


def _readable(data: bytes, by: tuple[int, int]) -> Sealed:
    try:
        record: dict[str, Any] = records.decode(data)
        _check(record)
    except (records.RecordError, messages.ProtocolError) as error:
        boot, up = struct.unpack_from("<II", data, 6)
        return Sealed(records.seq_of(data), data, boot=boot, up=up, by=by, problem=str(error))
    return Sealed(
        record["seq"],
        data,
        record["kind"],
        record["boot"],
        record["up"],
        record["utc"],
        record["c"],
        record["wh"],
        record.get("tx", ""),
        by,
    )


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
    elif not isinstance(record.get("tx", ""), str):
        # An index column takes it, whatever the kind
        raise messages.ProtocolError("tx", "not text")
