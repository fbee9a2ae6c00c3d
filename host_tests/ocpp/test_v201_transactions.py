"""Facts of a transaction as TransactionEvent (E01 to E15, J02, I02)."""

import uuid

import pytest
from fakes201 import LOST, T0, Bench, event

from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201.shared import transaction_id
from pilebridge.platforms.ocpp.v201.transaction_events import FAULT_STOPPED, STOPPED
from pilebridge.platforms.ocpp.v201.words import stamp
from pilebridge.wire import messages

LIVE = {"w": 7012, "mv": (219800,), "ma": (31900,)}


async def deliver(bench, fact):
    await bench.station.deliver(fact)
    return bench.sent("TransactionEvent")[-1]


async def test_e01_e02_e09_a_charge_from_start_to_end():
    bench = Bench()
    identity = bench.runs()
    told = [
        await deliver(bench, event(events.STARTED, 0, id_token="04A2B3C4", state="preparing")),
        await deliver(bench, event(events.CHARGING, 1)),
        await deliver(bench, event(events.SAMPLE, 2, state="charging", **LIVE)),
        await deliver(bench, event(events.STATE, 3, state="suspended_ev")),
        await deliver(bench, event(events.ENDED, 4, reason="unplugged")),
    ]
    assert [each["eventType"] for each in told] == [
        "Started", "Updated", "Updated", "Updated", "Ended",
    ]  # fmt: skip
    assert [each["triggerReason"] for each in told] == [
        "Authorized", "ChargingStateChanged", "MeterValuePeriodic", "ChargingStateChanged",
        "EVCommunicationLost",
    ]  # fmt: skip
    assert [each["transactionInfo"]["chargingState"] for each in told] == [
        "EVConnected", "Charging", "Charging", "SuspendedEV", "Idle",
    ]  # fmt: skip
    assert [each["seqNo"] for each in told] == [0, 1, 2, 3, 4]
    assert {each["transactionInfo"]["transactionId"] for each in told} == {identity}
    assert told[2]["timestamp"] == stamp(T0 + 120)
    # Connector and token once
    assert told[0]["evse"] == {"id": 1, "connectorId": 1}
    assert told[0]["idToken"] == {"idToken": "04A2B3C4", "type": "ISO14443"}
    assert not any("evse" in each or "idToken" in each for each in told[1:])
    assert told[4]["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    assert not any("offline" in each for each in told)


def test_the_id_is_a_uuid_and_stays_the_same():
    identity = transaction_id("P-0001", "a55a41c3-37")
    assert str(uuid.UUID(identity)) == identity
    assert identity == transaction_id("P-0001", "a55a41c3-37")
    assert identity != transaction_id("P-0002", "a55a41c3-37")


async def test_the_id_is_bound_before_the_start_is_told():
    bench = Bench()
    identity = bench.runs()
    bench.context.answers["TransactionEvent"] = LOST
    with pytest.raises(type(LOST)):
        await bench.station.deliver(event(events.STARTED))
    assert bench.context.open[0].transaction_id == identity


async def test_f01_a_remote_start_carries_its_id_and_token():
    bench = Bench()
    bench.runs()
    fact = event(events.STARTED, id_token="DRIVER-1", id_token_type="Central", remote_start_id=7)
    told = await deliver(bench, fact)
    assert told["triggerReason"] == "RemoteStart"
    assert told["transactionInfo"]["remoteStartId"] == 7
    assert told["idToken"] == {"idToken": "DRIVER-1", "type": "Central"}


async def test_e04_e08_e12_what_happened_offline_says_so_with_its_own_time():
    bench = Bench()
    bench.context.now = T0 + 86_400
    told = await deliver(bench, event(events.STARTED, offline=True))
    assert told["offline"] is True
    assert told["timestamp"] == stamp(T0)


@pytest.mark.parametrize("reason", sorted({*STOPPED, *messages.STOP_REASONS} - {"fault"}))
async def test_e06_every_reason_of_the_journal_has_its_words(reason):
    told = await deliver(Bench(), event(events.ENDED, 9, reason=reason))
    assert (told["transactionInfo"]["stoppedReason"], told["triggerReason"]) == STOPPED[reason]


@pytest.mark.parametrize(
    ("fault", "word"), [*FAULT_STOPPED.items(), ("contactor_welded", "Other")]
)
async def test_e06_a_fault_that_ends_a_charge_is_named(fault, word):
    told = await deliver(Bench(), event(events.ENDED, 9, reason="fault", fault=fault))
    assert told["transactionInfo"]["stoppedReason"] == word
    assert told["triggerReason"] == "AbnormalCondition"


async def test_j02_measurands_are_those_that_were_chosen():
    bench = Bench()
    begin = await deliver(bench, event(events.STARTED, **LIVE))
    (value,) = begin["meterValue"][0]["sampledValue"]
    assert value == {
        "value": 1000,
        "context": "Transaction.Begin",
        "measurand": "Energy.Active.Import.Register",
        "location": "Outlet",
        "unitOfMeasure": {"unit": "Wh"},
    }
    sample = await deliver(bench, event(events.SAMPLE, 1, **LIVE))
    values = sample["meterValue"][0]["sampledValue"]
    assert [(v["measurand"], v["value"], v.get("phase")) for v in values] == [
        ("Energy.Active.Import.Register", 1010, None),
        ("Power.Active.Import", 7012, None),
        ("Voltage", 219.8, "L1-N"),
        ("Current.Import", 31.9, "L1"),
    ]
    assert {v["context"] for v in values} == {"Sample.Periodic"}
    assert sample["numberOfPhasesUsed"] == 1
    chosen = "Power.Active.Import"
    assert await bench.set("SampledDataCtrlr", "TxUpdatedMeasurands", chosen) == "Accepted"
    sample = await deliver(bench, event(events.SAMPLE, 2, **LIVE))
    assert [v["measurand"] for v in sample["meterValue"][0]["sampledValue"]] == [chosen]
    end = await deliver(bench, event(events.ENDED, 3, reason="local"))
    assert end["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.End"
    wrong = "SoC,Power.Active.Import"
    assert await bench.set("SampledDataCtrlr", "TxUpdatedMeasurands", wrong) == "Rejected"


async def test_e05_a_token_that_is_taken_back_is_passed_on():
    bench = Bench()
    bench.context.answers["TransactionEvent"] = {"idTokenInfo": {"status": "Blocked"}}
    await bench.station.deliver(event(events.STARTED))
    assert bench.context.taken_back == [("a55a41c3-37", "blocked")]
    # It has ended: nothing is left to take back
    await bench.station.deliver(event(events.ENDED, 1, reason="local"))
    assert len(bench.context.taken_back) == 1


async def test_i02_costs_are_kept():
    bench = Bench()
    identity = bench.runs()
    told = {"totalCost": 3.25, "updatedPersonalMessage": {"format": "UTF8", "content": "Hello"}}
    bench.context.answers["TransactionEvent"] = told
    await bench.station.deliver(event(events.SAMPLE, 1))
    assert bench.context.values.get("cost")[identity] == {
        "total": 3.25, "final": False, "message": "Hello", "utc": T0,
    }  # fmt: skip
    assert await bench.ask("CostUpdated", {"totalCost": 4, "transactionId": identity}) == {}
    assert bench.context.values.get("cost")[identity]["total"] == 4
    bench.context.answers["TransactionEvent"] = {"totalCost": 5.5}
    await bench.station.deliver(event(events.ENDED, 2, reason="local"))
    assert bench.context.values.get("cost")[identity]["final"] is True


async def test_i02_costs_of_long_ago_are_forgotten():
    bench = Bench()
    for number in range(30):
        await bench.ask("CostUpdated", {"totalCost": number, "transactionId": f"tx-{number}"})
    costs = bench.context.values.get("cost")
    assert list(costs) == [f"tx-{number}" for number in range(10, 30)]


@pytest.mark.parametrize("wrong", [LOST, CallError("InternalError")])
async def test_e13_what_was_not_taken_is_left_to_be_sent_again(wrong):
    bench = Bench()
    bench.context.answers["TransactionEvent"] = wrong
    fact = event(events.SAMPLE, 1)
    with pytest.raises(type(wrong)):
        await bench.station.deliver(fact)
    del bench.context.answers["TransactionEvent"]
    bench.again()
    told = await deliver(bench, fact)
    assert (told["seqNo"], told["timestamp"]) == (1, stamp(T0 + 60))


async def test_what_follows_from_an_event_does_not_have_it_sent_again():
    bench = Bench()
    bench.runs()
    bench.services.states[1].w = 9000
    data = {
        "value": 8000, "type": "UpperThreshold", "severity": 4,
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"},
    }  # fmt: skip
    await bench.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
    bench.context.answers["NotifyEvent"] = LOST
    await bench.station.deliver(event(events.SAMPLE, 1))
    assert len(bench.sent("TransactionEvent")) == 1
    del bench.context.answers["NotifyEvent"]
    await bench.station.deliver(event(events.SAMPLE, 2))
    assert len(bench.sent("NotifyEvent")) == 1


async def test_e14_status_of_a_transaction():
    bench = Bench()
    identity = bench.runs()
    ask = {"transactionId": identity}
    assert await bench.ask("GetTransactionStatus", ask) == {
        "ongoingIndicator": True, "messagesInQueue": False,
    }  # fmt: skip
    bench.context.queue.add(identity)
    bench.context.open[0].ended = True
    assert await bench.ask("GetTransactionStatus", ask) == {
        "ongoingIndicator": False, "messagesInQueue": True,
    }  # fmt: skip
    assert await bench.ask("GetTransactionStatus") == {"messagesInQueue": True}
    bench.context.queue.clear()
    assert await bench.ask("GetTransactionStatus") == {"messagesInQueue": False}
    # Told wholly, and no longer in the book
    bench.context.open.clear()
    assert await bench.ask("GetTransactionStatus", ask) == {
        "ongoingIndicator": False, "messagesInQueue": False,
    }  # fmt: skip
