"""One charge from the platform's order to its bill, through the bridge."""

import asyncio
from decimal import Decimal

import pytest

from bridge.fake_platform import until
from bridge.fakes import CONNECTOR, PILE, charging_station, seq
from pilebridge import orders
from pilebridge.platforms.tcec102 import pushes
from pilebridge.platforms.tcec102.client import PeerError

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}


async def test_a_charge_is_started_reported_stopped_and_billed(tmp_path):
    async with charging_station(tmp_path, interval_s=0.2) as (peer, _, pile, client):
        answer = await client.call("query_start_charge", START)
        assert answer == {
            **START,
            "StartChargeSeqStat": 1,
            "SuccStat": 0,
            "FailReason": 0,
        }
        pile.charging()
        await until(lambda: peer.of("notification_start_charge_result"))
        assert peer.of("notification_start_charge_result")[0]["StartChargeSeqStat"] == 2
        pile.state(wh=2345)
        await until(
            lambda: any(
                push["TotalPower"] == Decimal("1.34")
                for push in peer.of("notification_equip_charge_status")
            )
        )
        status = await client.call("query_equip_charge_status", START)
        assert status["StartChargeSeqStat"] == 2
        assert status["ConnectorStatus"] == 3
        assert status["TotalPower"] == Decimal("1.34")
        stop = await client.call("query_stop_charge", START)
        assert (stop["StartChargeSeqStat"], stop["SuccStat"]) == (3, 0)
        await until(lambda: peer.of("notification_charge_order_info"))
        order = peer.of("notification_charge_order_info")[0]
        assert order["StartChargeSeq"] == seq()
        assert order["TotalPower"] == Decimal("1.34")
        assert order["StopReason"] == 1
        lines = order["ChargeDetails"]
        assert sum(line["DetailPower"] for line in lines) == order["TotalPower"]
        money = sum(line["DetailElecMoney"] for line in lines)
        assert money == order["TotalElecMoney"]
        assert order["TotalMoney"] == order["TotalElecMoney"] + order["TotalSeviceMoney"]
        assert peer.of("notification_stop_charge_result")[0]["StartChargeSeqStat"] == 4
        after = await client.call("query_equip_charge_status", START)
        assert after["StartChargeSeqStat"] == 4
        assert after["TotalMoney"] == order["TotalMoney"]
        assert pile.acked == pile.seq
        assert pile.name == PILE


async def test_a_repeated_start_gets_the_same_answer_and_no_second_command(tmp_path):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        answers = await asyncio.gather(
            client.call("query_start_charge", START), client.call("query_start_charge", START)
        )
        answers.append(await client.call("query_start_charge", START))
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["SuccStat"] == 0
        assert [command["name"] for command in pile.commands] == ["start"]
        with pytest.raises(PeerError, match="Ret 4004 ConnectorID"):
            await client.call("query_start_charge", {**START, "ConnectorID": "other"})
        # Also when a new process takes over and the answer is only on disk
        bridge.hub.link._commands.answered.clear()
        assert await client.call("query_start_charge", START) == answers[0]
        assert len(pile.commands) == 1


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("not_plugged", 3),
        ("busy", 4),
        ("fault", 5),
        ("unavailable", 5),
        ("no_meter", 5),
        ("no_connector", 1),
        ("other_transaction", 6),
    ],
)
async def test_refusals_of_the_pile_have_their_reason(tmp_path, reason, expected):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        pile.answer = {"result": "refused", "reason": reason}
        answer = await client.call("query_start_charge", START)
        assert (answer["SuccStat"], answer["FailReason"]) == (1, expected)
        assert bridge.assembly.open_transactions == []


async def test_start_while_unplugged_changes_nothing(tmp_path, caplog):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        pile.state(status="available")
        await until(lambda: peer.statuses()[-1:] == [1])
        before = len(peer.pushes)
        with caplog.at_level("INFO"):
            answer = await client.call("query_start_charge", START)
        assert (answer["SuccStat"], answer["FailReason"]) == (1, 3)
        assert "FailReason 3" in caplog.text
        assert pile.tx is None
        assert len(peer.pushes) == before
        assert await client.call("query_start_charge", START) == answer


async def test_unknown_connector_and_offline_pile(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        unknown = {"StartChargeSeq": seq(2), "ConnectorID": "nowhere"}
        assert (await client.call("query_start_charge", unknown))["FailReason"] == 1
        auth = {"EquipAuthSeq": seq(3), "ConnectorID": "nowhere"}
        assert (await client.call("query_equip_auth", auth))["FailReason"] == 3
        pile.publish("online", b"0", True)
        await until(lambda: peer.statuses()[-1:] == [0])
        assert (await client.call("query_start_charge", START))["FailReason"] == 2
        assert pile.commands == []


async def test_a_start_that_is_answered_late_is_stopped(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        pile.silent = True
        answer = await client.call("query_start_charge", START)
        assert (answer["SuccStat"], answer["FailReason"]) == (1, 2)
        pile.silent = False
        pile.reply(pile.hold.pop())
        await until(lambda: [command["name"] for command in pile.commands] == ["start", "stop"])
        await until(lambda: pile.tx is None)
        stop = await client.call("query_stop_charge", START)
        assert stop["FailReason"] == 3
        await asyncio.sleep(0.1)
        assert peer.of("notification_charge_order_info") == []


async def test_a_start_whose_answer_was_lost_is_stopped_by_its_record(tmp_path):
    async with charging_station(tmp_path) as (_, _, pile, client):
        pile.silent = True
        answer = await client.call("query_start_charge", START)
        assert answer["FailReason"] == 2
        pile.silent = False
        pile.act(pile.hold.pop())
        assert pile.tx is not None
        await until(lambda: [command["name"] for command in pile.commands] == ["start", "stop"])
        await until(lambda: pile.tx is None)


async def test_a_start_that_never_charges_ends_with_an_empty_order(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        await client.call("query_start_charge", START)
        pile.stop("start_timeout")
        await until(lambda: peer.of("notification_charge_order_info"))
        assert peer.of("notification_start_charge_result")[0]["StartChargeSeqStat"] == 4
        assert peer.of("notification_stop_charge_result") == []
        order = peer.of("notification_charge_order_info")[0]
        assert (order["StopReason"], str(order["TotalPower"])) == (5, "0.00")


async def test_stop_of_what_is_unknown_wrong_or_over(tmp_path):
    async with charging_station(tmp_path) as (_, _, pile, client):
        assert (await client.call("query_stop_charge", START))["FailReason"] == 4
        await client.call("query_start_charge", START)
        other = {**START, "ConnectorID": "other"}
        assert (await client.call("query_stop_charge", other))["FailReason"] == 1
        assert (await client.call("query_stop_charge", START))["FailReason"] == 0
        assert (await client.call("query_stop_charge", START))["FailReason"] in {0, 3}
        assert [command["name"] for command in pile.commands].count("stop") == 1


@pytest.mark.parametrize("trouble", ["down", "busy", "disputed", "illegal"])
async def test_an_order_is_pushed_until_it_is_confirmed(tmp_path, monkeypatch, trouble):
    monkeypatch.setattr(pushes, "_DISPUTED_RETRY_S", 0.1)
    order = pushes.ORDER
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        await until(lambda: peer.of(pushes.START_RESULT))
        if trouble == "down":
            peer.down = True
        elif trouble == "disputed":
            peer.answers[order] = {"ConfirmResult": 1}
        else:
            peer.ret[order] = {"busy": -1, "illegal": 4004}[trouble]
        pile.wh = 1500
        pile.stop("vehicle")
        await until(lambda: bridge.assembly.open_transactions == [])
        await asyncio.sleep(0.3)
        assert orders.waiting(bridge.store.read, "sandbox") >= 1
        peer.down, peer.ret, peer.answers = False, {}, {}
        await until(lambda: orders.waiting(bridge.store.read, "sandbox") == 0)
        bodies = peer.of(order)
        assert all(body == bodies[0] for body in bodies)
        assert str(bodies[-1]["TotalPower"]) == "0.50"


async def test_a_result_the_peer_calls_illegal_does_not_hold_up_the_order(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        peer.ret[pushes.STOP_RESULT] = 4004
        await client.call("query_start_charge", START)
        pile.charging()
        pile.stop("local")
        await until(lambda: peer.of(pushes.ORDER), 10)
        assert peer.of(pushes.ORDER)[0]["StopReason"] == 0


async def test_every_connector_is_told_again_when_the_platform_returns(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, _):
        await until(lambda: peer.statuses() == [2])
        peer.down = True
        pile.state(status="available")
        await asyncio.sleep(0.3)
        peer.pushes.clear()
        peer.down = False
        await until(lambda: peer.statuses()[-1:] == [1])


async def test_records_that_come_twice_make_one_bill(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        payloads = []
        monitor = pile.send
        pile.send = lambda *message: (payloads.append(message), monitor(*message))
        pile.wh = 1230
        pile.stop("remote")
        await until(lambda: peer.of(pushes.ORDER))
        for message in payloads:
            monitor(*message)
        await asyncio.sleep(0.2)
        assert len(peer.of(pushes.ORDER)) == 1
        assert len(bridge.store.read.execute("select * from transactions").fetchall()) == 1


async def test_a_charge_the_pile_forgot_is_closed_at_the_next_start(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        pile.wh = 1400
        pile.journal("tx_sample", tx=pile.tx, w=7000)
        pile.state(status="preparing", tx=None, ref=None)
        again = {**START, "StartChargeSeq": seq(2)}
        assert (await client.call("query_start_charge", again))["SuccStat"] == 0
        await until(lambda: peer.of(pushes.ORDER))
        order = peer.of(pushes.ORDER)[0]
        assert (order["StartChargeSeq"], str(order["TotalPower"])) == (seq(), "0.40")
        assert order["StopReason"] == 6
        assert len(bridge.assembly.open_transactions) == 1


async def test_a_local_charge_is_kept_and_pushed_to_nobody(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, _):
        pile.tx = f"{pile.life}-9"
        pile.journal("tx_start", tx=9, ref="", by="local")
        pile.wh = 2000
        pile.journal("tx_stop", tx=9, reason="local", fault="")
        await until(lambda: pile.acked == 2)
        await bridge.assembly.settled()
        row = bridge.store.read.execute("select cdr from transactions").fetchone()
        assert '"energy_wh": 1000' in row["cdr"]
        assert orders.waiting(bridge.store.read, "sandbox") == 0
        assert peer.of(pushes.ORDER) == []
