"""The store: group commit, isolation of jobs, and what an acknowledgement may promise."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys

import pytest

from pilebridge import orders
from pilebridge.store import InlineStore, Store, StoreError, get_meta, set_meta


@contextlib.asynccontextmanager
async def opened(path):
    store = Store(str(path / "test.sqlite"))
    store.open()
    try:
        yield store
    finally:
        await store.close()


async def test_a_failing_job_is_undone_alone(tmp_path):
    def spoiled(conn):
        set_meta(conn, "spoiled", "1")
        raise ValueError("planted")

    async with opened(tmp_path) as store:
        futures = [
            store.submit(lambda conn: set_meta(conn, "before", "1")),
            store.submit(spoiled),
            store.submit(lambda conn: set_meta(conn, "after", "1")),
        ]
        await futures[0]
        with pytest.raises(ValueError, match="planted"):
            await futures[1]
        await futures[2]
        values = [get_meta(store.read, key, "none") for key in ("before", "spoiled", "after")]
        assert values == ["1", "none", "1"]


async def test_jobs_that_wait_together_share_a_commit(tmp_path):
    async with opened(tmp_path) as store:
        futures = [store.submit(lambda conn, i=i: set_meta(conn, str(i), "x")) for i in range(300)]
        for future in futures:
            await future
        assert store.commits < 100


async def test_stored_is_on_disk_for_another_connection(tmp_path):
    async with opened(tmp_path) as store:
        await store.submit(lambda conn: set_meta(conn, "key", "value"))
        other = sqlite3.connect(tmp_path / "test.sqlite")
        assert other.execute("select value from meta where key = 'key'").fetchone() == ("value",)
        other.close()


async def test_foreign_database_and_wrong_schema_are_refused(tmp_path):
    foreign = sqlite3.connect(tmp_path / "test.sqlite")
    foreign.execute("create table something (x)")
    foreign.close()
    (tmp_path / "test.sqlite").chmod(0o600)
    with pytest.raises(StoreError, match="something else"):
        async with opened(tmp_path):
            pass
    other = tmp_path / "other"
    other.mkdir()
    async with opened(other) as store:
        await store.submit(lambda conn: set_meta(conn, "schema", "99"))
    with pytest.raises(StoreError, match="schema 99"):
        async with opened(other):
            pass


async def test_nobody_else_can_read_the_database(tmp_path):
    async with opened(tmp_path) as store:
        await store.submit(lambda conn: set_meta(conn, "key", "value"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("test.sqlite*")}
        assert set(modes) == {"test.sqlite", "test.sqlite-wal", "test.sqlite-shm"}
        assert set(modes.values()) == {0o600}
    (tmp_path / "test.sqlite").chmod(0o640)
    with pytest.raises(StoreError, match=r"mode 640.*chmod 600 .*test\.sqlite"):
        async with opened(tmp_path):
            pass


async def test_what_is_stored_stays_when_another_process_comes_and_goes(tmp_path):
    path = str(tmp_path / "test.sqlite")
    look = (
        "import sys; from pilebridge.schema import connect; c = connect(sys.argv[1]);"
        "print(c.execute('select count(*) from meta').fetchone()[0]); c.close()"
    )

    def other_process():
        done = subprocess.run([sys.executable, "-c", look, path], capture_output=True, check=True)
        return int(done.stdout)

    async with opened(tmp_path) as store:
        for number in range(3):
            await store.submit(lambda conn, n=number: set_meta(conn, f"key{n}", "value"))
            # The schema's own row stands beside
            assert await asyncio.to_thread(other_process) == number + 2
            assert (tmp_path / "test.sqlite-wal").exists()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["begin", "job", "commit", "committed"])
async def test_a_store_killed_at_any_point_of_a_commit_has_all_of_it_or_nothing(tmp_path, point):
    def passing(here):
        if armed and here == point:
            raise Killed

    def job(conn):
        set_meta(conn, "one", "1")
        set_meta(conn, "two", "2")

    armed = []
    store = InlineStore(str(tmp_path / "test.sqlite"), passing)
    store.open()
    await store.submit(lambda conn: set_meta(conn, "zero", "0"))
    assert get_meta(store.read, "zero", "") == "0"
    armed.append(True)
    with pytest.raises(Killed):
        store.submit(job)
    store.kill()
    again = InlineStore(str(tmp_path / "test.sqlite"))
    again.open()
    found = [get_meta(again.read, key, "none") for key in ("zero", "one", "two")]
    await again.close()
    assert found == (["0", "1", "2"] if point == "committed" else ["0", "none", "none"])


async def test_pushes_of_one_order_wait_for_each_other_and_others_do_not(tmp_path):
    async with opened(tmp_path) as store:
        for kind, ref in (("start", "a"), ("stop", "a"), ("start", "b")):
            await store.submit(
                lambda conn, kind=kind, ref=ref: orders.push(conn, "p", kind, ref, "{}", 0)
            )
        due = orders.due(store.read, "p")
        assert [(push.kind, push.ref) for push in due] == [("start", "a"), ("start", "b")]
        await store.submit(lambda conn: orders.confirmed(conn, due[0].id))
        due = orders.due(store.read, "p")
        assert sorted((push.kind, push.ref) for push in due) == [("start", "b"), ("stop", "a")]
