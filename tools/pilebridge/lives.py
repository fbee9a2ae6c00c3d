"""The lives of piles in the store: how far each journal is committed, and what its pile said of it."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from pilebridge import alarms
from pilebridge.alarms import Alarm
from pilebridge.intake import Sealed
from pilebridge.timeline import Anchor
from pilebridge.wire import records as codec


@dataclass
class Life:
    """One life of a pile. `tag` is that of record `upto`, None where it is not known.

    `number` counts the lives of a pile. `bad_seq` waits for a record with a good tag. A record that
    contradicts `conflict_seq` may be the only one of its kind, so nothing from there on is freed.
    """

    pile: str
    life: str
    number: int
    upto: int
    tag: bytes | None
    boot: int
    key_set: int
    key_number: int
    bad_seq: int | None
    conflict_seq: int | None
    first_utc: int
    stored: bool = True

    @property
    def is_empty(self) -> bool:
        """True before the first record."""
        return self.key_set == 0

    @property
    def acknowledged(self) -> int:
        """What the pile may free."""
        return self.upto if self.conflict_seq is None else min(self.upto, self.conflict_seq - 1)

    def may_seal(self, by: tuple[int, int], current: tuple[int, int]) -> bool:
        """False for a secret that a newer one has taken the place of, in records and in hellos."""
        key_set, number = by
        if key_set != self.key_set:
            return self.is_empty or key_set == current[0]
        floor = min(self.key_number, current[1]) if key_set == current[0] else self.key_number
        return number >= floor

    def held(self, conn: sqlite3.Connection, sealed: Sealed) -> bool:
        """True when these very bytes are stored."""
        row = conn.execute(
            "select body from journal where pile = ? and life = ? and seq = ?",
            (self.pile, self.life, sealed.seq),
        ).fetchone()
        return row is not None and row["body"] == sealed.data

    def move_to(self, seq: int, tag: bytes, boot: int, by: tuple[int, int]) -> None:
        """A record is stored behind all others."""
        self.upto, self.tag, self.boot = seq, tag, max(self.boot, boot)
        if by[0] != self.key_set:
            self.key_set, self.key_number = by
        elif by[1] > self.key_number:
            self.key_number = by[1]

    def block(self, conn: sqlite3.Connection, seq: int) -> None:
        """Free nothing from a number on: the pile has another record there."""
        self.conflict_seq = seq if self.conflict_seq is None else min(seq, self.conflict_seq)
        self.save(conn)

    def save_end(self, conn: sqlite3.Connection) -> None:
        """Write where it ends now, when nothing else changed."""
        end = (self.upto, self.tag, self.boot, self.pile, self.life)
        conn.execute(
            "update lives set upto = ?, tag = ?, boot = ? where pile = ? and life = ?", end
        )

    def save(self, conn: sqlite3.Connection) -> None:
        """Write what changed."""
        values = (
            self.upto,
            self.tag,
            self.boot,
            self.key_set,
            self.key_number,
            self.bad_seq,
            self.conflict_seq,
        )
        if self.stored:
            conn.execute(_UPDATE, (*values, self.pile, self.life))
        else:
            conn.execute(_INSERT, (*values, self.pile, self.life, self.number, self.first_utc))
            self.stored = True


_CHANGING = ("upto", "tag", "boot", "key_set", "key_number", "bad_seq", "conflict_seq")
_UPDATE = (
    f"update lives set {', '.join(f'{n} = ?' for n in _CHANGING)} where pile = ? and life = ?"
)
_INSERT = (
    f"insert into lives ({', '.join(_CHANGING)}, pile, life, number, first_utc)"
    f" values ({', '.join('?' * 11)})"
)


def find(conn: sqlite3.Connection, pile: str, life: str) -> Life | None:
    """A life that has records here."""
    row = conn.execute(
        "select pile, life, number, upto, tag, boot, key_set, key_number, bad_seq, conflict_seq,"
        " first_utc from lives where pile = ? and life = ?",
        (pile, life),
    ).fetchone()
    return None if row is None else Life(*row)


def begin(conn: sqlite3.Connection, pile: str, life: str, upto: int, now_utc: int) -> Life:
    """A life that is not here yet; it is written down with its first record."""
    row = conn.execute("select max(number) from lives where pile = ?", (pile,)).fetchone()
    tag = codec.NO_LINK if upto == 0 else None
    number = (row[0] or 0) + 1
    return Life(pile, life, number, upto, tag, -1, 0, 0, None, None, now_utc, stored=False)


def of_pile(conn: sqlite3.Connection, pile: str) -> list[Life]:
    """Every life of a pile, the newest first."""
    rows = conn.execute(
        "select life from lives where pile = ? order by number desc", (pile,)
    ).fetchall()
    found = [find(conn, pile, row["life"]) for row in rows]
    return [life for life in found if life is not None]


def is_stored(conn: sqlite3.Connection, life: Life, seq: int) -> bool:
    """True when a number is taken, by whatever record."""
    row = conn.execute(
        "select 1 from journal where pile = ? and life = ? and seq = ?",
        (life.pile, life.life, seq),
    ).fetchone()
    return row is not None


def oldest_held(conn: sqlite3.Connection, life: Life) -> int:
    """The first number that the pile says it still has in this life, 0 while it has not said."""
    row = conn.execute("select life, first from piles where pile = ?", (life.pile,)).fetchone()
    return row["first"] if row is not None and row["life"] == life.life else 0


def greet(
    conn: sqlite3.Connection, pile: str, hello: dict[str, Any], now_utc: int
) -> tuple[int, Alarm | None]:
    """Write down a hello; what to acknowledge, and an alarm for records the pile no longer has.

    `upto` does not move: a hello is not sealed, and what it says is believed when records follow it.
    """
    oldest = hello["first"] or hello["next"]
    conn.execute(
        "insert into piles (pile, hello, life, first) values (?, ?, ?, ?) on conflict (pile)"
        " do update set hello = excluded.hello, life = excluded.life, first = excluded.first",
        (pile, json.dumps(hello, sort_keys=True), hello["life"], oldest),
    )
    life = find(conn, pile, hello["life"])
    if life is None:
        return oldest - 1, None
    raised = None
    if oldest > life.upto + 1:
        raised = report_hole(conn, life, life.upto + 1, oldest - 1, now_utc)
    return life.acknowledged, raised


def report_hole(
    conn: sqlite3.Connection, life: Life, first: int, last: int, now_utc: int
) -> Alarm | None:
    """Raise the alarm for records that the pile no longer has."""
    which = f"record {first} is" if first == last else f"records {first} to {last} are"
    text = f"{which} lost at the pile, and the chain of life {life.life} is broken there"
    subject = f"{first}..{last}"
    return alarms.sound(conn, life.pile, life.life, "hole", text, now_utc, subject)


def set_anchor(conn: sqlite3.Connection, pile: str, anchor: Anchor) -> None:
    """Remember the newest pair of uptime and UTC a pile said, in the life it greeted with."""
    conn.execute(
        "update piles set anchor_life = life, anchor_boot = ?, anchor_up = ?, anchor_utc = ?"
        " where pile = ?",
        (anchor.boot, anchor.up, anchor.utc, pile),
    )


def live_anchor(conn: sqlite3.Connection, pile: str, life: str) -> Anchor | None:
    """The newest live pair of a life."""
    row = conn.execute(
        "select anchor_boot, anchor_up, anchor_utc from piles where pile = ? and anchor_life = ?",
        (pile, life),
    ).fetchone()
    if row is None or row["anchor_utc"] is None:
        return None
    return Anchor(row["anchor_boot"], row["anchor_up"], row["anchor_utc"], "state")
