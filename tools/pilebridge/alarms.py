"""What a person has to look at: kept in the store until it is mended or cleared, logged once.

| kind | what | cleared |
|---|---|---|
| `hole` | records are lost at the pile; `subject` is first..last | by the operator |
| `begins` | a life begins here behind records that this database never had | by the operator |
| `tag` | a record's tag holds under no key of the pile: wrong key, or forged | when its place is filled |
| `conflict` | two records of one number, both sealed: a copied or restored pile | by the operator |
| `chain` | a sealed record does not follow the one before it | by the operator |
| `content` | a sealed record breaks the tables of the wire | by the operator |
| `no_start` | records of a transaction whose start is not here | by the operator |
| `key` | a pile uses a secret that is not known here | when it uses a known one |
| `update` | a pile refused new firmware, or did not stay with it | when it confirms one |
| `undelivered` | a central system did not take a fact of a transaction, and it was given up | by the operator |
"""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alarm:
    """One alarm; times are of the bridge's clock, `cleared_utc` is None while it stands."""

    id: int
    pile: str
    life: str
    kind: str
    subject: str
    text: str
    first_utc: int
    last_utc: int
    count: int
    cleared_utc: int | None


def sound(
    conn: sqlite3.Connection,
    pile: str,
    life: str,
    kind: str,
    text: str,
    now_utc: int,
    subject: str = "",
) -> Alarm | None:
    """Raise an alarm or count it once more; the alarm if it did not stand already, for tell()."""
    key = (pile, life, kind, subject)
    row = conn.execute(
        "select * from alarms where pile = ? and life = ? and kind = ? and subject = ?", key
    ).fetchone()
    if row is not None:
        conn.execute(
            "update alarms set text = ?, last_utc = ?, count = count + 1, cleared_utc = null"
            " where id = ?",
            (text, now_utc, row["id"]),
        )
        if row["cleared_utc"] is None:
            return None
    else:
        conn.execute(
            "insert into alarms (pile, life, kind, subject, text, first_utc, last_utc)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (*key, text, now_utc, now_utc),
        )
    return Alarm(0, *key, text, now_utc, now_utc, 1, None)


def mend(conn: sqlite3.Connection, pile: str, life: str, kind: str, now_utc: int) -> None:
    """What an alarm was about is over."""
    conn.execute(
        "update alarms set cleared_utc = ? where pile = ? and life = ? and kind = ?"
        " and cleared_utc is null",
        (now_utc, pile, life, kind),
    )


def clear(conn: sqlite3.Connection, alarm_id: int, now_utc: int) -> bool:
    """A person has seen to it; False when no such alarm stands."""
    done = conn.execute(
        "update alarms set cleared_utc = ? where id = ? and cleared_utc is null",
        (now_utc, alarm_id),
    )
    return done.rowcount == 1


def standing(conn: sqlite3.Connection, pile: str | None = None) -> list[Alarm]:
    """Alarms that are not cleared, the oldest first; of one pile or of all."""
    rows = conn.execute(
        "select * from alarms where cleared_utc is null and (? is null or pile = ?) order by id",
        (pile, pile),
    )
    return [Alarm(**dict(row)) for row in rows]


def latest(conn: sqlite3.Connection, limit: int) -> list[Alarm]:
    """The newest alarms, cleared ones too."""
    rows = conn.execute("select * from alarms order by id desc limit ?", (limit,))
    return [Alarm(**dict(row)) for row in rows]


def tell(raised: Iterable[Alarm]) -> None:
    """Log what was raised, after its commit."""
    for alarm in raised:
        log.error("alarm: %s: %s: %s", alarm.pile, alarm.kind, alarm.text)
