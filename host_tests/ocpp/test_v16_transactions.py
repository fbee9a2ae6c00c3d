"""Facts of a transaction as StartTransaction, MeterValues and StopTransaction of 1.6."""

import pytest
from fakes16 import PILE, TAG, TX, UTC, UTC_TEXT, Bench, event, refused

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.events import CHARGING, ENDED, SAMPLE, STARTED, STATE
from pilebridge.platforms.ocpp.v16.transactions import HOLD_PROFILE, stop_reason
from pilebridge.wire import messages

ENERGY = {
    "measurand": "Energy.Active.Import.Register",
    "unit": "Wh",
}


def started(bench, **fields):
    bench.running(transaction_id="")
    return event(STARTED, id_token=TAG, **fields)


def answer(number, status="Accepted"):
    return {"transactionId": number, "idTagInfo": {"status": status}}


async def test_a_start_is_told_and_its_number_bound():
    bench = Bench()
    await bench.station.deliver(started(bench))
    assert bench.context.sent == [
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": TAG, "meterStart": 1000, "timestamp": UTC_TEXT},
        )
    ]
    assert bench.context.open[0].transaction_id == "7"
    assert bench.context.revoked == []


async def test_a_start_names_its_reservation():
    bench = Bench()
    await bench.station.deliver(started(bench, reservation_id=12))
    assert bench.context.named("StartTransaction")[0]["reservationId"] == 12


async def test_no_number_is_asked_for_again_before_it_is_believed():
    bench = Bench()
    fact = started(bench)
    bench.context.answers["StartTransaction"] = [answer(0), answer(0), answer(9)]
    for _ in range(2):
        with pytest.raises(CallError):
            await bench.station.deliver(fact)
        assert bench.context.open[0].transaction_id == ""
    await bench.station.deliver(fact)
    assert bench.context.open[0].transaction_id == "9"


async def test_no_number_is_believed_at_the_last_attempt():
    bench = Bench()
    await bench.configure(TransactionMessageAttempts="2")
    fact = started(bench)
    bench.context.answers["StartTransaction"] = [answer(0), answer(0)]
    with pytest.raises(CallError):
        await bench.station.deliver(fact)
    # The doubts outlive the connection
    bench.again()
    await bench.station.deliver(fact)
    assert bench.context.open[0].transaction_id == "0"


async def test_a_start_is_believed_before_the_queue_gives_it_up():
    bench = Bench()
    fact = started(bench)
    failures = [CallError("InternalError"), NotDeliveredError("time"), answer(0)]
    bench.context.answers["StartTransaction"] = failures
    for _ in range(2):
        with pytest.raises((CallError, NotDeliveredError)):
            await bench.station.deliver(fact)
    await bench.station.deliver(fact)
    assert bench.context.open[0].transaction_id == "0"


async def test_an_early_invalid_is_asked_for_again():
    bench = Bench()
    await bench.station.boot("PowerUp")
    fact = started(bench)
    bench.context.answers["StartTransaction"] = [answer(8, "Invalid"), answer(8)]
    with pytest.raises(CallError):
        await bench.station.deliver(fact)
    await bench.station.deliver(fact)
    assert bench.context.revoked == []


@pytest.mark.parametrize("status", ["Invalid", "Blocked", "Expired", "ConcurrentTx"])
async def test_a_tag_that_is_not_accepted_ends_the_transaction(status):
    bench = Bench()
    bench.context.answers["StartTransaction"] = answer(7, status)
    await bench.station.deliver(started(bench))
    assert bench.context.open[0].transaction_id == "7"
    assert bench.context.revoked == [(TX, status)]


async def test_without_stop_on_invalid_id_only_the_energy_ends():
    bench = Bench()
    await bench.configure(StopTransactionOnInvalidId="false")
    bench.context.answers["StartTransaction"] = answer(7, "Invalid")
    await bench.station.deliver(started(bench))
    assert bench.context.revoked == []
    (held,) = bench.pile.held
    assert (held.id, held.connector, held.ref) == (HOLD_PROFILE, 1, "ocpp-1")
    assert [(p.start_s, p.a10) for p in held.periods] == [(0, 0)]
    await bench.station.deliver(event(ENDED, reason="unplugged"))
    assert bench.pile.held == []


async def test_a_pile_that_cannot_hold_back_ends_it():
    bench = Bench()
    await bench.configure(StopTransactionOnInvalidId="false")
    bench.pile.replies["profile"] = refused("full")
    bench.context.answers["StartTransaction"] = answer(7, "Invalid")
    await bench.station.deliver(started(bench))
    assert bench.context.revoked == [(TX, "Invalid")]


async def test_a_sample_goes_out_with_what_is_wanted():
    bench = Bench(phases=3)
    bench.running()
    bench.pile.put(limit_a10=160, limit_by="site")
    wanted = "Energy.Active.Import.Register,Power.Active.Import,Voltage,Current.Import"
    await bench.configure(MeterValuesSampledData=f"{wanted}, Current.Offered,Power.Offered")
    measured = {"w": 10980, "mv": (230049, 229950, 231000), "ma": (16000, 15949, 15950)}
    await bench.station.deliver(event(SAMPLE, wh=1234, **measured))
    (sent,) = bench.context.named("MeterValues")
    assert (sent["connectorId"], sent["transactionId"]) == (1, 7)
    (value,) = sent["meterValue"]
    assert value["timestamp"] == UTC_TEXT
    rows = value["sampledValue"]
    assert {row["context"] for row in rows} == {"Sample.Periodic"}
    assert [(r["measurand"], r.get("phase"), r["value"], r["unit"]) for r in rows] == [
        ("Energy.Active.Import.Register", None, "1234", "Wh"),
        ("Power.Active.Import", None, "10980", "W"),
        ("Voltage", "L1-N", "230.0", "V"),
        ("Voltage", "L2-N", "230.0", "V"),
        ("Voltage", "L3-N", "231.0", "V"),
        ("Current.Import", "L1", "16.0", "A"),
        ("Current.Import", "L2", "15.9", "A"),
        ("Current.Import", "L3", "16.0", "A"),
        ("Current.Offered", None, "16.0", "A"),
        ("Power.Offered", None, "11040", "W"),
    ]


async def test_what_was_offered_in_the_past_is_not_made_up():
    bench = Bench()
    bench.running()
    await bench.configure(MeterValuesSampledData="Current.Offered")
    await bench.station.deliver(event(SAMPLE, offline=True))
    assert bench.context.sent == []


async def test_the_begin_of_the_current_is_told():
    bench = Bench()
    bench.running()
    await bench.station.deliver(event(CHARGING))
    (sent,) = bench.context.named("MeterValues")
    assert sent["meterValue"][0]["sampledValue"] == [
        {"value": "1000", "context": "Other", **ENERGY}
    ]


async def test_interval_0_sends_no_samples_and_a_state_is_no_message():
    bench = Bench()
    bench.running()
    await bench.configure(MeterValueSampleInterval="0")
    await bench.station.deliver(event(SAMPLE))
    await bench.station.deliver(event(STATE, state="charging"))
    assert bench.context.sent == []


@pytest.mark.parametrize(
    ("reason", "fault", "wanted"),
    [
        ("local", "", "Local"),
        ("remote", "", "Remote"),
        ("vehicle", "", "Other"),
        ("unplugged", "", "EVDisconnected"),
        ("start_timeout", "", "Other"),
        ("power_loss", "", "PowerLoss"),
        ("fault", "emergency_stop", "EmergencyStop"),
        ("fault", "mains_lost", "PowerLoss"),
        ("fault", "contactor_welded", "Other"),
        ("deauthorized", "", "DeAuthorized"),
        ("unlock", "", "UnlockCommand"),
        ("reset_soft", "", "SoftReset"),
        ("reset_hard", "", "HardReset"),
        ("other", "", "Other"),
    ],
)
async def test_an_end_is_told_with_its_reason(reason, fault, wanted):
    bench = Bench()
    bench.running()
    await bench.station.deliver(event(ENDED, wh=5000, reason=reason, fault=fault))
    (sent,) = bench.context.named("StopTransaction")
    assert sent == {
        "transactionId": 7,
        "meterStop": 5000,
        "timestamp": UTC_TEXT,
        "reason": wanted,
    }


def test_every_reason_of_the_wire_has_one_of_the_message():
    from schemas16 import validator

    allowed = validator("StopTransaction").schema["properties"]["reason"]["enum"]
    assert {stop_reason(reason, "") for reason in messages.STOP_REASONS} <= set(allowed)


async def test_a_stop_with_the_card_names_it():
    bench = Bench()
    bench.running()
    await bench.station.deliver(event(ENDED, reason="local", id_token=TAG))
    assert bench.context.named("StopTransaction")[0]["idTag"] == TAG


async def test_a_charge_that_nobody_could_hear_of_is_told_in_order_with_its_own_times():
    bench = Bench()
    fact = started(bench, utc=UTC - 7200, offline=True)
    bench.context.answers["StartTransaction"] = [NotDeliveredError("link"), answer(41)]
    with pytest.raises(NotDeliveredError):
        await bench.station.deliver(fact)
    bench.again()
    await bench.station.deliver(fact)
    await bench.station.deliver(event(SAMPLE, utc=UTC - 3600, wh=2000, offline=True))
    await bench.station.deliver(event(ENDED, wh=3000, reason="unplugged", offline=True))
    assert [name for name, _ in bench.context.sent[1:]] == [
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert bench.context.sent[1][1]["timestamp"] == "2026-03-04T03:06:07Z"
    assert bench.context.sent[2][1]["transactionId"] == 41
    assert bench.context.sent[2][1]["meterValue"][0]["timestamp"] == "2026-03-04T04:06:07Z"
    assert bench.context.sent[3][1]["transactionId"] == 41


async def test_the_end_carries_the_samples_that_were_asked_for():
    bench = Bench()
    await bench.configure(StopTxnSampledData="Energy.Active.Import.Register")
    await bench.station.deliver(started(bench))
    bench.again()
    for minute in (1, 2):
        fact = event(SAMPLE, utc=UTC + 60 * minute, wh=1000 + minute)
        await bench.station.deliver(fact)
        await bench.station.deliver(fact)
    await bench.station.deliver(event(ENDED, utc=UTC + 150, wh=1005, reason="remote"))
    data = bench.context.named("StopTransaction")[0]["transactionData"]
    rows = [(row["sampledValue"][0]["context"], row["sampledValue"][0]["value"]) for row in data]
    assert rows == [
        ("Transaction.Begin", "1000"),
        ("Sample.Periodic", "1001"),
        ("Sample.Periodic", "1002"),
        ("Transaction.End", "1005"),
    ]
    assert bench.context.values.get(f"tx:{TX}") is None


async def test_a_long_charge_keeps_its_data_within_bounds():
    bench = Bench()
    await bench.configure(StopTxnSampledData="Energy.Active.Import.Register")
    await bench.station.deliver(started(bench))
    for minute in range(1, 500):
        await bench.station.deliver(event(SAMPLE, utc=UTC + 60 * minute, wh=1000 + minute))
    await bench.station.deliver(event(ENDED, utc=UTC + 40000, wh=2000, reason="remote"))
    data = bench.context.named("StopTransaction")[0]["transactionData"]
    values = [int(row["sampledValue"][0]["value"]) for row in data]
    assert 60 <= len(values) <= 122
    assert (values[0], values[-1]) == (1000, 2000)
    assert values == sorted(values)


async def test_facts_of_a_start_that_was_given_up_are_not_sent():
    bench = Bench()
    bench.running(transaction_id="")
    await bench.station.deliver(event(SAMPLE))
    await bench.station.deliver(event(ENDED, reason="remote"))
    assert bench.context.sent == []
    assert bench.context.open[0].pile == PILE
