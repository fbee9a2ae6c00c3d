"""The highest register reading that a platform was told of each running transaction.

What was told is on disk before it is said, so no restart of the bridge lets a figure step back:
right after one, the journal's last record may be older than what was told live.
"""

import logging
import sqlite3

from pilebridge.model import Reading, Transaction
from pilebridge.store import Effect, Store

log = logging.getLogger(__name__)


class ToldReadings:
    """Readings by transaction; load() before use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[tuple[str, str], Reading] = {}

    def load(self) -> None:
        """Take up what was told before."""
        rows = self._store.read.execute("select pile, tx, utc, wh from told_readings")
        self._told = {(row["pile"], row["tx"]): Reading(row["utc"], row["wh"]) for row in rows}

    def newest(self, transaction: Transaction, live: Reading | None) -> Reading | None:
        """The live reading, or the one that was told where that is further on."""
        told = self._told.get((transaction.pile, transaction.tx))
        if told is None or live is None:
            return live if told is None else told
        return Reading(max(told.utc, live.utc), max(told.wh, live.wh))

    async def keep(self, transaction: Transaction, reading: Reading) -> None:
        """Write down what is about to be told."""
        key = (transaction.pile, transaction.tx)
        if self._told.get(key) == reading:
            return
        self._told[key] = reading
        row = (*key, reading.utc, reading.wh)
        try:
            await self._store.submit(
                lambda conn: conn.execute(
                    "insert or replace into told_readings values (?, ?, ?, ?)", row
                )
            )
        except sqlite3.Error as error:
            # A platform that asks is answered all the same
            log.error("bridge: what is told of %s is not kept: %s", transaction.tx, error)

    def forget(self, transaction: Transaction) -> Effect:
        """A transaction is over, and its bill says the rest."""
        key = (transaction.pile, transaction.tx)
        self._told.pop(key, None)
        return lambda conn: conn.execute(
            "delete from told_readings where pile = ? and tx = ?", key
        )
