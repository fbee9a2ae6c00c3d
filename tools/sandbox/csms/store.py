"""Stations and transactions as they outlive a restart: in memory, or in a SQLite file as well."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from sandbox.csms.model import Station, Transaction
from sandbox.csms.schemas import V16

_TABLES = """
CREATE TABLE IF NOT EXISTS stations (identity TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS transactions (
    station TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (station, id));
"""
_STATION = """
INSERT INTO stations VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"""
# The rows keep the order in which the transactions became known
_TRANSACTION = """
INSERT INTO transactions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"""


class Store:
    """Hand the same Store, or one of the same file, to the next central system and it goes on from there."""

    def __init__(self, path: Path | None = None) -> None:
        self.stations: dict[str, Station] = {}
        self._of: dict[str, dict[str, Transaction]] = {}
        self._last_id = 0
        self._database = sqlite3.connect(path, check_same_thread=False) if path else None
        if self._database:
            # A test bench: losing power may cost it the last moment
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.executescript(_TABLES)
            self._load(self._database)

    def station(self, identity: str) -> Station:
        """The station of this identity, new if need be."""
        return self.stations.setdefault(identity, Station(identity))

    @property
    def transactions(self) -> list[Transaction]:
        """All of them, by station and then in the order in which they became known."""
        return [item for items in self._of.values() for item in items.values()]

    def of(self, station: str) -> list[Transaction]:
        """Those of a station, in the order in which they became known."""
        return list(self._of.get(station, {}).values())

    def find(self, station: str, transaction: str) -> Transaction | None:
        """One of a station by its id."""
        return self._of.get(station, {}).get(transaction)

    def open_on(self, station: str, connector: int) -> list[Transaction]:
        """Those that run on a connector."""
        return [item for item in self.of(station) if item.open and item.connector == connector]

    def next_id(self) -> int:
        """A transaction number for 1.6 that was never given before."""
        self._last_id += 1
        return self._last_id

    def keep_station(self, station: Station) -> None:
        """Write it down."""
        if self._database:
            self._database.execute(_STATION, (station.identity, json.dumps(asdict(station))))
            self._database.commit()

    def keep(self, item: Transaction) -> None:
        """Write it down; a new one joins the table."""
        self._add(item)
        if self._database:
            row = (item.station, item.id, json.dumps(asdict(item)))
            self._database.execute(_TRANSACTION, row)
            self._database.commit()

    def close(self) -> None:
        """Let go of the file; what is in memory stays."""
        if self._database:
            self._database.close()
            self._database = None

    def _add(self, item: Transaction) -> None:
        self._of.setdefault(item.station, {})[item.id] = item
        if item.version == V16:
            self._last_id = max(self._last_id, int(item.id))

    def _load(self, database: sqlite3.Connection) -> None:
        for (body,) in database.execute("SELECT body FROM stations"):
            station = Station.from_dict(json.loads(body))
            self.stations[station.identity] = station
        for (body,) in database.execute("SELECT body FROM transactions ORDER BY rowid"):
            self._add(Transaction.from_dict(json.loads(body)))
