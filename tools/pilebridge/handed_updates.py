"""New firmware that a platform hands over for one pile: checked, kept and rolled out like the operator's."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pilebridge import bundles, rollout, rollout_orders, rollout_rows
from pilebridge.bundles import Bundle, BundleError
from pilebridge.commands import Reply
from pilebridge.rollout import Wave
from pilebridge.rollout_orders import RolloutError
from pilebridge.store import Store

# A platform may order many stations one by one; they join the roll-out that runs
_AT_ONCE = 10


class HandedUpdates:
    """Takes bundles; `key_file` is bridge.update_key or "", `wake` has the roll-outs looked at."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        key_file: str,
        sites: Mapping[str, Sequence[str]],
        wake: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._folder = folder
        self._key_file = key_file
        self._sites = sites
        self._wake = wake
        self._clock = clock

    async def take(self, pile: str, data: bytes) -> Reply:
        """`accepted`, with reason `installed` when the pile runs it already; `refused` with why not."""
        now = int(self._clock())

        def job(conn: sqlite3.Connection) -> str:
            key = bundles.public_key(self._key_file) if self._key_file else None
            bundle = bundles.add(conn, self._folder, data, key, now)
            if rollout_rows.runs(conn, pile, bundle):
                return "installed"
            if not _joined(conn, pile, bundle):
                wave = Wave(1, station=pile)
                rollout_orders.start(
                    conn, self._sites, bundle, wave, now, at_once=_AT_ONCE, skip_waves=True
                )
            return ""

        try:
            reason = await self._store.submit(job)
        except (BundleError, RolloutError) as error:
            return Reply("refused", str(error))
        self._wake()
        return Reply("accepted", reason)


def _joined(conn: sqlite3.Connection, pile: str, bundle: Bundle) -> bool:
    """Put the pile behind the stations of a roll-out of this bundle that runs; False for none."""
    if rollout_rows.hello_of(conn, pile).get("board") != bundle.board:
        return False
    running = rollout_rows.in_state(conn, rollout.RUNNING)
    numbers = [of.id for of in running if of.bundle == bundle.id]
    if not numbers:
        return False
    conn.execute(
        "insert or ignore into rollout_stations (rollout, pile, place)"
        " select ?, ?, coalesce(max(place), -1) + 1 from rollout_stations where rollout = ?",
        (numbers[0], pile, numbers[0]),
    )
    return True
