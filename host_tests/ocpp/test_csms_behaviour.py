"""What a test may make the central system do: refuse, stay silent, be slow, end the link, come back."""

import asyncio
from random import Random

import pytest
from central_bench import V16, V201, event, joined, rules, start
from scripted_station import StationError, scripted_station

from sandbox.csms.behaviour import Behaviour, Verdict


async def test_starts_get_early_refusals_that_leave_no_row() -> None:
    async with joined(V16) as (system, _, station):
        system.books.behaviour.starts = [("Invalid", 0), ("Accepted", 0), ("Blocked", -1)]
        answers = [await station.call("StartTransaction", start(0)) for _ in range(4)]
        assert [answer["transactionId"] for answer in answers] == [0, 0, 1, 1]
        assert [answer["idTagInfo"]["status"] for answer in answers] == [
            "Invalid",
            "Accepted",
            "Blocked",
            "Accepted",
        ]
        assert rules(system) == []


async def test_the_next_calls_of_an_action_get_errors_without_a_complaint() -> None:
    async with joined(V201) as (system, _, station):
        system.books.behaviour.errors = {"TransactionEvent": ["InternalError", "GenericError"]}
        for code in ("InternalError", "GenericError"):
            with pytest.raises(StationError, match=code):
                await station.call("TransactionEvent", event("Started", 0, 0))
        assert system.books.store.transactions == []
        await station.call("TransactionEvent", event("Started", 0, 0))
        assert rules(system) == []
        errors = [exchange.error for exchange in system.books.calls("TransactionEvent", "P1")]
        assert errors == ["InternalError", "GenericError", ""]


async def test_silence_means_taken_and_not_answered() -> None:
    async with joined(V16) as (system, _, station):
        system.books.behaviour.mute["StartTransaction"] = 1
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(station.call("StartTransaction", start(0)), 0.1)
        answer = await station.call("StartTransaction", start(0))
        assert answer["transactionId"] == 1
        assert [item.resent for item in system.books.store.transactions] == [1]
        assert rules(system) == []


@pytest.mark.parametrize(("where", "taken"), [("close_before", 0), ("close_after", 1)])
async def test_the_link_ends_before_or_after_a_call_is_taken(where: str, taken: int) -> None:
    async with joined(V16) as (system, _, station):
        getattr(system.books.behaviour, where)["StartTransaction"] = 1
        with pytest.raises(ConnectionError):
            await station.call("StartTransaction", start(0))
        assert len(system.books.store.transactions) == taken
        async with scripted_station(system.url, "P1", V16) as again:
            await again.call("StartTransaction", start(0))
        assert len(system.books.store.transactions) == 1
        assert rules(system) == []


async def test_random_cuts_and_restarts_lose_nothing_that_is_sent_until_answered() -> None:
    async with joined(V201) as (system, _, _):
        system.books.behaviour.cut_chance = 0.4
        system.books.behaviour.random = Random(5)
        number, tries = 0, 0
        while number < 30:
            async with scripted_station(system.url, "P1", V201) as station:
                try:
                    while number < 30:
                        tries += 1
                        kind = "Started" if not number else "Ended" if number == 29 else "Updated"
                        minute = number
                        await station.call("TransactionEvent", event(kind, number, minute, number))
                        number += 1
                except ConnectionError:
                    pass
            if number in {7, 19}:
                await system.restart()
        (item,) = system.books.store.transactions
        assert item.numbers == list(range(30))
        assert tries > 35
        assert item.resent > 0
        assert rules(system) == []


async def test_answers_wait_and_a_station_may_have_a_behaviour_of_its_own() -> None:
    async with joined(V16) as (system, _, station):
        own = Behaviour(delays_s={"*": 0.15, "Heartbeat": 0})
        system.books.behaviours["P1"] = own
        time = asyncio.get_running_loop().time
        begun = time()
        await station.call("Heartbeat")
        assert time() - begun < 0.14
        await station.call("Authorize", {"idTag": "CARD1"})
        assert time() - begun >= 0.15


async def test_cost_is_told_when_a_price_is_set() -> None:
    async with joined(V201) as (system, _, station):
        system.books.behaviour.cost_per_kwh = 1.5
        await station.call("TransactionEvent", event("Started", 0, 0, 1000))
        answer = await station.call("TransactionEvent", event("Updated", 1, 5, 3000))
        assert answer == {"totalCost": 3.0}


async def test_a_behaviour_that_no_schema_allows_is_sent_and_written_down() -> None:
    async with joined(V16) as (system, _, station):
        system.books.behaviour.others = Verdict("Perhaps")
        answer = await station.call("Authorize", {"idTag": "CARD1"})
        assert answer == {"idTagInfo": {"status": "Perhaps"}}
        assert rules(system) == ["own_answer"]


async def test_a_defect_of_the_central_system_is_answered_and_written_down() -> None:
    async with joined(V16) as (system, _, station):
        system.books.behaviour.tokens = None
        with pytest.raises(StationError, match="InternalError"):
            await station.call("Authorize", {"idTag": "CARD1"})
        await station.call("Heartbeat")
        assert rules(system) == ["own_fault"]
