"""The transactions of a platform: which are its own, and by which id the central system knows them.

The row of a start that the central system asked for is there before the pile is asked. A start by card
gets its row with its first record; its reference on the pile is the token, which comes again and again, so
its row goes by pile and transaction.
"""

import sqlite3
from functools import partial

from pilebridge.model import Transaction
from pilebridge.platforms.ocpp.context import OpenTransaction
from pilebridge.store import Effect, Store

# `by` of a start by a card at the pile
BY_CARD = "rfid"
# Not over, or its end still waits in the queue
_LOAD = (
    "select * from ocpp_transactions where platform = ?1 and (ended = 0 or (pile, tx) in"
    " (select pile, tx from ocpp_queue where platform = ?1 and state = 'due'))"
    " order by created_utc, tx"
)


class Book:
    """Transactions that the central system has not been told wholly; load() before use."""

    def __init__(self, store: Store, platform: str) -> None:
        self._store = store
        self._platform = platform
        self._rows: dict[str, dict[str, OpenTransaction]] = {}

    def load(self) -> None:
        """Take up what is committed."""
        self._rows.clear()
        for row in self._store.read.execute(_LOAD, (self._platform,)):
            self._rows.setdefault(row["pile"], {})[row["ref"]] = _open_transaction(row)

    def of_pile(self, pile: str) -> list[OpenTransaction]:
        """Transactions of a pile whose first record is in, the newest last."""
        return [found for found in self._rows.get(pile, {}).values() if found.tx]

    def find(self, pile: str, tx: str) -> tuple[str, OpenTransaction] | None:
        """The row's key and the transaction, None for one that is told wholly or is not ours."""
        for key, found in self._rows.get(pile, {}).items():
            if found.tx == tx and tx:
                return key, found
        return None

    def owns(self, ref: str) -> bool:
        """True for a start that the central system asked for."""
        return self._committed(ref) is not None

    async def expect(self, row: OpenTransaction, now_utc: int) -> None:
        """Write a start down before the pile is asked."""
        await self._store.submit(
            partial(_insert, platform=self._platform, key=row.ref, row=row, utc=now_utc)
        )
        self._rows.setdefault(row.pile, {})[row.ref] = row

    def begun(self, transaction: Transaction) -> tuple[str, OpenTransaction, Effect]:
        """The row of a transaction whose first record is here, and what to commit with it."""
        pile, tx = transaction.pile, transaction.tx
        row = self._rows.get(pile, {}).get(transaction.ref) or self._committed(transaction.ref)
        if transaction.by == BY_CARD or row is None or row.tx not in {"", tx}:
            key = f"{pile}/{tx}"
            token = transaction.ref if transaction.by == BY_CARD else ""
            row = OpenTransaction(pile, tx, transaction.connector, transaction.ref, id_token=token)
        else:
            key = transaction.ref
            row.tx, row.connector = tx, transaction.connector
        # Begun is the newest, however long ago it was asked for
        rows = self._rows.setdefault(pile, {})
        rows.pop(key, None)
        rows[key] = row
        utc = transaction.start_utc
        return key, row, partial(_insert, platform=self._platform, key=key, row=row, utc=utc)

    def ended(self, key: str, row: OpenTransaction) -> Effect:
        """The pile has ended it."""
        row.ended = True
        return partial(_end, platform=self._platform, key=key)

    def told(self, pile: str, tx: str) -> None:
        """The central system was told its end: nothing more will be said of it."""
        found = self.find(pile, tx)
        if found is not None:
            del self._rows[pile][found[0]]
            if not self._rows[pile]:
                del self._rows[pile]

    async def bind(self, pile: str, tx: str, transaction_id: str) -> None:
        """Keep the central system's id of a transaction."""
        found = self.find(pile, tx)
        if found is None:
            return
        found[1].transaction_id = transaction_id
        row = (transaction_id, self._platform, found[0])
        await self._store.submit(
            lambda conn: conn.execute(
                "update ocpp_transactions set transaction_id = ? where platform = ? and ref = ?",
                row,
            )
        )

    def _committed(self, key: str) -> OpenTransaction | None:
        row = self._store.read.execute(
            "select * from ocpp_transactions where platform = ? and ref = ?", (self._platform, key)
        ).fetchone()
        return None if row is None else _open_transaction(row)


def _open_transaction(row: sqlite3.Row) -> OpenTransaction:
    by_card = row["ref"] == f"{row['pile']}/{row['tx']}"
    return OpenTransaction(
        pile=row["pile"],
        tx=row["tx"],
        connector=row["connector"],
        ref=row["id_token"] if by_card else row["ref"],
        transaction_id=row["transaction_id"],
        id_token=row["id_token"],
        id_token_type=row["id_token_type"],
        group=row["group_id"],
        remote_start_id=row["remote_start_id"],
        reservation_id=row["reservation_id"],
        ended=bool(row["ended"]),
    )


def _insert(
    conn: sqlite3.Connection, platform: str, key: str, row: OpenTransaction, utc: int
) -> None:
    conn.execute(
        "insert into ocpp_transactions (platform, ref, pile, tx, connector, id_token,"
        " id_token_type, group_id, remote_start_id, reservation_id, created_utc)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (platform, ref) do update set tx = excluded.tx, connector = excluded.connector",
        (
            platform,
            key,
            row.pile,
            row.tx,
            row.connector,
            row.id_token,
            row.id_token_type,
            row.group,
            row.remote_start_id,
            row.reservation_id,
            utc,
        ),
    )


def _end(conn: sqlite3.Connection, platform: str, key: str) -> None:
    conn.execute(
        "update ocpp_transactions set ended = 1 where platform = ? and ref = ?", (platform, key)
    )
