"""Roll-outs in the store: their rows, and what follows from what a pile says, in one commit with it."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from pilebridge import alarms, bundles, rollout
from pilebridge.alarms import Alarm
from pilebridge.bundles import Bundle

ALARM = "update"
_MOST_PROBLEM = 200


@dataclass(frozen=True)
class Rollout:
    """One wave of a bundle; see schema.py."""

    id: int
    bundle: str
    wave: str
    site: str
    at_once: int
    stop_after: int
    forgiven: int
    state: str
    why: str
    started_utc: int


@dataclass(frozen=True)
class Row:
    """One station of a roll-out; see schema.py. `have` are the bytes it has fetched."""

    rollout: int
    pile: str
    place: int
    phase: str
    tries: int
    have: int
    problem: str
    before: str
    trial_utc: int | None


def get(conn: sqlite3.Connection, number: int) -> Rollout | None:
    """A roll-out by its number."""
    row = conn.execute("select * from rollouts where id = ?", (number,)).fetchone()
    return None if row is None else Rollout(**dict(row))


def in_state(conn: sqlite3.Connection, state: str) -> list[Rollout]:
    """Roll-outs in one state, the oldest first."""
    rows = conn.execute("select * from rollouts where state = ? order by id", (state,))
    return [Rollout(**dict(row)) for row in rows]


def latest(conn: sqlite3.Connection, limit: int) -> list[Rollout]:
    """The newest roll-outs, the newest first."""
    rows = conn.execute("select * from rollouts order by id desc limit ?", (limit,))
    return [Rollout(**dict(row)) for row in rows]


def stations(conn: sqlite3.Connection, of: Rollout) -> list[Row]:
    """The stations of a roll-out in the order in which they get the bundle."""
    rows = conn.execute(
        "select * from rollout_stations where rollout = ? order by place", (of.id,)
    )
    return [Row(**dict(row)) for row in rows]


def of_pile(conn: sqlite3.Connection, pile: str, bundle_id: str) -> tuple[Rollout, Row] | None:
    """The newest roll-out of a bundle that a pile is in, and its row there."""
    row = conn.execute(
        "select s.* from rollout_stations s join rollouts r on r.id = s.rollout"
        " where s.pile = ? and r.bundle = ? order by r.id desc limit 1",
        (pile, bundle_id),
    ).fetchone()
    if row is None:
        return None
    found = get(conn, row["rollout"])
    assert found is not None
    return found, Row(**dict(row))


def may_fetch(conn: sqlite3.Connection, pile: str, bundle_id: str) -> bool:
    """False while a pile is not to go on: its roll-out stands still, or it is not its turn."""
    found = of_pile(conn, pile, bundle_id)
    if found is None:
        return True
    of, row = found
    if of.state == rollout.RUNNING:
        return row.phase != rollout.WAITING
    return of.state == rollout.DONE


def hello_of(conn: sqlite3.Connection, pile: str) -> dict[str, Any]:
    """What a pile greeted with last, {} when it never did."""
    row = conn.execute("select hello from piles where pile = ?", (pile,)).fetchone()
    hello = json.loads(row["hello"]) if row is not None and row["hello"] else {}
    return hello if isinstance(hello, dict) else {}


def running_version(hello: dict[str, Any]) -> tuple[str, bool]:
    """(version, on trial) of a hello; ("", False) where it does not say."""
    update = hello.get("update")
    if not isinstance(update, dict) or not isinstance(update.get("version"), str):
        return "", False
    return update["version"], bool(update.get("trial"))


def said(conn: sqlite3.Connection, pile: str) -> dict[str, Any] | None:
    """The latest `update` message of a pile: bundle, phase, have, problem, said_utc."""
    row = conn.execute("select * from pile_updates where pile = ?", (pile,)).fetchone()
    return None if row is None else dict(row)


def runs(conn: sqlite3.Connection, pile: str, bundle: Bundle) -> bool:
    """True when a pile has said that it runs a bundle for good."""
    version, on_trial = running_version(hello_of(conn, pile))
    if version != bundle.version:
        return False
    last = said(conn, pile)
    confirmed = last is not None and (last["bundle"], last["phase"]) == (
        bundle.id,
        rollout.CONFIRMED,
    )
    return confirmed or not on_trial


def hear(
    conn: sqlite3.Connection, pile: str, message: dict[str, Any], now_utc: int
) -> list[Alarm]:
    """Take an `update` message, in a job; what it raises, for alarms.tell()."""
    bundle_id, phase, problem = message["bundle"], message["phase"], message["problem"]
    conn.execute(
        "insert or replace into pile_updates values (?, ?, ?, ?, ?, ?)",
        (pile, bundle_id, phase, message["from"], problem, now_utc),
    )
    found = of_pile(conn, pile, bundle_id)
    if found is None or found[0].state == rollout.REPLACED:
        return []
    of, row = found
    if rollout.heard(row.phase, phase, row.tries) != phase:
        return []
    return move(conn, of, row, phase, now_utc, problem, message["from"])


def move(
    conn: sqlite3.Connection,
    of: Rollout,
    row: Row,
    phase: str,
    now_utc: int,
    problem: str = "",
    have: int | None = None,
) -> list[Alarm]:
    """Write a station's phase down, in a job, with what follows for its roll-out; alarms to tell()."""
    began = phase in rollout.UNDER_TRIAL and phase != row.phase
    trial_utc = now_utc if began else row.trial_utc
    conn.execute(
        "update rollout_stations set phase = ?, problem = ?, have = ?, trial_utc = ?"
        " where rollout = ? and pile = ?",
        (
            phase,
            problem[:_MOST_PROBLEM],
            row.have if have is None else have,
            trial_utc if phase in rollout.UNDER_TRIAL else None,
            of.id,
            row.pile,
        ),
    )
    if phase == row.phase:
        return []
    if phase == rollout.CONFIRMED:
        alarms.mend(conn, row.pile, "", ALARM, now_utc)
    stopped = settle(conn, of, row.pile, phase)
    if phase not in rollout.FAILED:
        return []
    text = (
        f"roll-out {of.id} of {_title(conn, of.bundle)}: {phase}: {problem or 'no reason given'}"
    )
    if stopped:
        text += "; the roll-out has stopped, see `pilebridge rollout CONFIG status`"
    raised = alarms.sound(conn, row.pile, "", ALARM, text, now_utc, of.bundle[:12])
    return [] if raised is None else [raised]


def settle(conn: sqlite3.Connection, of: Rollout, pile: str = "", phase: str = "") -> bool:
    """Stop or finish a running roll-out when its stations say so, in a job; True when it stopped."""
    if of.state != rollout.RUNNING:
        return False
    rows = conn.execute("select phase from rollout_stations where rollout = ?", (of.id,))
    state = rollout.verdict([row["phase"] for row in rows], of.forgiven, of.stop_after)
    if state != rollout.RUNNING:
        why = f"{pile}: {phase}" if state == rollout.STOPPED else ""
        conn.execute("update rollouts set state = ?, why = ? where id = ?", (state, why, of.id))
    return state == rollout.STOPPED


def set_asked(conn: sqlite3.Connection, of: Rollout, row: Row) -> Row | None:
    """A station is told now, in a job: its row as it is then, None when the roll-out stands still."""
    current = get(conn, of.id)
    if current is None or current.state != rollout.RUNNING:
        return None
    if row.phase == rollout.WAITING:
        before = running_version(hello_of(conn, row.pile))[0]
        conn.execute(
            "update rollout_stations set phase = 'asked', tries = tries + 1, before = ?,"
            " problem = '' where rollout = ? and pile = ? and phase = 'waiting'",
            (before, of.id, row.pile),
        )
    found = conn.execute(
        "select * from rollout_stations where rollout = ? and pile = ?", (of.id, row.pile)
    ).fetchone()
    asked = Row(**dict(found))
    return asked if asked.phase == rollout.ASKED else None


def fresh(conn: sqlite3.Connection, row: Row) -> tuple[Rollout, Row] | None:
    """The same row and its roll-out as they are now."""
    of = get(conn, row.rollout)
    found = conn.execute(
        "select * from rollout_stations where rollout = ? and pile = ?", (row.rollout, row.pile)
    ).fetchone()
    return None if of is None or found is None else (of, Row(**dict(found)))


def _title(conn: sqlite3.Connection, bundle_id: str) -> str:
    found = bundles.get(conn, bundle_id)
    return bundle_id[:12] if found is None else found.title
