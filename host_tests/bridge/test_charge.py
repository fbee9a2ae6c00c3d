"""One charge from the platform's order to its bill, through the bridge."""

from decimal import Decimal

from bridge.fakes import CONNECTOR, PILE, charging_station, seq, until

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
