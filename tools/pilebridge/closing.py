"""What ends a transaction, read from the store: its records, where they stand in time, its bill."""

import sqlite3
from collections.abc import Sequence

from pilebridge import alarms, journal, transactions
from pilebridge.alarms import Alarm
from pilebridge.billing import Tariff
from pilebridge.model import Reading, Record, Transaction
from pilebridge.settlement import basis_text, settle
from pilebridge.timeline import Anchor, place


def close(conn: sqlite3.Connection, transaction: Transaction, last: Record) -> None:
    """Settle a transaction that ends at a record, and write the outcome into it."""
    upto_id = journal.newest_id(conn)
    records = [
        record
        for record in journal.of_transaction(conn, transaction.pile, transaction.tx, upto_id)
        if transaction.start_seq <= record.seq <= last.seq and record.wh is not None
    ]
    span = (transaction.pile, transaction.life, transaction.start_seq, last.seq)
    missing = journal.missing(conn, *span, upto_id)
    tariff = Tariff.from_text(transaction.tariff)
    settled = settle(records, _anchors(conn, transaction, records), tariff, missing)
    cdr = settled.cdr
    transaction.start_utc, transaction.stop_utc = cdr.start_utc, cdr.end_utc
    transaction.stop_seq, transaction.stop_wh = last.seq, last.wh
    stopped = last.kind == "tx_stop"
    transaction.reason = str(last.fields["reason"]) if stopped else "power_loss"
    transaction.fault = str(last.fields["fault"]) if stopped else ""
    transaction.estimated, transaction.cdr = cdr.estimated, cdr
    transaction.basis = basis_text(settled, upto_id)


def placed(
    conn: sqlite3.Connection, transaction: Transaction, records: Sequence[Record]
) -> list[Reading]:
    """Readings of some records of a transaction, as far as their times are known now."""
    anchors = _anchors(conn, transaction, records)
    if {r.boot for r in records if r.utc is None} <= {anchor.boot for anchor in anchors}:
        times = place(records, anchors).times
    else:
        # By the time of receipt, and then the newest record of a boot places the others, as in close()
        known = journal.of_transaction(conn, transaction.pile, transaction.tx)
        known = [r for r in known if r.seq >= transaction.start_seq and r.wh is not None]
        by_seq = dict(zip((r.seq for r in known), place(known, anchors).times, strict=True))
        times = [by_seq[record.seq] for record in records]
    return [Reading(utc, record.wh or 0) for utc, record in zip(times, records, strict=True)]


def no_start(conn: sqlite3.Connection, record: Record) -> Alarm | None:
    """Raise the alarm for a record whose transaction never began here, or is over."""
    tx = str(record.fields["tx"])
    if transactions.find(conn, record.pile, tx) is None:
        text = f"{record.kind} of transaction {tx} (record {record.seq}) without its start"
    else:
        text = f"{record.kind} of transaction {tx} (record {record.seq}) came after it was ended"
    where = (conn, record.pile, record.life, "no_start", text)
    return alarms.sound(*where, record.received_utc, tx)


def _anchors(
    conn: sqlite3.Connection, transaction: Transaction, records: Sequence[Record]
) -> list[Anchor]:
    boots = sorted({record.boot for record in records if record.utc is None})
    if not boots:
        return []
    return journal.anchors(conn, transaction.pile, transaction.life, boots)
