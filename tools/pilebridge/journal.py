"""The journals of all piles in the store: idempotent append, contiguity, reading.

`upto` is the highest sequence number below which nothing is missing. It may jump forward only
where a new boot begins, at the first record ever seen of a pile, or to an offered number; a hole
inside one boot ends the batch, and the pile sends it again.

A pile that lost its memory (new board, erased flash) numbers and counts its starts from the
beginning again, which is a new life. It must neither be told that its new records are stored,
because old ones carry their numbers, nor have them taken for old ones. So it is offered a number
above every number it can have given; it renumbers what it holds above that (`Outbox.rebase`).
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pilebridge.model import Record
from pilebridge.timeline import Anchor

# Piles never get here by counting themselves: 100000 numbers for each of eleven million starts
OFFERS_FROM = 1 << 40


@dataclass(frozen=True)
class Appended:
    """Outcome of one batch: `upto` to acknowledge, how many were new, and what was wrong."""

    upto: int
    boot: int
    new: int
    gap_at: int | None = None
    conflict_at: int | None = None


@dataclass
class _Row:
    """What is known of a pile's numbers; `offer` is 0 or waits to be taken up."""

    upto: int = 0
    boot: int = -1
    life: int = 1
    offer: int = 0

    def make_offer(self) -> None:
        if not self.offer:
            self.life += 1
        self.offer = max(self.upto, OFFERS_FROM)


def append(
    conn: sqlite3.Connection, pile: str, records: Sequence[dict[str, Any]], received_utc: int
) -> Appended:
    """Store the records of one message; a record that is there already changes nothing.

    `conflict_at` names a sequence number that is stored with other content. Like a batch that
    begins behind a hole, which the pile can no longer fill, it leads to an offer at the next
    hello; until then the pile keeps the records.
    """
    row = _row(conn, pile)
    before = (row.upto, row.offer)
    new = 0
    gap_at = conflict_at = None
    for record in records:
        seq = record["seq"]
        body = json.dumps(record, sort_keys=True, separators=(",", ":"))
        if seq <= row.upto:
            stored = conn.execute(
                "select body from journal where pile = ? and seq = ?", (pile, seq)
            ).fetchone()
            if stored is None or stored["body"] != body:
                conflict_at = seq
                break
            continue
        if row.offer and seq == row.offer + 1:
            row.boot, row.offer = -1, 0
        elif seq > row.upto + 1 and 0 <= row.boot >= record["boot"]:
            gap_at = seq
            break
        _insert(conn, pile, row.life, record, body, received_utc)
        row.upto, row.boot, new = seq, max(row.boot, record["boot"]), new + 1
    if conflict_at is not None or gap_at == records[0]["seq"]:
        row.make_offer()
    if (row.upto, row.offer) != before:
        _save(conn, pile, row)
    return Appended(row.upto, row.boot, new, gap_at, conflict_at)


def greet(conn: sqlite3.Connection, pile: str, boot: int, clock_known: bool) -> int:
    """What to answer the hello of a pile with: `upto`, or an offer when it lost its memory.

    `clock_known` says whether the pile knew the time right after this hello.
    """
    row = _row(conn, pile)
    # Records come only after an answer that brought the time, and only a restart forgets it
    if boot < row.boot or (boot == row.boot and not clock_known):
        row.make_offer()
        _save(conn, pile, row)
        conn.execute(
            "update piles set anchor_boot = null, anchor_up = null, anchor_utc = null"
            " where pile = ?",
            (pile,),
        )
    return row.offer or row.upto


def committed(conn: sqlite3.Connection, pile: str) -> tuple[int, int]:
    """(upto, boot) of a pile; (0, -1) when it never sent a record."""
    row = conn.execute("select upto, boot from piles where pile = ?", (pile,)).fetchone()
    return (row["upto"], row["boot"]) if row else (0, -1)


def after(conn: sqlite3.Connection, cursor: int, limit: int) -> list[Record]:
    """Records stored after row `cursor`, in order of arrival."""
    rows = conn.execute("select * from journal where id > ? order by id limit ?", (cursor, limit))
    return [_record(row) for row in rows]


def of_transaction(conn: sqlite3.Connection, pile: str, tx: str) -> list[Record]:
    """Records of one transaction in order of sequence."""
    rows = conn.execute(
        "select * from journal where pile = ? and tx = ? and tx <> '' order by seq", (pile, tx)
    )
    return [_record(row) for row in rows]


def restarted(conn: sqlite3.Connection, pile: str, after_seq: int, boot: int) -> bool:
    """True when the pile's start `boot` is recorded behind a sequence number."""
    row = conn.execute(
        "select 1 from journal where pile = ? and seq > ? and kind = 'boot' and boot = ? limit 1",
        (pile, after_seq, boot),
    ).fetchone()
    return row is not None


def count_between(conn: sqlite3.Connection, pile: str, first_seq: int, last_seq: int) -> int:
    """How many records are stored from first to last, both included."""
    row = conn.execute(
        "select count(*) from journal where pile = ? and seq between ? and ?",
        (pile, first_seq, last_seq),
    ).fetchone()
    return int(row[0])


def anchors(conn: sqlite3.Connection, pile: str, life: int, boots: Sequence[int]) -> list[Anchor]:
    """Known pairs of uptime and UTC of these boots, from records and from live messages."""
    marks = ",".join("?" * len(boots))
    rows = conn.execute(
        f"select boot, up, utc from journal where pile = ? and life = ? and boot in ({marks})"
        " and utc is not null order by seq desc limit 50",
        (pile, life, *boots),
    ).fetchall()
    found = [Anchor(row["boot"], row["up"], row["utc"]) for row in rows]
    live = conn.execute(
        "select anchor_boot, anchor_up, anchor_utc from piles where pile = ? and life = ?",
        (pile, life),
    ).fetchone()
    if live is not None and live["anchor_utc"] is not None and live["anchor_boot"] in boots:
        found.append(Anchor(live["anchor_boot"], live["anchor_up"], live["anchor_utc"]))
    return found


def set_anchor(conn: sqlite3.Connection, pile: str, anchor: Anchor) -> None:
    """Remember the newest live pair of a pile."""
    _touch(conn, pile)
    conn.execute(
        "update piles set anchor_boot = ?, anchor_up = ?, anchor_utc = ? where pile = ?",
        (anchor.boot, anchor.up, anchor.utc, pile),
    )


def set_hello(conn: sqlite3.Connection, pile: str, body: str) -> None:
    """Remember what a pile said of itself."""
    _touch(conn, pile)
    conn.execute("update piles set hello = ? where pile = ?", (body, pile))


def _touch(conn: sqlite3.Connection, pile: str) -> None:
    conn.execute("insert or ignore into piles (pile) values (?)", (pile,))


def _row(conn: sqlite3.Connection, pile: str) -> _Row:
    row = conn.execute(
        "select upto, boot, life, offer from piles where pile = ?", (pile,)
    ).fetchone()
    return _Row() if row is None else _Row(*row)


def _save(conn: sqlite3.Connection, pile: str, row: _Row) -> None:
    _touch(conn, pile)
    conn.execute(
        "update piles set upto = ?, boot = ?, life = ?, offer = ? where pile = ?",
        (row.upto, row.boot, row.life, row.offer, pile),
    )


def _insert(
    conn: sqlite3.Connection,
    pile: str,
    life: int,
    record: dict[str, Any],
    body: str,
    received_utc: int,
) -> None:
    conn.execute(
        "insert into journal (pile, seq, kind, boot, up, utc, connector, wh, tx, received_utc,"
        " life, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pile,
            record["seq"],
            record["kind"],
            record["boot"],
            record["up"],
            record["utc"],
            record["c"],
            record["wh"],
            record.get("tx", ""),
            received_utc,
            life,
            body,
        ),
    )


def _record(row: sqlite3.Row) -> Record:
    return Record(
        id=row["id"],
        pile=row["pile"],
        seq=row["seq"],
        kind=row["kind"],
        boot=row["boot"],
        up=row["up"],
        utc=row["utc"],
        connector=row["connector"],
        wh=row["wh"],
        received_utc=row["received_utc"],
        fields=json.loads(row["body"]),
        life=row["life"],
    )
