"""SQLite behind one writer thread with group commit; reads have a connection of their own.

A job is a function of the connection. Jobs that wait together share one commit; a job that raises
is undone alone. The future of a job is done only after the commit, so "stored" means on disk.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
Effect = Callable[[sqlite3.Connection], object]

SCHEMA_VERSION = 2
_BATCH = 500

_SCHEMA = """
create table meta (key text primary key, value text not null) without rowid;
create table piles (
    pile text primary key, upto integer not null default 0, boot integer not null default -1,
    life integer not null default 1, offer integer not null default 0, hello text,
    anchor_boot integer, anchor_up integer, anchor_utc integer
) without rowid;
create table journal (
    id integer primary key autoincrement, pile text not null, seq integer not null,
    kind text not null, boot integer not null, up integer not null, utc integer,
    connector integer not null, wh integer, tx text not null, received_utc integer not null,
    life integer not null, body text not null, unique (pile, seq)
);
create index journal_tx on journal (pile, tx) where tx <> '';
create table transactions (
    id integer primary key autoincrement, pile text not null, tx text not null,
    connector integer not null, ref text not null, started_by text not null,
    start_seq integer not null, start_wh integer not null, start_utc integer not null,
    charging_utc integer, stop_seq integer, stop_wh integer, stop_utc integer,
    reason text not null default '', fault text not null default '',
    estimated integer not null default 0, tariff text not null, cdr text, unique (pile, tx)
);
create index transactions_ref on transactions (ref);
create index transactions_open on transactions (pile) where stop_seq is null;
create table orders (
    platform text not null, ref text not null, connector_id text not null, state text not null,
    tx text not null default '', answer text, created_utc integer not null, tariff text not null,
    primary key (platform, ref)
) without rowid;
create table outbox (
    id integer primary key autoincrement, platform text not null, kind text not null,
    ref text not null, body text not null, created_utc integer not null,
    attempts integer not null default 0, next_try real not null default 0,
    state text not null default 'due', last_error text not null default ''
);
create index outbox_due on outbox (platform, id) where state = 'due';
create table station_digests (
    station text primary key, digest text not null, changed_utc integer not null
) without rowid;
"""


class StoreError(RuntimeError):
    """The database cannot be used; the text is for the operator."""


class Store:
    """The bridge's database; open() before use, close() writes what still waits."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[tuple[Job[Any], asyncio.Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.read: sqlite3.Connection = sqlite3.connect(":memory:")
        self.commits = 0

    def open(self) -> None:
        """Create or check the schema and start the writer; StoreError when the file is not ours."""
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        writer = self._connect(False)
        try:
            _migrate(writer, self._path)
        except BaseException:
            writer.close()
            raise
        self.read.close()
        self.read = self._connect(True)
        self.read.execute("pragma query_only = on")
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(
            target=self._run, args=(writer,), name="store-writer", daemon=True
        )
        self._thread.start()

    def submit(self, job: Job[T]) -> "asyncio.Future[T]":
        """Queue a job at once, in order of calls; the future has its result after the commit."""
        if self._loop is None or self._thread is None:
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((job, future))
        return future

    async def close(self) -> None:
        """Commit what waits and close both connections."""
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        self.read.close()

    def _connect(self, reader: bool) -> sqlite3.Connection:
        try:
            # The writer is handed to its thread once, the reader stays with the event loop
            conn = sqlite3.connect(self._path, isolation_level=None, check_same_thread=reader)
            conn.execute("pragma journal_mode = wal")
            conn.execute("pragma synchronous = full")
            conn.execute("pragma busy_timeout = 5000")
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from None
        conn.row_factory = sqlite3.Row
        return conn

    def _run(self, conn: sqlite3.Connection) -> None:
        stopping = False
        while not stopping:
            batch = [self._jobs.get()]
            while len(batch) < _BATCH:
                try:
                    batch.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            stopping = None in batch
            self._commit(conn, [entry for entry in batch if entry is not None])
        conn.close()

    def _commit(
        self, conn: sqlite3.Connection, batch: list[tuple[Job[Any], asyncio.Future[Any]]]
    ) -> None:
        if not batch:
            return
        outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            conn.execute("begin immediate")
            for job, future in batch:
                conn.execute("savepoint job")
                try:
                    result, error = job(conn), None
                except Exception as raised:
                    conn.execute("rollback to job")
                    result, error = None, raised
                conn.execute("release job")
                outcomes.append((future, result, error))
            conn.execute("commit")
            self.commits += 1
        except sqlite3.Error as error:
            # Disk full or gone: nothing of the batch is stored, and each caller hears so
            if conn.in_transaction:
                conn.execute("rollback")
            outcomes = [(future, None, error) for _, future in batch]
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, outcomes)


def _resolve(outcomes: list[tuple["asyncio.Future[Any]", Any, BaseException | None]]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _migrate(conn: sqlite3.Connection, path: str) -> None:
    try:
        tables = {row["name"] for row in conn.execute("select name from sqlite_master")}
        if "meta" not in tables:
            if tables:
                raise StoreError(f"{path}: a database of something else")
            conn.executescript("begin;" + _SCHEMA + "commit;")
            set_meta(conn, "schema", str(SCHEMA_VERSION))
        version = get_meta(conn, "schema", "0")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None
    if version != str(SCHEMA_VERSION):
        raise StoreError(f"{path}: schema {version}, this bridge needs {SCHEMA_VERSION}")


def get_meta(conn: sqlite3.Connection, key: str, default: str) -> str:
    """A value of the key table."""
    row = conn.execute("select value from meta where key = ?", (key,)).fetchone()
    return default if row is None else str(row["value"])


def set_meta(conn: sqlite3.Connection, key: str, value: str) -> None:
    """Write a value of the key table."""
    conn.execute("insert or replace into meta values (?, ?)", (key, value))
