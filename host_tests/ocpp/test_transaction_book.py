"""Whose a transaction is, what the book knows of it, and which facts follow from records and states."""

import asyncio
import contextlib

import pytest
from fake_station import (
    T0,
    Fact,
    Reopened,
    charge,
    make_platform,
    record,
    running,
    taken,
    told,
    whole_charge,
)
from scripted_central import Central

from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import queue


@pytest.fixture
def opened(tmp_path):
    """opened(passing): a store of the same database."""
    make = Reopened(tmp_path)
    yield make
    make.end()


@contextlib.asynccontextmanager
async def served(**answers):
    async with Central(**{"DataTransfer": taken, **answers}).serve() as central:
        yield central


async def test_the_next_run_knows_the_transaction_and_goes_on_with_its_numbers(
    opened, monkeypatch
):
    store = opened()
    async with served() as central:
        platform, _ = make_platform(central, store)
        context = platform.stations["P1"].charger
        await context.expect_start("ocpp-1", 1, "TAG", "Central", remote_start_id=9, group="G")
        transaction = charge(ref="ocpp-1", by="ocpp")
        assert platform.owns("ocpp-1")
        assert platform.claims(transaction)
        assert context.transactions() == []
        await record(platform, store, "tx_start", transaction, 1000)
        await context.bind("P1", "a-1", "77")
        store = opened()
        platform, _ = make_platform(central, store)
        context = platform.stations["P1"].charger
        (found,) = context.transactions()
        assert (found.tx, found.ref, found.transaction_id) == ("a-1", "ocpp-1", "77")
        assert (found.id_token, found.remote_start_id, found.group) == ("TAG", 9, "G")
        assert context.transaction_of("77") == found
        assert context.transaction_of("") is None
        await record(platform, store, "tx_stop", transaction, 2000)
        assert found.ended
        (start, stop) = queue.due(store.read, "cs", "P1")
        assert (start.event.seq, stop.event.seq) == (0, 1)
        assert (stop.event.id_token, stop.event.remote_start_id) == ("TAG", 9)


async def test_whose_a_start_is(opened):
    store = opened()
    platform, _ = make_platform(Central(), store)
    assert platform.claims(charge(by="rfid"))
    assert not platform.claims(charge(pile="P2", by="rfid"))
    assert not platform.claims(charge(ref="MA5TEST01", by="tcec"))
    assert not platform.claims(charge(ref="ocpp-unknown", by="ocpp"))
    assert platform.tariff_of("any") is None
    platform, _ = make_platform(Central(), store, accept_cards=False)
    assert not platform.claims(charge(by="rfid"))


async def test_what_began_before_the_pile_was_a_station_is_not_told_by_halves(opened):
    store = opened()
    platform, _ = make_platform(Central(), store)
    for kind in ("tx_sample", "tx_charging", "tx_stop"):
        await record(platform, store, kind, charge(), 1100)
    assert queue.due(store.read, "cs", "P1") == []
    assert platform.stations["P1"].charger.transactions() == []


async def test_the_same_card_twice_is_two_transactions(opened, monkeypatch):
    store = opened()
    async with served() as central:
        platform, _ = make_platform(central, store)
        for tx in ("a-1", "a-2"):
            await whole_charge(platform, store, charge(tx=tx))
        rows = platform.stations["P1"].charger.transactions()
        assert [(row.tx, row.ref, row.id_token) for row in rows] == [
            ("a-1", "04A2B3C4", "04A2B3C4"),
            ("a-2", "04A2B3C4", "04A2B3C4"),
        ]
        async with running(platform, monkeypatch):
            await central.until(lambda: len(told(central)) == 10)
            assert [row[:2] for row in told(central)] == [
                (tx, seq) for tx in ("a-1", "a-2") for seq in range(5)
            ]


async def test_effects_of_a_failed_commit_are_made_again(opened):
    store = opened()
    platform, _ = make_platform(Central(), store)
    transaction = charge()
    # What the assembly does when its commit failed: the same records once more
    platform.effects("tx_start", transaction, Fact(1, 1000))
    await record(platform, store, "tx_start", transaction, 1000)
    (waiting,) = queue.due(store.read, "cs", "P1")
    assert waiting.event.kind == "started"


async def test_states_inside_a_transaction_are_facts_in_order(opened):
    store = opened()
    platform, services = make_platform(Central(), store)
    pile, transaction = services["P1"], charge()

    async def says(status, tx="a-1", wh=1050):
        pile.live = ConnectorState(status=status, tx=tx, wh=wh)
        platform.on_status(pile.connectors[0])
        await asyncio.sleep(0)

    await says("preparing")
    await record(platform, store, "tx_start", transaction, 1000)
    await says("charging")
    transaction.charging_utc = T0
    await record(platform, store, "tx_charging", transaction, 1010)
    # On its way when the record came
    await says("preparing")
    await says("charging")
    await says("suspended_ev")
    await record(platform, store, "tx_sample", transaction, 1200)
    await says("offline")
    await says("charging", wh=None)
    # Its own record comes, and is dated before it
    await says("finishing")
    await record(platform, store, "tx_stop", transaction, 2000)
    await says("suspended_ev")
    await says("finishing", tx="")
    facts = [
        (w.event.seq, w.event.kind, w.event.state) for w in queue.due(store.read, "cs", "P1", 20)
    ]
    assert facts == [
        (0, "started", "preparing"),
        (1, "charging", "charging"),
        (2, "state", "suspended_ev"),
        (3, "sample", "suspended_ev"),
        (4, "state", "charging"),
        (5, "ended", "finishing"),
    ]
    registers = [w.event.wh for w in queue.due(store.read, "cs", "P1", 20)]
    assert registers == [1000, 1010, 1050, 1200, 1200, 2000]


async def test_a_triggered_fact_and_what_waits(opened, monkeypatch):
    store = opened()
    async with served() as central:
        platform, services = make_platform(central, store)
        context, pile = platform.stations["P1"].charger, services["P1"]
        assert not context.queued("")
        await record(platform, store, "tx_start", charge(), 1000)
        assert context.queued("")
        assert context.queued("anything yet")
        pile.live = ConnectorState(status="charging", tx="a-1", wh=1050, w=7000)
        await context.trigger_event("a-1")
        await context.trigger_event("a-1")
        await context.trigger_event("b-9")
        pile.live = ConnectorState(status="available", tx="")
        await context.trigger_event("a-1")
        facts = [w.event for w in queue.due(store.read, "cs", "P1")]
        assert [fact.kind for fact in facts] == ["started", "triggered", "triggered"]
        assert (facts[2].wh, facts[2].w, facts[2].seq) == (1050, 7000, 2)
        await context.bind("P1", "a-1", "77")
        assert context.queued("77")
        assert not context.queued("78")
        async with running(platform, monkeypatch):
            await central.until(lambda: not context.queued("77"))


async def test_a_transaction_on_a_connector_that_is_not_configured_is_told_all_the_same(opened):
    store = opened()
    platform, _ = make_platform(Central(), store)
    transaction = charge()
    transaction.connector = 2
    await whole_charge(platform, store, transaction)
    assert len(queue.due(store.read, "cs", "P1")) == 5


async def test_a_right_that_is_taken_back_stops_the_pile_however_long_it_is_away(
    opened, monkeypatch
):
    monkeypatch.setattr("pilebridge.platforms.ocpp.charger._STOP_PAUSE_S", 0.01)
    store = opened()
    async with served() as central:
        platform, services = make_platform(central, store)
        await record(platform, store, "tx_start", charge(), 1000)
        services["P1"].stop_reply = None
        async with running(platform, monkeypatch):
            await platform.stations["P1"].charger.deauthorized("a-1", "Invalid")
            await central.until(lambda: len(services["P1"].stops) > 2)
        platform, services = make_platform(central, opened())
        async with running(platform, monkeypatch):
            await central.until(lambda: services["P1"].stops)
            await asyncio.sleep(0.05)
        assert services["P1"].stops == [(1, "04A2B3C4", "deauthorized")]
        assert platform.stations["P1"].charger.values.get("revoked") is None
