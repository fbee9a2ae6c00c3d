"""The evidence of one bill: everything to recompute it from, and every figure that came out.

What it is made of stands first: sealed records, what placed them in time, the tariff. What follows from
that is in `figures`, and verify.py derives it again.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pilebridge import journal, transactions
from pilebridge.billing import Tariff
from pilebridge.intake import UNREADABLE
from pilebridge.model import ChargeDetailRecord, Record, Transaction
from pilebridge.platforms.tcec102 import order_text
from pilebridge.settlement import Settlement, read_basis, settle
from pilebridge.timeline import Anchor
from pilebridge.wire import records as codec

FORMAT = "pilelink evidence 1"
DERIVATION = 'HMAC-SHA256(secret of the pile, "pilelink journal 1")'
# How a record stands to the one before it in the file
LINKED, FORK, UNCHECKED = "linked", "fork", "unchecked"
# Orders of platforms by the kind of their push
ORDERS = {order_text.KIND: order_text.order_text}


class EvidenceError(ValueError):
    """There is no evidence to show; the text says why."""


def collect(conn: sqlite3.Connection, tx: str, pile: str | None = None) -> dict[str, Any]:
    """The evidence of a finished transaction as JSON-able values; EvidenceError says why there is none."""
    transaction = _find(conn, tx, pile)
    if transaction.cdr is None or transaction.basis is None or transaction.stop_seq is None:
        raise EvidenceError(f"{tx}: still runs, so there is no bill yet")
    where = (transaction.pile, transaction.life)
    upto_id, anchors, _reasons = read_basis(transaction.basis)
    span = (transaction.start_seq - 1, transaction.stop_seq)
    records = journal.between(conn, *where, *span, upto_id)
    tariff = Tariff.from_text(transaction.tariff)
    settled = settle_again(transaction.tx, transaction.start_seq, records, anchors, tariff)
    return {
        "format": FORMAT,
        "journal_key": DERIVATION,
        "pile": transaction.pile,
        "life": transaction.life,
        "tx": transaction.tx,
        "records": _entries(records),
        "anchors": [_anchor(conn, where, anchor) for anchor in anchors],
        "tariff": {"text": transaction.tariff, "sha256": digest(transaction.tariff)},
        "figures": figures(transaction, settled, transaction.cdr),
        "order": _order(conn, transaction),
    }


def settle_again(
    tx: str, start_seq: int, records: Sequence[Record], anchors: Sequence[Anchor], tariff: Tariff
) -> Settlement:
    """The settlement of a transaction whose records are among consecutive ones that end with it."""
    inside = [record for record in records if record.seq >= start_seq]
    usable = sum(record.kind != UNREADABLE for record in inside)
    missing = inside[-1].seq - start_seq + 1 - usable
    own = [r for r in inside if r.fields.get("tx") == tx and r.wh is not None]
    return settle(own, anchors, tariff, missing)


def figures(
    transaction: Transaction, settled: Settlement, cdr: ChargeDetailRecord
) -> dict[str, Any]:
    """Everything that is derived: readings, registers, lines, totals."""
    return {
        "ref": transaction.ref,
        "started_by": transaction.by,
        "connector": transaction.connector,
        "start_wh": transaction.start_wh,
        "stop_wh": transaction.stop_wh,
        "reason": transaction.reason,
        "fault": transaction.fault,
        "estimated": settled.reasons,
        "readings": [[reading.utc, reading.wh] for reading in settled.readings],
        "lines": [asdict(line) for line in cdr.lines],
        "totals": {
            "start_utc": cdr.start_utc,
            "end_utc": cdr.end_utc,
            "energy_wh": cdr.energy_wh,
            "energy_fen": cdr.energy_fen,
            "service_fen": cdr.service_fen,
            "total_fen": cdr.total_fen,
        },
    }


def chain_of(before: Record | None, record: Record) -> str:
    """How a record stands to the one that has the number before it, if that is here."""
    if record.seq == 1:
        tag = codec.NO_LINK
    elif before is None or before.seq != record.seq - 1:
        return UNCHECKED
    else:
        tag = codec.tag_of(before.data)
    return LINKED if codec.link_of(record.data) == tag[: codec.LINK_BYTES] else FORK


def digest(text: str) -> str:
    """SHA-256 of a text, so that a slip in a part that no bill depends on shows too."""
    return hashlib.sha256(text.encode()).hexdigest()


def printed(evidence: Mapping[str, Any]) -> str:
    """The same for people to read."""
    lines = [f"transaction {evidence['tx']} of pile {evidence['pile']}, life {evidence['life']}"]
    lines += [f"  sealed under the journal key, {evidence['journal_key']}", "records"]
    for entry in evidence["records"]:
        says = ", ".join(
            f"{key} {value}"
            for key, value in entry["says"].items()
            if key not in {"seq", "kind"} and value is not None
        )
        lines.append(f"  {entry['seq']} {entry['kind']} ({entry['chain']}): {says}")
        lines.append(f"    {entry['sealed']}")
    for anchor in evidence["anchors"]:
        lines.append(
            f"clock: boot {anchor['boot']}, up {anchor['up']} s = {anchor['utc']}"
            f" by {anchor['source']}"
        )
    found = evidence["figures"]
    lines += [f"estimated: {reason}" for reason in found["estimated"]]
    lines.append("readings (UTC, Wh)")
    lines += [f"  {utc} {wh}" for utc, wh in found["readings"]]
    lines += [f"tariff {evidence['tariff']['text']}", "lines"]
    lines += ["  " + _named(line) for line in found["lines"]]
    lines.append("totals " + _named(found["totals"]))
    lines.append(f"ended by {found['reason']} {found['fault']}".rstrip())
    order = evidence["order"]
    lines.append("no order" if order is None else f"order {order['kind']} {order['text']}")
    return "\n".join(lines) + "\n"


def _find(conn: sqlite3.Connection, tx: str, pile: str | None) -> Transaction:
    rows = conn.execute(
        "select pile from transactions where tx = ? and (? is null or pile = ?)", (tx, pile, pile)
    ).fetchall()
    if not rows:
        raise EvidenceError(f"{tx}: no such transaction")
    if len(rows) > 1:
        owners = ", ".join(row["pile"] for row in rows)
        raise EvidenceError(f"{tx}: piles {owners} have it, say which with --pile")
    found = transactions.find(conn, rows[0]["pile"], tx)
    assert found is not None
    return found


def _entries(records: Sequence[Record]) -> list[dict[str, Any]]:
    entries, before = [], None
    for record in records:
        entries.append(
            {
                "seq": record.seq,
                "kind": record.kind,
                "chain": chain_of(before, record),
                "sealed": record.data.hex(),
                "says": record.fields,
            }
        )
        before = record
    return entries


def _anchor(conn: sqlite3.Connection, where: tuple[str, str], anchor: Anchor) -> dict[str, Any]:
    row = asdict(anchor)
    if anchor.source == "record":
        (record,) = journal.between(conn, *where, anchor.seq, anchor.seq)
        row["sealed"] = record.data.hex()
    return row


def _order(conn: sqlite3.Connection, transaction: Transaction) -> dict[str, Any] | None:
    for row in conn.execute(
        "select o.kind, o.body, q.connector_id from outbox o join orders q"
        " on q.platform = o.platform and q.ref = o.ref where o.ref = ? and o.ref <> '' and q.tx = ?",
        (transaction.ref, transaction.tx),
    ):
        if row["kind"] in ORDERS:
            return {
                "kind": row["kind"],
                "connector_id": row["connector_id"],
                "text": row["body"],
            }
    return None


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
