"""The journals of all piles in the store: idempotent append, contiguity, reading.

`upto` is the highest sequence number below which nothing is missing. It may jump forward only
where a new boot begins, or at the first record ever seen of a pile; a hole inside one boot ends
the batch, and the pile sends it again.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pilebridge.model import Record
from pilebridge.timeline import Anchor


@dataclass(frozen=True)
class Appended:
    """Outcome of one batch: `upto` to acknowledge, how many were new, and what was wrong."""

    upto: int
    boot: int
    new: int
    gap_at: int | None = None
    conflict_at: int | None = None


def append(
    conn: sqlite3.Connection, pile: str, records: Sequence[dict[str, Any]], received_utc: int
) -> Appended:
    """Store the records of one message; a record that is there already changes nothing.

    `conflict_at` names a sequence number that is stored with other content: the pile's counter
    went back (replaced board or flash), and nothing is acknowledged until an operator looks.
    """
    row = conn.execute("select upto, boot from piles where pile = ?", (pile,)).fetchone()
    upto, boot = (row["upto"], row["boot"]) if row else (0, -1)
    new = 0
    gap_at = conflict_at = None
    for record in records:
        seq = record["seq"]
        body = json.dumps(record, sort_keys=True, separators=(",", ":"))
        if seq <= upto:
            stored = conn.execute(
                "select body from journal where pile = ? and seq = ?", (pile, seq)
            ).fetchone()
            if stored is None or stored["body"] != body:
                conflict_at = seq
                break
            continue
        first_ever = boot < 0
        if seq > upto + 1 and not (first_ever or record["boot"] > boot):
            gap_at = seq
            break
        _insert(conn, pile, record, body, received_utc)
        upto, boot, new = seq, max(boot, record["boot"]), new + 1
    if new:
        conn.execute(
            "insert into piles (pile, upto, boot) values (?, ?, ?)"
            " on conflict (pile) do update set upto = excluded.upto, boot = excluded.boot",
            (pile, upto, boot),
        )
    return Appended(upto, boot, new, gap_at, conflict_at)


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


def count_between(conn: sqlite3.Connection, pile: str, first_seq: int, last_seq: int) -> int:
    """How many records are stored from first to last, both included."""
    row = conn.execute(
        "select count(*) from journal where pile = ? and seq between ? and ?",
        (pile, first_seq, last_seq),
    ).fetchone()
    return int(row[0])


def anchors(conn: sqlite3.Connection, pile: str, boots: Sequence[int]) -> list[Anchor]:
    """Known pairs of uptime and UTC of these boots, from records and from live messages."""
    marks = ",".join("?" * len(boots))
    rows = conn.execute(
        f"select boot, up, utc from journal where pile = ? and boot in ({marks})"
        " and utc is not null order by seq desc limit 50",
        (pile, *boots),
    ).fetchall()
    found = [Anchor(row["boot"], row["up"], row["utc"]) for row in rows]
    live = conn.execute(
        "select anchor_boot, anchor_up, anchor_utc from piles where pile = ?", (pile,)
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
    conn.execute("insert or ignore into piles (pile, upto, boot) values (?, 0, -1)", (pile,))


def _insert(
    conn: sqlite3.Connection, pile: str, record: dict[str, Any], body: str, received_utc: int
) -> None:
    conn.execute(
        "insert into journal (pile, seq, kind, boot, up, utc, connector, wh, tx, received_utc,"
        " body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    )
