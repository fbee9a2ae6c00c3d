"""Whether the evidence of a bill holds, from its file and the pile's journal keys alone.

Every record is checked under the keys, every figure is derived again, and what differs is named.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pilebridge import evidence as made
from pilebridge.billing import Tariff
from pilebridge.intake import UNREADABLE, examine
from pilebridge.keys import PreparedKey
from pilebridge.model import Record, Transaction
from pilebridge.timeline import SOURCES, Anchor
from pilebridge.wire import decode_record

_BROKEN = (KeyError, TypeError, ValueError, IndexError, AttributeError, AssertionError)


@dataclass(frozen=True)
class JournalKey:
    """What checks the records of one pile and can do nothing else."""

    pile: str
    name: tuple[int, int]
    key: bytes = field(repr=False)
    journal: PreparedKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "journal", PreparedKey(self.key))


def read_keys(text: str) -> list[JournalKey]:
    """Keys of a file of `pilebridge journal-key`: a line each of pile, set, number, 64 hex digits."""
    keys = []
    for line in text.splitlines():
        pile, key_set, number, digits = line.split()
        if len(digits) != 64:
            raise ValueError("a key has 64 hex digits")
        keys.append(JournalKey(pile, (int(key_set), int(number)), bytes.fromhex(digits)))
    if not keys:
        raise ValueError("no key")
    return keys


def verify(evidence: Mapping[str, Any], keys: Sequence[JournalKey]) -> list[str]:
    """Sentences about what does not hold, each with the record or figure; none when all of it does."""
    try:
        problems = _head(evidence, keys)
        records, found = _records(evidence, keys)
        anchors, also = _anchors(evidence, keys)
        problems += found + also
        if problems:
            # What follows from an altered record says nothing of its own
            return problems
        problems = _links(evidence, records)
        if made.digest(evidence["tariff"]["text"]) != evidence["tariff"]["sha256"]:
            problems.append("tariff: is not the text that its digest is of")
        return problems or _figures(evidence, records, anchors)
    except _BROKEN as error:
        return [f"the file cannot be read: {type(error).__name__} {error}"]


def _head(evidence: Mapping[str, Any], keys: Sequence[JournalKey]) -> list[str]:
    problems = []
    stated = (evidence["format"], evidence["journal_key"])
    if stated != (made.FORMAT, made.DERIVATION):
        problems.append(f"format: says {stated}")
    if any(key.pile != evidence["pile"] for key in keys):
        problems.append(f"pile: says {evidence['pile']}, the keys are of {keys[0].pile}")
    return problems


def _records(
    evidence: Mapping[str, Any], keys: Sequence[JournalKey]
) -> tuple[list[Record], list[str]]:
    records, problems = [], []
    for place, entry in enumerate(evidence["records"]):
        name = f"record {entry.get('seq')} ({entry.get('kind')})"
        try:
            record = _opened(entry["sealed"], evidence, keys)
            stated = {"seq": record.seq, "kind": record.kind, "says": record.fields}
            problems += [f"{name}: {text}" for text in _differences(entry, stated, "")]
            records.append(record)
        except _BROKEN as error:
            problems.append(f"{name}, number {place + 1} in the file: {error}")
    return records, problems


def _opened(text: str, evidence: Mapping[str, Any], keys: Sequence[JournalKey]) -> Record:
    """The record of sealed bytes; ValueError when no key seals them."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError("not written as the bridge writes it")
    sealed = examine(data, evidence["life"].encode(), keys)
    if sealed.by is None:
        raise ValueError("altered, or of another pile or life: its tag does not hold")
    kind, boot, up, utc, connector, wh, _tx = sealed.columns
    head = (0, evidence["pile"], sealed.seq, kind, boot, up, utc, connector, wh, 0)
    fields = {} if kind == UNREADABLE else decode_record(data, evidence["life"])
    return Record(*head, fields, evidence["life"], data=data)


def _anchors(
    evidence: Mapping[str, Any], keys: Sequence[JournalKey]
) -> tuple[list[Anchor], list[str]]:
    anchors, problems = [], []
    for place, row in enumerate(evidence["anchors"]):
        values = {key: value for key, value in row.items() if key != "sealed"}
        name = f"clock anchor {place + 1}"
        try:
            anchor = Anchor(**values)
            if anchor.source not in SOURCES or (anchor.source == "record") != ("sealed" in row):
                raise ValueError(f"source says {anchor.source}")
            if anchor.source == "record":
                record = _opened(row["sealed"], evidence, keys)
                stated = Anchor(record.boot, record.up, record.utc or 0, "record", record.seq)
                if stated != anchor:
                    raise ValueError(f"says {anchor}, its record says {stated}")
            anchors.append(anchor)
        except _BROKEN as error:
            problems.append(f"{name}: {error}")
    return anchors, problems


def _links(evidence: Mapping[str, Any], records: Sequence[Record]) -> list[str]:
    problems = []
    before = None
    for entry, record in zip(evidence["records"], records, strict=True):
        name = f"record {record.seq} ({record.kind})"
        if before is not None and record.seq <= before.seq:
            problems.append(f"{name}: stands behind record {before.seq}")
        chain = made.chain_of(before, record)
        if chain == made.FORK:
            problems.append(f"{name}: does not follow record {record.seq - 1}")
        if chain != entry["chain"]:
            problems.append(f"{name}: chain says {entry['chain']}, found {chain}")
        before = record
    return problems


def _figures(
    evidence: Mapping[str, Any], records: Sequence[Record], anchors: Sequence[Anchor]
) -> list[str]:
    tx = evidence["tx"]
    start = next((r for r in records if r.kind == "tx_start" and r.fields["tx"] == tx), None)
    if start is None:
        return [f"tx: no record begins transaction {tx}"]
    last = records[-1]
    if last.fields.get("tx") != tx:
        return [f"record {last.seq} ({last.kind}): the file does not end with the transaction"]
    tariff = Tariff.from_text(evidence["tariff"]["text"])
    settled = made.settle_again(tx, start.seq, records, anchors, tariff)
    stopped = last.kind == "tx_stop"
    transaction = Transaction(
        pile=evidence["pile"],
        tx=tx,
        life=evidence["life"],
        connector=start.connector,
        ref=start.fields["ref"],
        by=start.fields["by"],
        start_seq=start.seq,
        start_wh=start.wh or 0,
        start_utc=settled.cdr.start_utc,
        tariff=evidence["tariff"]["text"],
        stop_wh=last.wh,
        reason=last.fields["reason"] if stopped else "power_loss",
        fault=last.fields["fault"] if stopped else "",
        cdr=settled.cdr,
    )
    problems = []
    unused = [anchor for anchor in anchors if anchor not in settled.anchors]
    problems += [f"clock anchor: {anchor} places no record" for anchor in unused]
    derived = made.figures(transaction, settled, settled.cdr)
    problems += _differences(evidence["figures"], derived, "figures.")
    return problems + _order(evidence["order"], transaction)


def _order(order: Mapping[str, Any] | None, transaction: Transaction) -> list[str]:
    if order is None:
        return []
    build = made.ORDERS.get(order["kind"])
    if build is None:
        return [f"order.kind: says {order['kind']}, known are {', '.join(made.ORDERS)}"]
    text = build(transaction, order["connector_id"])
    try:
        pushed = json.loads(order["text"])
    except ValueError:
        return ["order.text: not JSON"]
    found = _differences(pushed, json.loads(text), "order.")
    return found or ([] if text == order["text"] else ["order: is not written as it was pushed"])


def _differences(stated: Any, derived: Any, path: str) -> list[str]:
    """Where two values of JSON differ; of dicts only the keys of `derived` count at the top."""
    if isinstance(derived, dict) and isinstance(stated, dict):
        keys = list(derived) if not path else list({**derived, **stated})
        return [
            text
            for key in keys
            for text in _differences(stated.get(key), derived.get(key), f"{path}{key}.")
        ]
    if isinstance(derived, list) and isinstance(stated, list) and len(stated) == len(derived):
        return [
            text
            for place, (one, other) in enumerate(zip(stated, derived, strict=True))
            for text in _differences(one, other, f"{path}{place + 1}.")
        ]
    if stated == derived and type(stated) is type(derived):
        return []
    return [f"{path.rstrip('.')}: says {stated}, recomputed {derived}"]
