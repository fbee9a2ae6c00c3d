"""From journal records to transactions and bills.

Records are taken in the order they were stored. What follows from them (transaction rows, bills,
messages for platforms) is committed together with the cursor, so after a crash every record has
had its effect exactly once.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from pilebridge import alarms, closing, journal, transactions
from pilebridge.alarms import Alarm
from pilebridge.billing import Tariff, bill
from pilebridge.model import ChargeDetailRecord, Reading, Record, Transaction
from pilebridge.store import Effect, Store, get_meta, set_meta

log = logging.getLogger(__name__)

_CURSOR = "assembly_cursor"
_BATCH = 200
_RETRY_S = 1.0
_WITH_REGISTER = ("tx_charging", "tx_sample", "tx_resume", "tx_ending", "tx_stop")


class Owner(Protocol):
    """A platform as the assembly sees it."""

    def tariff_of(self, ref: str) -> Tariff:
        """The prices that were quoted for a reference of its own."""
        ...

    def owns(self, ref: str) -> bool:
        """True when the platform ordered this reference."""
        ...

    def effects(self, kind: str, transaction: Transaction) -> Sequence[Effect]:
        """What to commit for a record of `kind` of one of its transactions."""
        ...

    def after(self, kind: str, transaction: Transaction) -> None:
        """The effects are committed."""
        ...


class Assembly:
    """Follows the journal; `wake()` after new records, `run()` until cancelled."""

    def __init__(self, store: Store, tariff: Tariff, owners: Sequence[Owner]) -> None:
        self._store = store
        self._tariff = tariff
        self._owners = owners
        self._news = asyncio.Event()
        self._cursor = 0
        self._open: dict[tuple[str, str], Transaction] = {}
        self._readings: dict[tuple[str, str], list[Reading]] = {}
        # Ended, and not yet committed
        self._just_ended: set[tuple[str, str]] = set()
        self._idle = asyncio.Event()
        # Records of transactions whose start is not here
        self._stray: list[Record] = []
        # What restarted piles say they run: boot, connector number -> tx
        self._observed: dict[str, tuple[int, Mapping[int, str | None]]] = {}

    def load(self) -> None:
        """Take up where the last commit ended."""
        read = self._store.read
        self._cursor = int(get_meta(read, _CURSOR, "0"))
        self._just_ended.clear()
        self._stray.clear()
        self._open = {(t.pile, t.tx): t for t in transactions.open_ones(read)}
        self._readings = {}
        for key, transaction in self._open.items():
            records = [
                r
                for r in journal.of_transaction(read, *key)
                if r.id <= self._cursor and r.wh is not None
            ]
            self._readings[key] = self._placed(transaction, records)
        self._news.set()

    def wake(self) -> None:
        """New records are stored."""
        self._idle.clear()
        self._news.set()

    def observed(self, pile: str, boot: int, running: Mapping[int, str | None]) -> None:
        """A pile says which transaction runs on which connector, some time after its start."""
        self._observed.pop(pile, None)
        if any(t.pile == pile and running.get(t.connector) != t.tx for t in self._open.values()):
            self._observed[pile] = (boot, running)
            self.wake()

    async def settled(self) -> None:
        """Wait until every stored record has had its effect."""
        await self._idle.wait()

    @property
    def open_transactions(self) -> list[Transaction]:
        """Transactions without a stop record."""
        return list(self._open.values())

    def running(self, pile: str, ref: str) -> Transaction | None:
        """The open transaction of a pile with a platform's reference."""
        for transaction in self._open.values():
            if transaction.pile == pile and transaction.ref == ref:
                return transaction
        return None

    def ref_of(self, pile: str, tx: str) -> str:
        """A platform's reference of an open transaction, "" when its start is not known yet."""
        transaction = self._open.get((pile, tx))
        return "" if transaction is None else transaction.ref

    def running_bill(self, transaction: Transaction, live: Reading | None) -> ChargeDetailRecord:
        """What the charge has cost so far, up to a live reading."""
        readings = self._readings.get((transaction.pile, transaction.tx)) or [
            Reading(transaction.start_utc, transaction.start_wh)
        ]
        if live is not None and live.wh >= readings[-1].wh and live.utc >= readings[-1].utc:
            readings = [*readings, live]
        return bill(readings, Tariff.from_text(transaction.tariff))

    async def run(self) -> None:
        """Process records as they come."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while await self._step():
                    pass
                await self._end_forgotten()
                if not self._news.is_set():
                    self._idle.set()
            except sqlite3.Error as error:
                log.error("assembly: %s, again in %.0f s", error, _RETRY_S)
                await asyncio.sleep(_RETRY_S)
                # Memory may be ahead of what was committed
                self.load()

    async def _step(self) -> bool:
        records = journal.after(self._store.read, self._cursor, _BATCH)
        if not records:
            return False
        changes = (change for record in records for change in self._apply(record))
        await self._commit(changes, records[-1].id)
        return True

    async def _end_forgotten(self) -> None:
        """End what a restarted pile no longer runs, once its records up to the restart are in."""
        changes = []
        for pile, (boot, running) in self._observed.items():
            for transaction in [t for t in self._open.values() if t.pile == pile]:
                begun = (transaction.life, transaction.start_seq)
                restarted = journal.restarted(self._store.read, pile, *begun, boot)
                if restarted and running.get(transaction.connector) != transaction.tx:
                    changes.append(("tx_stop", self._abandoned(transaction)))
        if changes:
            await self._commit(changes, self._cursor)

    async def _commit(self, changes: Iterable[tuple[str, Transaction]], cursor: int) -> None:
        """Commit what follows from changes together with the cursor, then tell the owners."""
        effects: list[Effect] = []
        done: list[tuple[Owner, str, Transaction]] = []
        for kind, transaction in changes:
            # At once: the next change may be of the same transaction
            row = transactions.as_row(transaction)
            effects.append(partial(transactions.save, row=row))
            owner = self._owner_of(transaction.ref)
            if owner is not None:
                effects += owner.effects(kind, transaction)
                done.append((owner, kind, transaction))

        stray, self._stray = self._stray, []

        def job(conn: sqlite3.Connection) -> list[Alarm]:
            for effect in effects:
                effect(conn)
            set_meta(conn, _CURSOR, str(cursor))
            return [raised for record in stray if (raised := closing.no_start(conn, record))]

        alarms.tell(await self._store.submit(job))
        self._just_ended.clear()
        self._cursor = cursor
        for owner, kind, transaction in done:
            owner.after(kind, transaction)

    def _apply(self, record: Record) -> list[tuple[str, Transaction]]:
        """The transactions a record changed, each with the kind of change."""
        tx = str(record.fields.get("tx", ""))
        key = (record.pile, tx)
        if record.kind == "tx_start":
            return self._started(record, tx)
        transaction = self._open.get(key)
        if transaction is None:
            if record.kind in {"tx_charging", "tx_stop"} and record.chain != journal.LATE:
                self._stray.append(record)
            return []
        if record.kind not in _WITH_REGISTER or record.wh is None:
            return []
        self._readings[key] += self._placed(transaction, [record])
        if record.kind == "tx_charging" and transaction.charging_utc is None:
            transaction.charging_utc = self._readings[key][-1].utc
            return [(record.kind, transaction)]
        if record.kind == "tx_stop":
            self._ended(transaction, record)
            return [(record.kind, transaction)]
        return []

    def _started(self, record: Record, tx: str) -> list[tuple[str, Transaction]]:
        key = (record.pile, tx)
        known = key in self._open or key in self._just_ended
        if known or transactions.find(self._store.read, record.pile, tx):
            log.error("assembly: %s: transaction %s began twice", record.pile, tx)
            return []
        assert record.wh is not None
        on_connector = [
            t
            for t in self._open.values()
            if t.pile == record.pile and t.connector == record.connector
        ]
        transaction = Transaction(
            pile=record.pile,
            tx=tx,
            life=record.life,
            connector=record.connector,
            ref=str(record.fields["ref"]),
            by=str(record.fields["by"]),
            start_seq=record.seq,
            start_wh=record.wh,
            start_utc=0,
            tariff=self._tariff_now(str(record.fields["ref"])).as_text(),
        )
        readings = self._placed(transaction, [record])
        transaction.start_utc = readings[0].utc
        self._open[key] = transaction
        self._readings[key] = readings
        log.info("assembly: %s: transaction %s, start at %d Wh", record.pile, tx, record.wh)
        if record.chain == journal.LATE:
            return self._started_late(record, transaction, bool(on_connector))
        # Another start on its connector proves that a transaction is over
        changed = [("tx_stop", self._abandoned(orphan)) for orphan in on_connector]
        return [*changed, (record.kind, transaction)]

    def _started_late(
        self, record: Record, transaction: Transaction, followed: bool
    ) -> list[tuple[str, Transaction]]:
        """A start that was thought lost: what came of it is in the journal already."""
        records = journal.of_transaction(self._store.read, record.pile, transaction.tx)
        stop = next((r for r in records if r.kind == "tx_stop" and r.id < record.id), None)
        began = next((r for r in records if r.kind == "tx_charging"), None)
        changed = [(record.kind, transaction)]
        if began is not None:
            transaction.charging_utc = self._placed(transaction, [began])[0].utc
            changed.append((began.kind, transaction))
        if stop is not None:
            self._ended(transaction, stop)
        elif followed:
            self._abandoned(transaction)
        else:
            return changed
        return [*changed, ("tx_stop", transaction)]

    def _abandoned(self, transaction: Transaction) -> Transaction:
        """End what a pile forgot, at its last record."""
        records = journal.of_transaction(self._store.read, transaction.pile, transaction.tx)
        log.error("assembly: %s: transaction %s never ended", transaction.pile, transaction.tx)
        self._ended(transaction, records[-1])
        return transaction

    def _ended(self, transaction: Transaction, record: Record) -> None:
        """Close and bill a transaction at its last record."""
        key = (transaction.pile, transaction.tx)
        closing.close(self._store.read, transaction, record)
        del self._open[key], self._readings[key]
        self._just_ended.add(key)
        cdr = transaction.cdr
        assert cdr is not None
        text = "assembly: %s: transaction %s ended (%s), %d Wh, %d fen%s"
        mark = ", estimated" if cdr.estimated else ""
        log.info(text, *key, transaction.reason, cdr.energy_wh, cdr.total_fen, mark)

    def _placed(self, transaction: Transaction, records: Sequence[Record]) -> list[Reading]:
        return closing.placed(self._store.read, transaction, records)

    def _owner_of(self, ref: str) -> Owner | None:
        return next((owner for owner in self._owners if owner.owns(ref)), None)

    def _tariff_now(self, ref: str) -> Tariff:
        owner = self._owner_of(ref)
        return self._tariff if owner is None else owner.tariff_of(ref)
