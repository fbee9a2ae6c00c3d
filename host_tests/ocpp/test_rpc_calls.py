"""Calls over a live websocket: one at a time each way, checked both ways, in time, and who is told."""

import asyncio
import gc
import json

import pytest
from linked import linked
from scripted_central import Central, RefusedError, SilentError
from websockets.exceptions import ConnectionClosedError

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.rpc import OwnViolationError

BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


def refuse(_payload):
    raise RefusedError("InternalError")


def stay_silent(_payload):
    raise SilentError


async def test_a_call_and_its_answer():
    async with Central().serve() as central, linked(central) as (rpc, _):
        answer = await rpc.call("BootNotification", BOOT)
        assert answer["status"] == "Accepted"
        assert central.payloads("BootNotification") == [BOOT]


async def test_one_call_is_in_flight_and_the_others_wait_in_order():
    flying, most = 0, 0

    async def slowly(_payload):
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.01)
        flying -= 1
        return {}

    async with Central(DataTransfer=slowly).serve() as central, linked(central) as (rpc, _):

        async def send(number):
            with pytest.raises(CallError):
                # The answer lacks its status
                await rpc.call("DataTransfer", {"vendorId": str(number)})

        await asyncio.gather(*(send(number) for number in range(10)))
        sent = [payload["vendorId"] for payload in central.payloads("DataTransfer")]
        assert sent == [str(number) for number in range(10)]
        assert most == 1


async def test_ids_are_never_used_twice():
    async with Central().serve() as central:
        for _ in range(3):
            async with linked(central) as (rpc, _):
                for _ in range(5):
                    await rpc.call("Heartbeat", {})
        ids = [frame[1] for _, frame in central.frames]
        assert len(set(ids)) == len(ids) == 15
        assert all(len(each) <= 36 for each in ids)


async def test_a_refusal_and_a_bad_answer_are_call_errors():
    central = Central(Heartbeat=refuse, BootNotification=lambda _: {"status": "Accepted"})
    async with central.serve(), linked(central) as (rpc, counters):
        with pytest.raises(CallError, match="InternalError"):
            await rpc.call("Heartbeat", {})
        with pytest.raises(CallError, match="is missing") as raised:
            await rpc.call("BootNotification", BOOT)
        assert raised.value.code == "OccurenceConstraintViolation"
        assert counters.refused == 1


async def test_what_breaks_the_schema_never_leaves():
    async with Central().serve() as central, linked(central) as (rpc, counters):
        with pytest.raises(OwnViolationError, match="idTag is missing"):
            await rpc.call("Authorize", {})
        await rpc.call("Heartbeat", {})
        assert central.actions() == ["Heartbeat"]
        assert counters.own_violations == 1


async def test_no_answer_in_time_and_an_answer_that_comes_late():
    central = Central(Heartbeat=stay_silent)
    async with central.serve(), linked(central, timeout_s=0.1) as (rpc, counters):
        with pytest.raises(NotDeliveredError, match="no answer"):
            await rpc.call("Heartbeat", {})
        assert rpc.alive
        late = central.frames[-1][1][1]
        for _ in range(2):
            await central.links["P1"].send(json.dumps([3, late, {"currentTime": "x"}]))
        await rpc.call("BootNotification", BOOT)
        assert (counters.unmatched, counters.unanswered) == (2, 1)


async def test_a_second_answer_to_the_same_call_is_counted_and_ignored():
    async with Central().serve() as central, linked(central) as (rpc, counters):
        await rpc.call("Heartbeat", {})
        frame_id = central.frames[-1][1][1]
        await central.links["P1"].send(json.dumps([4, frame_id, "InternalError", "", {}]))
        await rpc.call("Heartbeat", {})
        assert counters.unmatched == 1


async def test_a_malformed_answer_ends_its_call_at_once():
    central = Central()
    async with central.serve(), linked(central) as (rpc, _):
        central.answers["Heartbeat"] = lambda _: "text"
        with pytest.raises(CallError, match="wrong form"):
            await rpc.call("Heartbeat", {})


async def test_a_lost_link_ends_the_call_and_later_ones():
    central = Central(Heartbeat=stay_silent)
    async with central.serve(), linked(central) as (rpc, _):
        waiting = asyncio.create_task(rpc.call("Heartbeat", {}))
        await central.until(central.actions)
        central.links["P1"].transport.abort()
        with pytest.raises(NotDeliveredError):
            await waiting
        assert not rpc.alive
        with pytest.raises(NotDeliveredError, match="no connection"):
            await rpc.call("Heartbeat", {})


async def test_a_handler_may_call_and_both_directions_fly_at_once():
    async def answer(_action, _payload):
        await rpc.call("Heartbeat", {})
        return {"status": "Accepted"}

    async with Central().serve() as central, linked(central, answer=answer) as (rpc, _):
        frame = await central.call("P1", "ClearCache", {})
        assert frame[0] == 3
        assert frame[2] == {"status": "Accepted"}
        assert central.actions() == ["Heartbeat"]


async def test_calls_of_the_peer_are_answered_one_at_a_time_in_order():
    running = []

    async def answer(_action, payload):
        running.append(payload["vendorId"])
        assert len(running) == 1
        await asyncio.sleep(0.005)
        running.clear()
        return {"status": "Accepted"}

    async with Central().serve() as central, linked(central, answer=answer) as (_rpc, _):
        calls = (
            central.call("P1", "DataTransfer", {"vendorId": str(number)}) for number in range(8)
        )
        assert [frame[0] for frame in await asyncio.gather(*calls)] == [3] * 8
        ids = [frame[1] for _, frame in central.frames]
        assert ids == sorted(ids, key=lambda each: int(each[1:]))


async def test_a_peer_that_floods_is_refused_and_served_again():
    release = asyncio.Event()

    async def answer(_action, _payload):
        await release.wait()
        return {"status": "Accepted"}

    async with Central().serve() as central, linked(central, answer=answer) as (_rpc, counters):
        calls = [asyncio.create_task(central.call("P1", "ClearCache", {})) for _ in range(40)]
        await asyncio.sleep(0.1)
        release.set()
        frames = await asyncio.gather(*calls)
        refused = [frame for frame in frames if frame[0] == 4]
        assert {frame[2] for frame in refused} == {"GenericError"}
        assert 0 < len(refused) < 10
        assert (await central.call("P1", "ClearCache", {}))[0] == 3
        assert counters.ignored == 0


async def test_work_for_afterwards_runs_when_the_answer_has_gone():
    seen = []

    async def afterwards():
        await rpc.call("Heartbeat", {})
        seen.append("done")

    async def answer(_action, _payload):
        rpc.answers.afterwards(afterwards())
        return {"status": "Accepted"}

    async with Central().serve() as central, linked(central, answer=answer) as (rpc, _):
        await central.call("P1", "Reset", {"type": "Soft"})
        await central.until(lambda: seen)
        assert [frame[0] for _, frame in central.frames] == [3, 2]


async def test_a_handler_that_fails_or_lies_answers_internal_error():
    async def answer(action, _payload):
        if action == "ClearCache":
            return {"status": "Perhaps"}
        if action == "Reset":
            return {"status": object()}
        if action == "DataTransfer":
            return {"status": "Accepted", "data": "\ud800"}
        raise ValueError("planted")

    async with Central().serve() as central, linked(central, answer=answer) as (_rpc, counters):
        for action, payload in (
            ("ClearCache", {}),
            ("Reset", {"type": "Soft"}),
            ("DataTransfer", {"vendorId": "v"}),
            ("GetConfiguration", {}),
        ):
            frame = await central.call("P1", action, payload)
            assert frame[0] == 4
            assert frame[2] == "InternalError"
        assert counters.own_violations == 3


async def test_muted_means_not_a_word():
    async with Central().serve() as central, linked(central) as (rpc, counters):
        rpc.answers.muted = True
        with pytest.raises(TimeoutError):
            await central.call("P1", "ClearCache", {}, seconds=0.1)
        rpc.answers.muted = False
        await rpc.call("Heartbeat", {})
        assert counters.ignored == 1


async def test_a_ping_that_nobody_answers_drops_the_link():
    async with Central().serve() as central, linked(central, timeout_s=0.1) as (rpc, _):
        rpc.ping_every(0.05)
        await asyncio.sleep(0.3)
        assert rpc.alive, "pings are answered"
        central.links["P1"].transport.pause_reading()
        await central.until(lambda: not rpc.alive, 3)
        central.links["P1"].transport.abort()


async def test_a_peer_that_does_not_even_read_is_given_up():
    async with Central().serve() as central, linked(central, timeout_s=0.2) as (rpc, counters):
        central.links["P1"].transport.pause_reading()
        # More than the buffers between the two hold
        with pytest.raises(NotDeliveredError, match="the connection was lost"):
            await rpc.call("DataTransfer", {"vendorId": "v", "data": "x" * (16 << 20)})
        await central.until(lambda: not rpc.alive, 3)
        assert counters.own_violations == 0
        central.links["P1"].transport.abort()


async def test_a_reader_that_sees_the_end_before_the_sender_leaves_no_outcome_unheard(monkeypatch):
    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    async with Central().serve() as central, linked(central) as (rpc, _):

        async def send(*_, **__):
            central.links["P1"].transport.abort()
            await central.until(lambda: not rpc.alive)
            raise ConnectionClosedError(None, None)

        monkeypatch.setattr(rpc._socket, "send", send)
        with pytest.raises(NotDeliveredError, match="the connection was lost"):
            await rpc.call("Heartbeat", {})
    gc.collect()
    assert not said
