"""Facts of transactions that wait for a central system: in the store, in order for each pile."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from pilebridge import alarms
from pilebridge.alarms import Alarm
from pilebridge.platforms.ocpp.events import TxEvent

# Fetched at once: a charge of a day offline leaves hundreds
BATCH = 8


@dataclass(slots=True)
class Waiting:
    """One queued fact; `attempts` counts how often the central system had it and did not take it."""

    id: int
    event: TxEvent
    attempts: int


def push(conn: sqlite3.Connection, platform: str, ref: str, event: TxEvent) -> None:
    """Queue a fact of a transaction in the book, with the next number of that transaction."""
    row = conn.execute(
        "update ocpp_transactions set next_seq = next_seq + 1 where platform = ? and ref = ?"
        " returning next_seq - 1",
        (platform, ref),
    ).fetchone()
    if row is not None:
        conn.execute(
            "insert into ocpp_queue (platform, pile, tx, event) values (?, ?, ?, ?)",
            (platform, event.pile, event.tx, event.as_text(row[0])),
        )


def push_open(conn: sqlite3.Connection, platform: str, ref: str, event: TxEvent) -> None:
    """Queue a fact, unless the transaction has ended by now: nothing follows its end."""
    row = conn.execute(
        "select ended from ocpp_transactions where platform = ? and ref = ?", (platform, ref)
    ).fetchone()
    if row is not None and not row["ended"]:
        push(conn, platform, ref, event)


def due(conn: sqlite3.Connection, platform: str, pile: str, limit: int = BATCH) -> list[Waiting]:
    """The oldest facts of a pile that are not delivered and not given up."""
    rows = conn.execute(
        "select id, event, attempts from ocpp_queue where platform = ? and pile = ?"
        " and state = 'due' order by id limit ?",
        (platform, pile, limit),
    )
    return [Waiting(row["id"], TxEvent.from_text(row["event"]), row["attempts"]) for row in rows]


def waits(conn: sqlite3.Connection, platform: str, pile: str, tx: str = "") -> bool:
    """True while facts of a pile, or of one of its transactions, are due."""
    row = conn.execute(
        "select 1 from ocpp_queue where platform = ?1 and pile = ?2 and state = 'due'"
        " and (?3 = '' or tx = ?3) limit 1",
        (platform, pile, tx),
    ).fetchone()
    return row is not None


def delivered(conn: sqlite3.Connection, ids: Sequence[int]) -> None:
    """The central system has them."""
    conn.executemany("delete from ocpp_queue where id = ?", [(each,) for each in ids])


def refused(conn: sqlite3.Connection, waiting: Waiting, text: str) -> None:
    """The central system was there and did not take it; it comes again."""
    conn.execute(
        "update ocpp_queue set attempts = attempts + 1, last_error = ? where id = ?",
        (text[:500], waiting.id),
    )


def give_up(
    conn: sqlite3.Connection, platform: str, waiting: Waiting, text: str, now_utc: int
) -> Alarm | None:
    """Keep it apart and let the next one go; a person has to settle it with the central system."""
    conn.execute(
        "update ocpp_queue set attempts = attempts + 1, state = 'given_up', last_error = ?"
        " where id = ?",
        (text[:500], waiting.id),
    )
    event = waiting.event
    said = f"{platform} did not take {event.kind} of transaction {event.tx}: {text}"[:500]
    subject = f"{platform}/{event.tx}"
    return alarms.sound(conn, event.pile, "", "undelivered", said, now_utc, subject)


def counts(conn: sqlite3.Connection, platform: str) -> dict[str, int]:
    """How many facts wait and how many were given up: `due`, `given_up`."""
    rows = conn.execute(
        "select state, count(*) from ocpp_queue where platform = ? group by state", (platform,)
    )
    return {"due": 0, "given_up": 0} | {row[0]: row[1] for row in rows}
