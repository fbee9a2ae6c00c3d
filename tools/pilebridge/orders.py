"""Orders of platforms and what is still to be pushed to them, in the store."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

# An order's way: requested -> accepted | refused | failed; accepted -> ended
REQUESTED, ACCEPTED, REFUSED, FAILED, ENDED = (
    "requested",
    "accepted",
    "refused",
    "failed",
    "ended",
)


@dataclass(frozen=True)
class Order:
    """One start request of a platform; `ref` is its idempotency key, `answer` what it was told."""

    platform: str
    ref: str
    connector_id: str
    state: str
    tx: str
    answer: str | None
    created_utc: int
    tariff: str


@dataclass(frozen=True)
class Push:
    """One message that waits until a platform confirms it."""

    id: int
    platform: str
    kind: str
    ref: str
    body: str
    attempts: int
    next_try: float


def find(conn: sqlite3.Connection, platform: str, ref: str) -> Order | None:
    """The order of a platform with this reference."""
    row = conn.execute(
        "select * from orders where platform = ? and ref = ?", (platform, ref)
    ).fetchone()
    return None if row is None else Order(**dict(row))


def create(
    conn: sqlite3.Connection,
    platform: str,
    ref: str,
    connector_id: str,
    created_utc: int,
    tariff: str,
) -> None:
    """Write down a request, with the prices it was quoted, before it is acted on."""
    conn.execute(
        "insert or ignore into orders (platform, ref, connector_id, state, created_utc, tariff)"
        " values (?, ?, ?, ?, ?, ?)",
        (platform, ref, connector_id, REQUESTED, created_utc, tariff),
    )


def answer(conn: sqlite3.Connection, platform: str, ref: str, state: str, text: str) -> None:
    """Write down what the platform is told; a repeated request gets the same."""
    conn.execute(
        "update orders set state = case when state = ? then state else ? end, answer = ?"
        " where platform = ? and ref = ?",
        (ENDED, state, text, platform, ref),
    )


def never_begun(conn: sqlite3.Connection, platform: str, before_utc: int) -> list[Order]:
    """Orders from before a moment that no transaction has followed and that were not refused."""
    rows = conn.execute(
        "select * from orders where platform = ? and tx = '' and state in (?, ?)"
        " and created_utc < ?",
        (platform, REQUESTED, ACCEPTED, before_utc),
    )
    return [Order(**dict(row)) for row in rows]


def fail(conn: sqlite3.Connection, platform: str, ref: str) -> bool:
    """Give up an order that no transaction has followed; False when one did after all."""
    done = conn.execute(
        "update orders set state = ? where platform = ? and ref = ? and tx = ''",
        (FAILED, platform, ref),
    )
    return done.rowcount == 1


def bind(conn: sqlite3.Connection, platform: str, ref: str, tx: str) -> None:
    """Tie an order to the first transaction that carries its reference."""
    conn.execute(
        "update orders set tx = ? where platform = ? and ref = ? and tx = ''", (tx, platform, ref)
    )


def end(conn: sqlite3.Connection, platform: str, ref: str) -> None:
    """The order's transaction is over."""
    conn.execute(
        "update orders set state = ? where platform = ? and ref = ?", (ENDED, platform, ref)
    )


def push(
    conn: sqlite3.Connection, platform: str, kind: str, ref: str, body: str, created_utc: int
) -> None:
    """Put a message into a platform's outbox."""
    conn.execute(
        "insert into outbox (platform, kind, ref, body, created_utc) values (?, ?, ?, ?, ?)",
        (platform, kind, ref, body, created_utc),
    )


def due(conn: sqlite3.Connection, platform: str, limit: int = 50) -> Sequence[Push]:
    """The oldest waiting message of each reference, in order; later ones wait behind it."""
    rows = conn.execute(
        "select id, platform, kind, ref, body, attempts, next_try from outbox"
        " where id in (select min(id) from outbox where platform = ? and state = 'due'"
        " group by ref) order by next_try, id limit ?",
        (platform, limit),
    )
    return [Push(**dict(row)) for row in rows]


def confirmed(conn: sqlite3.Connection, push_id: int) -> None:
    """The platform has it."""
    conn.execute("update outbox set state = 'done', last_error = '' where id = ?", (push_id,))


def postponed(conn: sqlite3.Connection, push_id: int, next_try: float, error: str) -> None:
    """The platform has it not yet; try again at `next_try` (seconds since 1970)."""
    conn.execute(
        "update outbox set attempts = attempts + 1, next_try = ?, last_error = ? where id = ?",
        (next_try, error, push_id),
    )


def dropped(conn: sqlite3.Connection, push_id: int, error: str) -> None:
    """The platform refused it for good."""
    conn.execute(
        "update outbox set state = 'refused', attempts = attempts + 1, last_error = ?"
        " where id = ?",
        (error, push_id),
    )


def waiting(conn: sqlite3.Connection, platform: str) -> int:
    """How many messages a platform has not confirmed."""
    row = conn.execute(
        "select count(*) from outbox where platform = ? and state = 'due'", (platform,)
    ).fetchone()
    return int(row[0])
