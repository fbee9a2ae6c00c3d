"""The operator's words on roll-outs: jobs on the store, for the command line and for the page."""

import sqlite3
from collections.abc import Mapping, Sequence

from pilebridge import bundles, rollout, rollout_rows
from pilebridge.bundles import Bundle
from pilebridge.rollout import Wave
from pilebridge.rollout_rows import Rollout

WAITING, TOLD, REFUSED = "waiting", "told", "refused"


class RolloutError(ValueError):
    """A word that cannot be followed; the text says what to do instead."""


def start(
    conn: sqlite3.Connection,
    piles: Mapping[str, Sequence[str]],
    bundle: Bundle,
    wave: Wave,
    now_utc: int,
    site: str = "",
    stop_after: int = 1,
    at_once: int = 0,
    skip_waves: bool = False,
) -> Rollout:
    """Begin a wave of a bundle, in a job; `piles` are the configured ones with their sites. RolloutError.

    `at_once` 0 is 5 % of the stations, and at least one. It is done at once when there is nobody to update.
    """
    if stop_after < 1 or at_once < 0:
        raise RolloutError("--stop-after and --at-once count from 1")
    _check_others(conn, bundle)
    if not skip_waves:
        _check_rank(conn, bundle, wave)
    boards = {pile: rollout_rows.hello_of(conn, pile).get("board") for pile in piles}
    fleet = [
        pile
        for pile, board in boards.items()
        if board == bundle.board and (not site or site in piles[pile])
    ]
    if wave.station and wave.station not in fleet:
        raise RolloutError(_why_not(wave.station, boards, bundle, site))
    if not fleet:
        where = f" of site {site}" if site else ""
        raise RolloutError(f"no station{where} has greeted that is a {bundle.board}")
    running = [pile for pile in fleet if rollout_rows.runs(conn, pile, bundle)]
    chosen = rollout.choose(wave, fleet, running, bundle.id)
    conn.execute(
        "update rollouts set state = ? where state = ? and bundle in"
        " (select id from bundles where board = ?)",
        (rollout.REPLACED, rollout.STOPPED, bundle.board),
    )
    done = conn.execute(
        "insert into rollouts (bundle, wave, site, at_once, stop_after, state, started_utc)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (
            bundle.id,
            wave.text,
            site,
            at_once or rollout.default_at_once(len(chosen)),
            stop_after,
            rollout.RUNNING if chosen else rollout.DONE,
            now_utc,
        ),
    )
    number = done.lastrowid
    conn.executemany(
        "insert into rollout_stations (rollout, pile, place) values (?, ?, ?)",
        [(number, pile, place) for place, pile in enumerate(chosen)],
    )
    return _get(conn, int(number or 0))


def stop(conn: sqlite3.Connection, number: int | None = None) -> list[Rollout]:
    """Stop a running roll-out, or all of them, in a job. RolloutError when none runs."""
    found = [_get(conn, number)] if number else rollout_rows.in_state(conn, rollout.RUNNING)
    found = [of for of in found if of.state == rollout.RUNNING]
    if not found:
        raise RolloutError(f"no roll-out {number or ''} runs".replace("  ", " "))
    for of in found:
        conn.execute(
            "update rollouts set state = ?, why = 'by the operator' where id = ?",
            (rollout.STOPPED, of.id),
        )
    return [_get(conn, of.id) for of in found]


def go_on(conn: sqlite3.Connection, number: int | None = None) -> Rollout:
    """Let a stopped roll-out go on with the stations that have not failed, in a job. RolloutError."""
    stopped = rollout_rows.in_state(conn, rollout.STOPPED)
    found = [of for of in stopped if number in {None, of.id}]
    if not found:
        raise RolloutError(f"no roll-out {number or ''} is stopped".replace("  ", " "))
    if len(found) > 1:
        numbers = ", ".join(str(of.id) for of in found)
        raise RolloutError(f"several are stopped: name one of {numbers}")
    of = found[0]
    phases = [row.phase for row in rollout_rows.stations(conn, of)]
    failed = sum(phase in rollout.FAILED for phase in phases)
    conn.execute(
        "update rollouts set state = ?, why = '', forgiven = ? where id = ?",
        (rollout.RUNNING, failed, of.id),
    )
    rollout_rows.settle(conn, _get(conn, of.id))
    return _get(conn, of.id)


def roll_back(conn: sqlite3.Connection, pile: str, now_utc: int) -> int:
    """Have a station told to go back to its firmware before, in a job; the number of the order."""
    row = conn.execute(
        "select id from rollbacks where pile = ? and state = ?", (pile, WAITING)
    ).fetchone()
    if row is not None:
        return int(row["id"])
    done = conn.execute(
        "insert into rollbacks (pile, state, asked_utc) values (?, ?, ?)", (pile, WAITING, now_utc)
    )
    return int(done.lastrowid or 0)


def _get(conn: sqlite3.Connection, number: int) -> Rollout:
    found = rollout_rows.get(conn, number)
    if found is None:
        raise RolloutError(f"no roll-out {number}: `pilebridge rollout CONFIG status` lists them")
    return found


def _check_others(conn: sqlite3.Connection, bundle: Bundle) -> None:
    """Two bundles at once on one board would fight over its stations."""
    for of in rollout_rows.in_state(conn, rollout.RUNNING):
        other = bundles.get(conn, of.bundle)
        if other is not None and other.board == bundle.board:
            raise RolloutError(
                f"roll-out {of.id} of {other.title} still runs: let it end, or stop it first"
            )


def _check_rank(conn: sqlite3.Connection, bundle: Bundle, wave: Wave) -> None:
    """A wave follows one that is done: first one station, then some per cent, then all."""
    rows = conn.execute(
        "select wave from rollouts where bundle = ? and state = ?", (bundle.id, rollout.DONE)
    )
    done = max((rollout.parse_wave(row["wave"].split()).rank for row in rows), default=0)
    if wave.rank <= done + 1:
        return
    before = "percent 10" if done else "one STATION"
    raise RolloutError(
        f"no wave of {bundle.title} before this one is done: --to {before} first, or --skip-waves"
    )


def _why_not(station: str, boards: Mapping[str, object], bundle: Bundle, site: str) -> str:
    if station not in boards:
        return f"no station {station!r} in the settings"
    if boards[station] is None:
        return f"{station} has never greeted, so its board is not known: let it connect first"
    if boards[station] != bundle.board:
        return f"{station} is a {boards[station]}, and the bundle is for {bundle.board}"
    return f"{station} is not of site {site}"
