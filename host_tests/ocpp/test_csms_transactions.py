"""Transactions as the central system takes them: once, in order, and with a meter that never steps back."""

from pathlib import Path

import pytest
from central_bench import (
    V16,
    V201,
    central_system,
    event,
    joined,
    rules,
    start,
    stop,
    values,
)
from scripted_station import scripted_station

from sandbox.csms.behaviour import Verdict
from sandbox.csms.model import seconds
from sandbox.csms.store import Store


async def begin(station, payload):
    """The number of a 1.6 transaction begun."""
    return (await station.call("StartTransaction", payload))["transactionId"]


async def test_a_charge_of_16_is_one_row_however_often_its_messages_come() -> None:
    async with joined(V16) as (system, _, station):
        numbers = {await begin(station, start(0)) for _ in range(3)}
        number = numbers.pop()
        assert not numbers
        for _ in range(2):
            await station.call("MeterValues", values(number, 5, 1100, amps=15.5))
        await station.call("MeterValues", values(number, 10, 1200, amps=16))
        for _ in range(2):
            await station.call("StopTransaction", stop(number, 12, 1250, reason="Remote"))
        (item,) = system.books.store.transactions
        assert (item.start_wh, item.end_wh, item.reason, item.resent) == (1000, 1250, "Remote", 4)
        assert [(s.wh, s.amps) for s in item.samples] == [(1100, 15.5), (1200, 16)]
        assert item.end_utc == seconds("2026-03-04T05:12:00Z")
        assert await begin(station, start(20, 1250)) == number + 1
        assert rules(system) == []


@pytest.mark.parametrize(
    ("messages", "broken"),
    [
        (["start(0)", "values(1, 5, 900)"], ["register_back"]),
        (["start(5)", "values(1, 4, 1000)"], ["time_back"]),
        (["start(0)", "values(1, 5, 1100)", "stop(1, 6, 1050)"], ["register_back"]),
        (["start(0)", "values(1, 5, 1100)", "stop(1, 4, 1100)"], ["time_back"]),
        (["start(0)", "start(1)"], ["start_while_open"]),
        (["start(0)", "stop(1, 6, 1100)", "start(5, 1100)"], ["time_back"]),
        (["start(0)", "stop(1, 6, 1100)", "start(7, 1099)"], ["register_back"]),
        (["start(0)", "stop(1, 6, 1100)", "stop(1, 7, 1100)"], ["second_end"]),
        (["start(0)", "stop(1, 6, 1100)", "values(1, 7, 1100)"], ["values_after_end"]),
        (["start(0)", "stop(1, 6, 1100)", "start(0)"], ["start_after_end"]),
        (["start(0, connector=2)", "values(1, 5, 1100)"], ["wrong_connector"]),
    ],
)
async def test_a_wrong_order_of_16_is_complained_of(messages: list, broken: list) -> None:
    actions = {"start": "StartTransaction", "stop": "StopTransaction", "values": "MeterValues"}
    makers = {"start": start, "stop": stop, "values": values}
    async with joined(V16) as (system, _, station):
        for message in messages:
            payload = eval(message, makers)
            await station.call(actions[message.partition("(")[0]], payload)
        assert rules(system) == broken


async def test_a_charge_of_201_keeps_its_numbers_and_a_gap_is_written_down() -> None:
    async with joined(V201) as (system, _, station):
        token = {"idToken": "CARD1", "type": "ISO14443"}
        begun = event("Started", 0, 0, 1000, idToken=token)
        for _ in range(2):
            answer = await station.call("TransactionEvent", begun)
            assert answer == {"idTokenInfo": {"status": "Accepted"}}
        assert await station.call("TransactionEvent", event("Updated", 1, 5, 1100)) == {}
        await station.call("TransactionEvent", event("Updated", 1, 5, 1100, offline=True))
        assert rules(system) == []
        await station.call("TransactionEvent", event("Updated", 4, 9, 1150))
        await station.call("TransactionEvent", event("Ended", 5, 12, 1250))
        (item,) = system.books.store.transactions
        assert (item.numbers, item.gaps, item.resent) == ([0, 1, 4, 5], [2, 3], 2)
        assert (item.token, item.connector, item.start_wh, item.end_wh) == ("CARD1", 1, 1000, 1250)
        assert rules(system) == ["gap"]
        assert system.books.broken("gap") == []


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        ([("Updated", 0, 0)], ["not_started"]),
        ([("Started", 1, 0)], ["not_started", "gap"]),
        ([("Started", 0, 0), ("Updated", 1, 5, 1100), ("Updated", 2, 6, 1099)], ["register_back"]),
        ([("Started", 0, 5, 1000), ("Updated", 1, 4)], ["time_back"]),
        ([("Started", 0, 0), ("Updated", 2, 2), ("Updated", 1, 3)], ["gap", "order"]),
        ([("Started", 0, 0), ("Updated", 1, 2), ("Updated", 1, 3)], ["number_again"]),
        ([("Started", 0, 0), ("Started", 1, 2)], ["second_start"]),
        ([("Started", 0, 0), ("Ended", 1, 2), ("Updated", 2, 3)], ["event_after_end"]),
    ],
)
async def test_a_wrong_order_of_201_is_complained_of(events: list, broken: list) -> None:
    async with joined(V201) as (system, _, station):
        for words in events:
            await station.call("TransactionEvent", event(*words))
        assert rules(system) == broken


async def test_a_second_transaction_on_an_evse_is_complained_of() -> None:
    async with joined(V201) as (system, _, station):
        await station.call("TransactionEvent", event("Started", 0, 0))
        await station.call("TransactionEvent", event("Started", 0, 1, tx="t2"))
        assert rules(system) == ["start_while_open"]


async def test_tokens_get_their_verdicts_in_both_versions() -> None:
    async with central_system() as system:
        system.books.behaviour.tokens = {
            "GOOD": Verdict("Accepted", "2026-12-31T00:00:00Z", "FAMILY"),
            "BUSY": Verdict("ConcurrentTx"),
        }
        system.books.behaviour.others = Verdict("Invalid")
        for identity in ("P1", "P2"):
            system.books.store.station(identity).accepted = True
        async with scripted_station(system.url, "P1", V16) as station:
            assert (await station.call("Authorize", {"idTag": "GOOD"}))["idTagInfo"] == {
                "status": "Accepted",
                "expiryDate": "2026-12-31T00:00:00Z",
                "parentIdTag": "FAMILY",
            }
            answer = await station.call("StartTransaction", start(tag="BUSY"))
            assert answer["idTagInfo"] == {"status": "ConcurrentTx"}
        async with scripted_station(system.url, "P2", V201) as station:
            for token, info in (
                ("OTHER", {"status": "Invalid"}),
                (
                    "GOOD",
                    {
                        "status": "Accepted",
                        "cacheExpiryDateTime": "2026-12-31T00:00:00Z",
                        "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
                    },
                ),
            ):
                payload = {"idToken": {"idToken": token, "type": "ISO14443"}}
                assert await station.call("Authorize", payload) == {"idTokenInfo": info}
        assert rules(system) == []


async def test_the_table_outlives_the_central_system_in_a_file_and_in_memory(
    tmp_path: Path,
) -> None:
    path = tmp_path / "csms.sqlite"
    async with joined(V16, store=Store(path)) as (system, _, station):
        number = await begin(station, start(0))
        await station.call("MeterValues", values(number, 5, 1100, amps=7))
        await system.restart()
        async with scripted_station(system.url, "P1", V16) as again:
            assert await begin(again, start(0)) == number
        system.books.store.close()
    store = Store(path)
    assert store.stations["P1"].boot["status"] == "Accepted"
    async with central_system(store) as system:
        async with scripted_station(system.url, "P1", V16) as station:
            await station.call("MeterValues", values(number, 5, 1100, amps=7))
            await station.call("StopTransaction", stop(number, 6, 1200))
            assert await begin(station, start(9, 1200)) == number + 1
        assert rules(system) == []
    first, second = Store(path).transactions
    assert ([s.amps for s in first.samples], first.end_wh, first.resent) == ([7], 1200, 2)
    assert second.open
