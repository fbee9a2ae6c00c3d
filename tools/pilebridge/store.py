"""SQLite behind one writer thread with group commit; reads have a connection of their own.

A job is a function of the connection. Jobs that wait together share one commit; a job that raises
is undone alone. The future of a job is done only after the commit, so "stored" means on disk.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pilebridge.schema import SCHEMA_VERSION, StoreError, connect, migrate

__all__ = ["SCHEMA_VERSION", "Effect", "InlineStore", "Job", "Store", "StoreError"]

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
Effect = Callable[[sqlite3.Connection], object]

_BATCH = 500

_Entry = tuple[Job[Any], "asyncio.Future[Any]"]
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Store:
    """The bridge's database; open() before use, close() writes what still waits."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.read: sqlite3.Connection = sqlite3.connect(":memory:")
        self.commits = 0

    def open(self) -> None:
        """Create or check the schema and start the writer; StoreError when the file is not ours."""
        writer = self._open_both("full")
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

    def _open_both(self, synchronous: str) -> sqlite3.Connection:
        writer = connect(self.path, synchronous=synchronous)
        try:
            migrate(writer, self.path)
        except BaseException:
            writer.close()
            raise
        self.read.close()
        self.read = connect(self.path, reader=True)
        return writer

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
            entries = [entry for entry in batch if entry is not None]
            if not entries:
                continue
            outcomes = commit(conn, entries)
            self.commits += 1
            assert self._loop is not None
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_resolve, outcomes)
        conn.close()


class InlineStore(Store):
    """The same database without a thread: a job is committed before submit() returns.

    `passing(point)` is called with "begin", "job", "commit" and "committed"; what it raises ends the
    work there, as the end of the process would: nothing of an open commit is kept.
    """

    def __init__(
        self,
        path: str,
        passing: Callable[[str], None] = lambda _point: None,
        synchronous: str = "off",
    ) -> None:
        super().__init__(path)
        self._passing = passing
        self._synchronous = synchronous
        self._writer: sqlite3.Connection | None = None

    def open(self) -> None:
        """As Store.open()."""
        self._writer = self._open_both(self._synchronous)

    def submit(self, job: Job[T]) -> "asyncio.Future[T]":
        """As Store.submit(), and done already."""
        if self._writer is None:
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        _resolve(commit(self._writer, [(job, future)], self._passing))
        self.commits += 1
        return future

    async def close(self) -> None:
        """Close both connections."""
        self.kill()

    def kill(self) -> None:
        """Close without writing anything more."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.read.close()


def commit(
    conn: sqlite3.Connection,
    batch: Sequence[_Entry],
    passing: Callable[[str], None] = lambda _point: None,
) -> list[_Outcome]:
    """Run jobs in one commit; what each of their futures is to be told."""
    outcomes: list[_Outcome] = []
    try:
        passing("begin")
        conn.execute("begin immediate")
        outcomes = _run_together(conn, batch, passing)
        passing("commit")
        conn.execute("commit")
        passing("committed")
    except sqlite3.Error as error:
        # Disk full or gone: nothing of the batch is stored, and each caller hears so
        if conn.in_transaction:
            conn.execute("rollback")
        outcomes = [(future, None, error) for _, future in batch]
    except BaseException:
        if conn.in_transaction:
            conn.execute("rollback")
        raise
    return outcomes


def _run_together(
    conn: sqlite3.Connection, batch: Sequence[_Entry], passing: Callable[[str], None]
) -> list[_Outcome]:
    """Outcomes of jobs one after the other; when one fails, all run again, each to be undone alone."""
    outcomes: list[_Outcome] = []
    conn.execute("savepoint batch")
    try:
        for job, future in batch:
            passing("job")
            outcomes.append((future, job(conn), None))
    except Exception:
        conn.execute("rollback to batch")
        outcomes = [(future, *_run_alone(conn, job)) for job, future in batch]
    conn.execute("release batch")
    return outcomes


def _run_alone(conn: sqlite3.Connection, job: Job[Any]) -> tuple[Any, BaseException | None]:
    conn.execute("savepoint job")
    try:
        return job(conn), None
    except Exception as raised:
        conn.execute("rollback to job")
        return None, raised
    finally:
        if conn.in_transaction:
            conn.execute("release job")


def _resolve(outcomes: Sequence[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def get_meta(conn: sqlite3.Connection, key: str, default: str) -> str:
    """A value of the key table."""
    row = conn.execute("select value from meta where key = ?", (key,)).fetchone()
    return default if row is None else str(row["value"])


def set_meta(conn: sqlite3.Connection, key: str, value: str) -> None:
    """Write a value of the key table."""
    conn.execute("insert or replace into meta values (?, ?)", (key, value))
