"""From journal records to transactions and bills.

Records are taken in the order they were stored. What follows from them (transaction rows, bills,
messages for platforms) is committed together with the cursor, so after a crash every record has
had its effect exactly once.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pilebridge import alarms, closing, journal, transactions
from pilebridge.alarms import Alarm
from pilebridge.billing import Tariff, bill
from pilebridge.model import ChargeDetailRecord, Reading, Record, Transaction
from pilebridge.open_transactions import OpenTransactions
from pilebridge.ownership import Change, Owner, fact_of, owner_of
from pilebridge.store import Effect, Store, get_meta, set_meta
from pilebridge.told_readings import ToldReadings

log = logging.getLogger(__name__)

_CURSOR = "assembly_cursor"
_BATCH = 200
_RETRY_S = 1.0
_WITH_REGISTER = ("tx_charging", "tx_sample", "tx_resume", "tx_ending", "tx_stop")


class Assembly:
    """Follows the journal; `wake()` after new records, `run()` until cancelled."""

    def __init__(self, store: Store, tariff: Tariff, owners: Sequence[Owner]) -> None:
        self._store = store
        self._tariff = tariff
        self._owners = owners
        self._news = asyncio.Event()
        self._cursor = 0
        self._told = ToldReadings(store)
        self._open = OpenTransactions()
        self._readings: dict[tuple[str, str], list[Reading]] = {}
        # Ended, and not yet committed
        self._just_ended: dict[tuple[str, str], Transaction] = {}
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
        self._told.load()
        self._open = OpenTransactions(transactions.open_ones(read))
        self._readings = {}
        for transaction in self._open:
            key = (transaction.pile, transaction.tx)
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
        if any(running.get(t.connector) != t.tx for t in self._open.of_pile(pile)):
            self._observed[pile] = (boot, running)
            self.wake()

    async def settled(self) -> None:
        """Wait until every stored record has had its effect."""
        await self._idle.wait()

    @property
    def open_transactions(self) -> list[Transaction]:
        """Transactions without a stop record."""
        return list(self._open)

    def running(self, pile: str, ref: str) -> Transaction | None:
        """The transaction of a pile with a platform's reference: open, or its end is not committed yet."""
        ended = (t for t in self._just_ended.values() if t.pile == pile)
        known = (*self._open.of_pile(pile), *ended)
        return next((t for t in known if t.ref == ref), None)

    def on_connector(self, pile: str, connector: int) -> Transaction | None:
        """The open transaction there."""
        return next(iter(self._open.on_connector(pile, connector)), None)

    def holder(self, transaction: Transaction) -> str:
        """Name of the platform whose transaction it is, "" when it is nobody's."""
        owner = owner_of(self._owners, transaction)
        return "" if owner is None else owner.name

    def orderer(self, ref: str) -> str:
        """Name of the platform that ordered a reference, "" when none did."""
        return next((owner.name for owner in self._owners if owner.owns(ref)), "")

    def ref_of(self, pile: str, tx: str) -> str:
        """A platform's reference of an open transaction, "" when its start is not known yet."""
        transaction = self._open.get(pile, tx)
        return "" if transaction is None else transaction.ref

    async def tell(self, transaction: Transaction, live: Reading | None) -> ChargeDetailRecord:
        """What the charge has cost so far, up to a live reading; what is told once is never undercut."""
        key = (transaction.pile, transaction.tx)
        readings = self._readings.get(key) or [
            Reading(transaction.start_utc, transaction.start_wh)
        ]
        newest, last = self._told.newest(transaction, live), readings[-1]
        if newest is not None and newest.wh >= last.wh:
            readings = [*readings, Reading(max(newest.utc, last.utc), newest.wh)]
        cdr = bill(readings, Tariff.from_text(transaction.tariff))
        if self._open.get(*key) is not None:
            await self._told.keep(transaction, readings[-1])
        return cdr

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
        changes: list[Change] = []
        for pile, (boot, running) in self._observed.items():
            for transaction in self._open.of_pile(pile):
                begun = (transaction.life, transaction.start_seq)
                restarted = journal.restarted(self._store.read, pile, *begun, boot)
                if restarted and running.get(transaction.connector) != transaction.tx:
                    changes.append(self._abandoned(transaction))
        if changes:
            await self._commit(changes, self._cursor)

    async def _commit(self, changes: Iterable[Change], cursor: int) -> None:
        """Commit what follows from changes together with the cursor, then tell the owners."""
        effects: list[Effect] = []
        done: list[tuple[Owner, str, Transaction]] = []
        for kind, transaction, fact, saved in changes:
            if saved:
                # At once: the next change may be of the same transaction
                row = transactions.as_row(transaction)
                effects.append(partial(transactions.save, row=row))
            if kind == "tx_stop":
                effects.append(self._told.forget(transaction))
            owner = owner_of(self._owners, transaction)
            if owner is not None:
                effects += owner.effects(kind, transaction, fact)
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

    def _apply(self, record: Record) -> list[Change]:
        """The transactions a record changed or says something of."""
        tx = str(record.fields.get("tx", ""))
        key = (record.pile, tx)
        if record.kind == "tx_start":
            return self._started(record, tx)
        transaction = self._open.get(*key)
        if transaction is None:
            if record.kind in {"tx_charging", "tx_stop"} and record.chain != journal.LATE:
                self._stray.append(record)
            return []
        if record.kind not in _WITH_REGISTER or record.wh is None:
            return []
        self._readings[key] += self._placed(transaction, [record])
        utc = self._readings[key][-1].utc
        if record.kind == "tx_stop":
            return [self._ended(transaction, record)]
        if record.kind == "tx_charging" and transaction.charging_utc is None:
            transaction.charging_utc = utc
            return [Change(record.kind, transaction, fact_of(record, utc))]
        # A charge begins once: a second word of it is a reading like others
        kind = "tx_sample" if record.kind == "tx_charging" else record.kind
        return [Change(kind, transaction, fact_of(record, utc), saved=False)]

    def _started(self, record: Record, tx: str) -> list[Change]:
        key = (record.pile, tx)
        known = self._open.get(*key) is not None or key in self._just_ended
        if known or transactions.find(self._store.read, record.pile, tx):
            log.error("assembly: %s: transaction %s began twice", record.pile, tx)
            return []
        assert record.wh is not None
        on_connector = self._open.on_connector(record.pile, record.connector)
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
            tariff="",
        )
        transaction.tariff = self._tariff_now(transaction).as_text()
        readings = self._placed(transaction, [record])
        transaction.start_utc = readings[0].utc
        self._open.add(transaction)
        self._readings[key] = readings
        log.info("assembly: %s: transaction %s, start at %d Wh", record.pile, tx, record.wh)
        if record.chain == journal.LATE:
            return self._started_late(record, transaction, bool(on_connector))
        # Another start on its connector proves that a transaction is over
        changed = [self._abandoned(orphan) for orphan in on_connector]
        return [*changed, Change(record.kind, transaction, fact_of(record, transaction.start_utc))]

    def _started_late(
        self, record: Record, transaction: Transaction, followed: bool
    ) -> list[Change]:
        """A start that was thought lost: what came of it is in the journal already."""
        records = journal.of_transaction(self._store.read, record.pile, transaction.tx)
        stop = next((r for r in records if r.kind == "tx_stop" and r.id < record.id), None)
        began = next((r for r in records if r.kind == "tx_charging"), None)
        changed = [Change(record.kind, transaction, fact_of(record, transaction.start_utc))]
        if began is not None:
            utc = self._placed(transaction, [began])[0].utc
            transaction.charging_utc = utc
            changed.append(Change(began.kind, transaction, fact_of(began, utc)))
        if stop is not None:
            changed.append(self._ended(transaction, stop))
        elif followed:
            changed.append(self._abandoned(transaction))
        return changed

    def _abandoned(self, transaction: Transaction) -> Change:
        """End what a pile forgot, at its last record."""
        records = journal.of_transaction(self._store.read, transaction.pile, transaction.tx)
        log.error("assembly: %s: transaction %s never ended", transaction.pile, transaction.tx)
        return self._ended(transaction, records[-1])

    def _ended(self, transaction: Transaction, record: Record) -> Change:
        """Close and bill a transaction at its last record."""
        key = (transaction.pile, transaction.tx)
        closing.close(self._store.read, transaction, record)
        self._open.remove(transaction)
        del self._readings[key]
        self._just_ended[key] = transaction
        cdr = transaction.cdr
        assert cdr is not None
        text = "assembly: %s: transaction %s ended (%s), %d Wh, %d fen%s"
        mark = ", estimated" if cdr.estimated else ""
        log.info(text, *key, transaction.reason, cdr.energy_wh, cdr.total_fen, mark)
        fact = fact_of(record, cdr.end_utc)
        fact = replace(fact, reason=transaction.reason, fault=transaction.fault)
        return Change("tx_stop", transaction, fact)

    def _placed(self, transaction: Transaction, records: Sequence[Record]) -> list[Reading]:
        return closing.placed(self._store.read, transaction, records)

    def _tariff_now(self, transaction: Transaction) -> Tariff:
        owner = owner_of(self._owners, transaction)
        quoted = None if owner is None else owner.tariff_of(transaction.ref)
        return self._tariff if quoted is None else quoted
