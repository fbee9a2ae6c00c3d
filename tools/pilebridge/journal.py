"""The journals of all piles in the store: what of a message is taken, and reading it again.

A journal belongs to a life, the time between two losses of a pile's memory. `upto` of a life is the
number below which every record is stored or known to be lost; it only grows, and only by what this
module finds in sealed records and their message. A record keeps its number and its bytes for ever.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from pilebridge import alarms, lives
from pilebridge.alarms import Alarm
from pilebridge.intake import UNREADABLE, Batch, Sealed
from pilebridge.lives import Life
from pilebridge.model import Record
from pilebridge.timeline import Anchor
from pilebridge.wire import decode_record
from pilebridge.wire import records as codec

# How a record stands to the one before it; the words are stored
LINKED, BEGINS, AFTER_HOLE, FORK, LATE = "linked", "begins", "after_hole", "fork", "late"
_QUARANTINED = 100
# Where link_of() and tag_of() find what they give
_LINK, _TAG = slice(24, 28), slice(-20, -4)

_COLUMNS = "pile, life, seq, kind, boot, up, utc, connector, wh, tx, received_utc, chain, body"
INSERT = f"insert into journal ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass
class Appended:
    """Outcome of one message: `upto` to acknowledge or None, how many were new, what was wrong."""

    upto: int | None
    new: int = 0
    gap: bool = False
    conflict: bool = False
    forged: bool = False
    raised: list[Alarm] = field(default_factory=list)

    def alarm(self, raised: Alarm | None) -> None:
        """Keep an alarm that did not stand before."""
        if raised is not None:
            self.raised.append(raised)


def append(conn: sqlite3.Connection, batch: Batch, now_utc: int) -> Appended:
    """Store the records of one message; what is there already changes nothing."""
    life = lives.find(conn, batch.pile, batch.life)
    if life is None:
        life = lives.begin(conn, batch.pile, batch.life, batch.first - 1, now_utc)
    elif batch.first > life.upto + 1 and batch.first > lives.oldest_held(conn, life):
        return Appended(life.acknowledged, gap=True)
    rows = _linked_rows(life, batch, now_utc)
    if rows:
        conn.executemany(INSERT, rows)
        life.save_end(conn)
        return Appended(life.acknowledged, new=len(rows))
    outcome = Appended(None)
    for sealed in batch.records:
        if sealed.seq <= life.upto and life.held(conn, sealed):
            continue
        if sealed.by is None or not life.may_seal(sealed.by, batch.current):
            _refuse(conn, life, sealed, outcome, now_utc)
            break
        if sealed.seq <= life.upto:
            if not _fill(conn, life, sealed, outcome, now_utc):
                break
            continue
        rows.append(_follow(conn, life, sealed, outcome, now_utc))
    if rows:
        conn.executemany(INSERT, rows)
        _mended(conn, life, now_utc)
        life.save(conn)
    outcome.new += len(rows)
    outcome.upto = None if outcome.conflict or life.is_empty else life.acknowledged
    return outcome


def _linked_rows(life: Life, batch: Batch, now_utc: int) -> list[tuple[object, ...]]:
    """Rows of a message that only goes on, which is nearly every one; none where there is more to say."""
    by, tag = (life.key_set, life.key_number), life.tag
    if tag is None or by != batch.current or life.bad_seq is not None:
        return []
    pile, name, seq = life.pile, life.life, life.upto
    rows: list[tuple[object, ...]] = []
    for sealed in batch.records:
        seq, data = seq + 1, sealed.data
        follows = data[_LINK] == tag[: codec.LINK_BYTES]
        if sealed.seq != seq or sealed.by != by or sealed.problem or not follows:
            return []
        tag = data[_TAG]
        rows.append((pile, name, seq, *sealed.columns, now_utc, LINKED, data))
    life.move_to(seq, tag, max(sealed.columns[1] for sealed in batch.records), by)
    return rows


def _mended(conn: sqlite3.Connection, life: Life, now_utc: int) -> None:
    """Records with good tags stand where one without was."""
    if not life.stored:
        alarms.mend(conn, life.pile, "", "tag", now_utc)
    if life.bad_seq is not None and life.bad_seq <= life.upto:
        alarms.mend(conn, life.pile, life.life, "tag", now_utc)
        life.bad_seq = None


def _follow(
    conn: sqlite3.Connection, life: Life, sealed: Sealed, outcome: Appended, now_utc: int
) -> tuple[object, ...]:
    """The row of a record behind everything that is stored; `life` moves on."""
    seq = sealed.seq
    if seq != life.upto + 1:
        hole = (life.upto + 1, seq - 1)
        conn.execute("insert into holes values (?, ?, ?, ?)", (life.pile, life.life, *hole))
        outcome.alarm(lives.report_hole(conn, life, *hole, now_utc))
        chain = AFTER_HOLE
    elif life.tag is None:
        chain = BEGINS if life.is_empty else AFTER_HOLE
    elif codec.link_of(sealed.data) == life.tag[: codec.LINK_BYTES]:
        chain = LINKED
    else:
        chain = FORK
        text = f"record {seq} of life {life.life} does not follow record {seq - 1}"
        name = (conn, life.pile, life.life, "chain", text, now_utc, str(seq))
        outcome.alarm(alarms.sound(*name))
    if chain == BEGINS:
        text = f"life {life.life} begins at record {seq}: what was before is not here"
        outcome.alarm(alarms.sound(conn, life.pile, life.life, "begins", text, now_utc))
    if sealed.problem:
        outcome.alarm(_unusable(conn, life, sealed, now_utc))
    assert sealed.by is not None
    life.move_to(seq, codec.tag_of(sealed.data), sealed.columns[1], sealed.by)
    return _row(life, sealed, chain, now_utc)


def _fill(
    conn: sqlite3.Connection, life: Life, sealed: Sealed, outcome: Appended, now_utc: int
) -> bool:
    """Store a record that was thought lost; False when its number is taken by another one."""
    seq = sealed.seq
    if lives.is_stored(conn, life, seq):
        outcome.conflict = True
        life.block(conn, seq)
        text = f"record {seq} of life {life.life} came again with other content, and was not taken"
        outcome.alarm(alarms.sound(conn, life.pile, life.life, "conflict", text, now_utc))
        return False
    conn.execute(INSERT, _row(life, sealed, LATE, now_utc))
    outcome.new += 1
    return True


def _refuse(
    conn: sqlite3.Connection, life: Life, sealed: Sealed, outcome: Appended, now_utc: int
) -> None:
    """Keep the bytes of what no key seals apart from the journal."""
    outcome.forged = True
    where = (life.pile, life.life)
    why = f"record {sealed.seq}: no key of this pile seals it"
    conn.execute(
        "insert or ignore into quarantine (pile, life, why, received_utc, body)"
        " values (?, ?, ?, ?, ?)",
        (*where, why, now_utc, sealed.data),
    )
    conn.execute(
        "delete from quarantine where pile = ? and id <= (select id from quarantine"
        " where pile = ? order by id desc limit 1 offset ?)",
        (life.pile, life.pile, _QUARANTINED),
    )
    text = f"{why}: is its key the one in the settings? It is kept apart and not acknowledged"
    # Anybody can name a life: only one with sealed records gets an alarm of its own
    named = "" if life.is_empty else life.life
    outcome.alarm(alarms.sound(conn, life.pile, named, "tag", text, now_utc))
    life.bad_seq = sealed.seq
    if life.stored:
        life.save(conn)


def _unusable(conn: sqlite3.Connection, life: Life, sealed: Sealed, now_utc: int) -> Alarm | None:
    text = f"record {sealed.seq} of life {life.life} cannot be used: {sealed.problem}"
    return alarms.sound(conn, life.pile, life.life, "content", text, now_utc, str(sealed.seq))


def _row(life: Life, sealed: Sealed, chain: str, received_utc: int) -> tuple[object, ...]:
    where = (life.pile, life.life, sealed.seq)
    return (*where, *sealed.columns, received_utc, chain, sealed.data)


def after(conn: sqlite3.Connection, cursor: int, limit: int) -> list[Record]:
    """Records stored after row `cursor`, in order of arrival."""
    rows = conn.execute("select * from journal where id > ? order by id limit ?", (cursor, limit))
    return [_record(row) for row in rows]


def newest_id(conn: sqlite3.Connection) -> int:
    """Row of the record that was stored last, 0 for none."""
    return int(conn.execute("select coalesce(max(id), 0) from journal").fetchone()[0])


def of_transaction(
    conn: sqlite3.Connection, pile: str, tx: str, upto_id: int = 1 << 62
) -> list[Record]:
    """Records of one transaction in order of sequence, stored up to a row."""
    rows = conn.execute(
        "select * from journal where pile = ? and tx = ? and tx <> '' and id <= ?"
        " order by life, seq",
        (pile, tx, upto_id),
    )
    return [_record(row) for row in rows]


def between(
    conn: sqlite3.Connection, pile: str, life: str, first: int, last: int, upto_id: int = 1 << 62
) -> list[Record]:
    """Records of a life from first to last, both included, stored up to a row."""
    rows = conn.execute(
        "select * from journal where pile = ? and life = ? and seq between ? and ? and id <= ?"
        " order by seq",
        (pile, life, first, last, upto_id),
    )
    return [_record(row) for row in rows]


def restarted(conn: sqlite3.Connection, pile: str, life: str, after_seq: int, boot: int) -> bool:
    """True when the pile's start `boot` is recorded behind a number, or in a life that came after."""
    row = conn.execute(
        "select 1 from journal where pile = ? and life = ? and seq > ? and kind = 'boot'"
        " and boot = ? union all select 1 from lives a join lives b on a.pile = b.pile"
        " where a.pile = ? and a.life = ? and b.number > a.number and b.boot = ? limit 1",
        (pile, life, after_seq, boot, pile, life, boot),
    ).fetchone()
    return row is not None


def missing(
    conn: sqlite3.Connection, pile: str, life: str, first: int, last: int, upto_id: int = 1 << 62
) -> int:
    """How many numbers from first to last have no record that can be used."""
    row = conn.execute(
        "select count(*) from journal where pile = ? and life = ? and seq between ? and ?"
        " and kind <> ? and id <= ?",
        (pile, life, first, last, UNREADABLE, upto_id),
    ).fetchone()
    return last - first + 1 - int(row[0])


def anchors(conn: sqlite3.Connection, pile: str, life: str, boots: Sequence[int]) -> list[Anchor]:
    """Known pairs of uptime and UTC of these boots, from records and from live messages."""
    marks = ",".join("?" * len(boots))
    rows = conn.execute(
        f"select seq, boot, up, utc from journal where pile = ? and life = ? and boot in ({marks})"
        " and utc is not null order by seq desc limit 50",
        (pile, life, *boots),
    ).fetchall()
    found = [Anchor(row["boot"], row["up"], row["utc"], "record", row["seq"]) for row in rows]
    live = lives.live_anchor(conn, pile, life)
    return [*found, live] if live is not None and live.boot in boots else found


def _record(row: sqlite3.Row) -> Record:
    fields = {} if row["kind"] == UNREADABLE else decode_record(row["body"], row["life"])
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
        fields=fields,
        life=row["life"],
        chain=row["chain"],
        data=row["body"],
    )
