"""Transactions in the store, and how journal records change them."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pilebridge.model import ChargeDetailRecord, ChargeLine, Transaction

_COLUMNS = (
    "pile",
    "tx",
    "life",
    "connector",
    "ref",
    "started_by",
    "start_seq",
    "start_wh",
    "start_utc",
    "charging_utc",
    "stop_seq",
    "stop_wh",
    "stop_utc",
    "reason",
    "fault",
    "estimated",
    "tariff",
    "cdr",
    "basis",
)


def save(conn: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    """Insert or update one transaction from `as_row`."""
    marks = ", ".join("?" * len(_COLUMNS))
    updates = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
    conn.execute(
        f"insert into transactions ({', '.join(_COLUMNS)}) values ({marks})"
        f" on conflict (pile, tx) do update set {updates}",
        tuple(row[name] for name in _COLUMNS),
    )


def as_row(transaction: Transaction) -> dict[str, Any]:
    """The columns of a transaction, frozen at this moment."""
    row = {name: getattr(transaction, name, None) for name in _COLUMNS}
    row["started_by"] = transaction.by
    row["estimated"] = int(transaction.estimated)
    row["cdr"] = None if transaction.cdr is None else json.dumps(asdict(transaction.cdr))
    return row


def open_ones(conn: sqlite3.Connection) -> list[Transaction]:
    """Every transaction without a stop record."""
    rows = conn.execute("select * from transactions where stop_seq is null order by id")
    return [_transaction(row) for row in rows]


def find(conn: sqlite3.Connection, pile: str, tx: str) -> Transaction | None:
    """One transaction by pile and number."""
    row = conn.execute(
        "select * from transactions where pile = ? and tx = ?", (pile, tx)
    ).fetchone()
    return None if row is None else _transaction(row)


def find_by_ref(conn: sqlite3.Connection, pile: str, ref: str) -> Transaction | None:
    """The first transaction of a pile that carries a platform's reference."""
    row = conn.execute(
        "select * from transactions where ref = ? and pile = ? order by id limit 1", (ref, pile)
    ).fetchone()
    return None if row is None else _transaction(row)


def latest(conn: sqlite3.Connection, limit: int) -> list[tuple[int, Transaction]]:
    """The newest transactions with their row numbers."""
    rows = conn.execute("select * from transactions order by id desc limit ?", (limit,))
    return [(row["id"], _transaction(row)) for row in rows]


def by_id(conn: sqlite3.Connection, row_id: int) -> Transaction | None:
    """One transaction by its row number."""
    row = conn.execute("select * from transactions where id = ?", (row_id,)).fetchone()
    return None if row is None else _transaction(row)


def _transaction(row: sqlite3.Row) -> Transaction:
    values = {name: row[name] for name in _COLUMNS}
    values["by"] = values.pop("started_by")
    values["estimated"] = bool(values["estimated"])
    values["cdr"] = None if values["cdr"] is None else _cdr(json.loads(values["cdr"]))
    return Transaction(**values)


def _cdr(values: dict[str, Any]) -> ChargeDetailRecord:
    lines = tuple(ChargeLine(**line) for line in values.pop("lines"))
    return ChargeDetailRecord(lines=lines, **values)
