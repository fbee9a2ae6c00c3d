"""Carries roll-outs out: tells stations to update, hears how far they are, and sends them the bytes.

What is under way stands in the store; a bridge that starts anew, or another process that wrote there, makes no
difference. rollout.py decides, rollout_rows.py writes down.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from pilebridge import alarms, bundles, rollout, rollout_orders, rollout_rows
from pilebridge.alarms import Alarm
from pilebridge.chunk_server import ChunkServer
from pilebridge.commands import Reply
from pilebridge.hub import Hub
from pilebridge.log_sometimes import log_sometimes
from pilebridge.presence import now_s
from pilebridge.rollout_rows import Rollout, Row
from pilebridge.store import Store

log = logging.getLogger(__name__)

_LOOK_S = 2.0
# Many piles that speak at once are one piece of news
_GATHER_S = 0.05
# Before a command without an answer is said again, and before a pile that is busy is asked again
_AGAIN_S, _BUSY_S = 30.0, 60.0
# One that is there and says nothing may have all bytes, and wait for the end of a transaction
_SILENT_AGAIN_S = 300.0
# With the broker this long, what piles said while we were away has come
_SETTLED_S = 30.0
_WORDS = {
    "no_update_key": "its firmware has no update key: flash it once by cable",
    "no_previous": "it has no firmware before this one",
    "unknown": "its firmware knows no updates over the air: flash it once by cable",
}


class RolloutWork:
    """Listener for `update` messages; run() until cancelled, wake() when the store has news."""

    def __init__(
        self, hub: Hub, store: Store, server: ChunkServer, clock: Callable[[], float]
    ) -> None:
        # The latest of every pile: bundle, phase, have
        self.live: dict[str, tuple[str, str, int]] = {}
        self._hub = hub
        self._store = store
        self._server = server
        self._clock = clock
        self._news = asyncio.Event()
        self._began_s = 0.0
        self._link_since_s: float | None = None
        self._heard_s: dict[str, float] = {}
        # When each station may be told again
        self._next_s: dict[tuple[str, int, str], float] = {}
        self._unknown = 0

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Take roll-outs and roll-backs further."""
        self._began_s = now_s()
        try:
            while True:
                self._news.clear()
                await self.look()
                await asyncio.sleep(_GATHER_S)
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._news.wait()
                except TimeoutError:
                    continue
        finally:
            self._server.close()

    async def on_update(self, pile: str, message: dict[str, Any]) -> None:
        """Write an `update` message down, and send bytes to a pile that wants some."""
        bundle_id, phase, now = message["bundle"], message["phase"], int(self._clock())
        self._heard_s[pile] = now_s()
        before = self.live.get(pile)
        self.live[pile] = (bundle_id, phase, message["from"])
        # Progress alone is not worth a commit
        if before is None or before[:2] != (bundle_id, phase):
            problem = message["problem"] and f": {message['problem']}"
            log.info("update: %s: %.12s %s%s", pile, bundle_id, phase, problem)
            await self._write(lambda conn: rollout_rows.hear(conn, pile, message, now))
            self.wake()
        if phase != rollout.FETCH:
            return
        bundle = bundles.get(self._store.read, bundle_id)
        if bundle is None:
            self._unknown += 1
            text = "update: %s: fetches %.12s, which is not here"
            log_sometimes(self._unknown, text, pile, bundle_id)
        elif rollout_rows.may_fetch(self._store.read, pile, bundle_id):
            self._server.serve(pile, bundle, message["from"])

    async def look(self) -> None:
        """One step of everything that is under way."""
        if not self._hub.link_up:
            self._link_since_s = None
        elif self._link_since_s is None:
            self._link_since_s = now_s()
        for of in rollout_rows.in_state(self._store.read, rollout.RUNNING):
            await self._follow(of)
        await self._roll_back()

    async def _follow(self, of: Rollout) -> None:
        rows = {row.pile: row for row in rollout_rows.stations(self._store.read, of)}
        if await self._believe_hellos(of, rows):
            self.wake()
            return
        now = int(self._clock())
        steps = rollout.next_steps(
            [self._station(of, row) for row in rows.values()], of.at_once, now, self._settled()
        )
        for pile in steps.overdue:
            problem = f"not confirmed within {rollout.TRIAL_S // 60} min of its trial"
            await self._move(rows[pile], rollout.OVERDUE, problem)
        for pile in steps.back:
            if self._hub.reachable(pile):
                self._next_s["update", of.id, pile] = now_s() + _SILENT_AGAIN_S
            await self._move(rows[pile], rollout.WAITING, "silent or away: its turn comes again")
        await asyncio.gather(*(self._ask(of, rows[pile]) for pile in steps.ask))
        if steps.overdue or steps.back:
            self.wake()

    async def _believe_hellos(self, of: Rollout, rows: dict[str, Row]) -> bool:
        """Confirm stations that greeted with the new version, should their own word have been lost."""
        bundle, moved = bundles.get(self._store.read, of.bundle), False
        if bundle is None:
            return False
        for row in rows.values():
            if row.phase not in {*rollout.ACTIVE, rollout.OVERDUE} or row.before == bundle.version:
                continue
            if rollout_rows.runs(self._store.read, row.pile, bundle):
                await self._move(row, rollout.CONFIRMED)
                moved = True
        return moved

    def _station(self, of: Rollout, row: Row) -> rollout.Station:
        now = now_s()
        return rollout.Station(
            row.pile,
            row.phase,
            self._hub.reachable(row.pile),
            now - self._heard_s.get(row.pile, self._began_s),
            now >= self._next_s.get(("update", of.id, row.pile), now),
            row.trial_utc,
        )

    def _settled(self) -> bool:
        since = self._link_since_s
        return since is not None and now_s() - since > _SETTLED_S

    async def _ask(self, of: Rollout, row: Row) -> None:
        """Tell a station to update, and write down what it answers."""
        asked = await self._store.submit(lambda conn: rollout_rows.set_asked(conn, of, row))
        bundle = bundles.get(self._store.read, of.bundle)
        if asked is None or bundle is None:
            return
        key = ("update", of.id, row.pile)
        self._next_s[key] = now_s() + _AGAIN_S
        self._heard_s[row.pile] = now_s()
        self.live.pop(row.pile, None)
        command_id = f"update:{of.id}:{asked.tries}:{of.started_utc}"
        args: dict[str, object] = {"bundle": bundle.id, "bytes": bundle.bytes}
        reply = await self._hub.command(row.pile, command_id, "update", args)
        if reply is None:
            return
        phase, problem, again_s = self._answered(row.pile, bundle, reply)
        if phase == rollout.WAITING:
            self._next_s[key] = now_s() + again_s
        await self._move(asked, phase, problem, only_from=rollout.ASKED)

    def _answered(self, pile: str, bundle: bundles.Bundle, reply: Reply) -> tuple[str, str, float]:
        """(phase, problem, pause) after an answer to `update`."""
        last = rollout_rows.said(self._store.read, pile) or {}
        known = last.get("phase") if last.get("bundle") == bundle.id else None
        if reply.result == "accepted":
            # Told once more it does not say again how far it is
            return (known if known in {rollout.FETCH, rollout.PAUSED} else rollout.ACCEPTED), "", 0
        if reply.result == "stale":
            return rollout.WAITING, "it does not know the time yet", _AGAIN_S
        if reply.reason == "busy":
            other = f" ({last['bundle'][:12]})" if last else ""
            return rollout.WAITING, f"it is busy with another update{other}", _BUSY_S
        if reply.reason == "installed":
            on_trial = rollout_rows.running_version(rollout_rows.hello_of(self._store.read, pile))[
                1
            ]
            done = known == rollout.CONFIRMED or not on_trial
            return (rollout.CONFIRMED if done else rollout.TRIAL), "", 0
        return rollout.REFUSED, _sentence(reply), 0

    async def _roll_back(self) -> None:
        rows = self._store.read.execute(
            "select id, pile, asked_utc from rollbacks where state = 'waiting' order by id"
        ).fetchall()
        for row in rows:
            number, pile = row["id"], row["pile"]
            key = ("rollback", number, pile)
            if now_s() < self._next_s.get(key, 0.0) or not self._hub.reachable(pile):
                continue
            self._next_s[key] = now_s() + _AGAIN_S
            command_id = f"rollback:{number}:{row['asked_utc']}"
            reply = await self._hub.command(pile, command_id, "rollback", {})
            if reply is not None and reply.result != "stale":
                await self._rolled_back(number, pile, reply)

    async def _rolled_back(self, number: int, pile: str, reply: Reply) -> None:
        accepted = reply.result == "accepted"
        state = rollout_orders.TOLD if accepted else rollout_orders.REFUSED
        problem = "" if accepted else _sentence(reply)
        log.info("update: %s: roll-back %s %s", pile, state, problem)
        await self._store.submit(
            lambda conn: conn.execute(
                "update rollbacks set state = ?, problem = ? where id = ?",
                (state, problem, number),
            )
        )

    async def _move(self, row: Row, phase: str, problem: str = "", only_from: str = "") -> None:
        """Write a phase down, unless the station has moved meanwhile."""
        now, expected = int(self._clock()), only_from or row.phase

        def job(conn: sqlite3.Connection) -> list[Alarm]:
            found = rollout_rows.fresh(conn, row)
            if found is None or found[1].phase != expected:
                return []
            return rollout_rows.move(conn, *found, phase, now, problem)

        await self._write(job)

    async def _write(self, job: Callable[[sqlite3.Connection], list[Alarm]]) -> None:
        alarms.tell(await self._store.submit(job))


def _sentence(reply: Reply) -> str:
    word = reply.reason or reply.result
    return _WORDS.get(word) or f"it answered {reply.result} {reply.reason}".strip()
