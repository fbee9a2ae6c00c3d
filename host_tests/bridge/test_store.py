"""The store: group commit, isolation of jobs, and what an acknowledgement may promise."""

import contextlib
import sqlite3

import pytest

from bridge.fakes import record
from pilebridge import journal, orders
from pilebridge.store import Store, StoreError, get_meta, set_meta


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


async def append(store, records):
    return await store.submit(lambda conn: journal.append(conn, "CP", records, 0))


async def test_records_are_stored_once_and_acknowledged_in_order(tmp_path):
    async with opened(tmp_path) as store:
        first = [record(1, "boot"), record(2, "boot")]
        assert (await append(store, first)).upto == 2
        again = await append(store, [*first, record(3, "boot")])
        assert (again.upto, again.new) == (3, 1)
        assert len(journal.after(store.read, 0, 10)) == 3


async def test_a_gap_inside_one_boot_is_not_acknowledged(tmp_path):
    async with opened(tmp_path) as store:
        await append(store, [record(1, "boot")])
        outcome = await append(store, [record(2, "boot"), record(4, "boot"), record(5, "boot")])
        assert (outcome.upto, outcome.gap_at, outcome.new) == (2, 4, 1)
        outcome = await append(store, [record(n, "boot") for n in (3, 4, 5)])
        assert (outcome.upto, outcome.gap_at) == (5, None)


async def test_numbers_may_jump_at_a_new_boot_and_at_first_contact(tmp_path):
    async with opened(tmp_path) as store:
        assert (await append(store, [record(500, "boot")])).upto == 500
        outcome = await append(store, [record(900, "boot", boot=8)])
        assert (outcome.upto, outcome.gap_at) == (900, None)


async def test_the_same_number_with_other_content_is_a_conflict(tmp_path):
    async with opened(tmp_path) as store:
        await append(store, [record(1, "boot"), record(2, "boot")])
        outcome = await append(store, [record(2, "boot", wh=5)])
        assert (outcome.conflict_at, outcome.new) == (2, 0)


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
