"""What a charge becomes when the pile, the bridge, its settings or a platform change underneath."""

import asyncio
import contextlib
import time
from decimal import Decimal

import pytest

from bridge.fake_platform import FakePlatform, until
from bridge.fakes import CONNECTOR, PILE, T0, charging_station, local_bridge, seq
from evse.core import messages
from pilebridge import orders
from pilebridge.platforms.tcec102 import adapter, pushes
from pilebridge.platforms.tcec102.envelope import Secrets
from pilebridge.platforms.tcec102.tokens import TokenIssuer

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}
DEARER = {'energy = "0.3500"': 'energy = "9.0000"', 'energy = "0.6500"': 'energy = "9.0000"'}


async def test_a_running_charge_keeps_the_price_it_was_ordered_at(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(FakePlatform().serve())
        async with local_bridge(tmp_path, peer.port) as (bridge, pile):
            async with peer.calling(bridge) as client:
                await client.call("query_start_charge", START)
            pile.charging()
            await until(lambda: peer.of(pushes.START_RESULT))
            before = pile
        async with local_bridge(tmp_path, peer.port, **DEARER) as (bridge, pile):
            pile.adopt(before)
            client = await stack.enter_async_context(peer.calling(bridge))
            auth = {"EquipBizSeq": seq(3), "ConnectorID": CONNECTOR}
            policy = await client.call("query_equip_business_policy", auth)
            assert {row["ElecPrice"] for row in policy["PolicyInfos"]} == {Decimal("9.0000")}
            pile.state(wh=2000, status="charging")
            status = await client.call("query_equip_charge_status", START)
            assert status["ElecMoney"] < 1
            pile.stop("remote")
            await until(lambda: peer.of(pushes.ORDER))
            lines = peer.of(pushes.ORDER)[0]["ChargeDetails"]
            assert {line["ElecPrice"] for line in lines} <= {Decimal("0.3500"), Decimal("0.6500")}
            # The next one has the new price
            again = {**START, "StartChargeSeq": seq(2)}
            pile.status = "preparing"
            assert (await client.call("query_start_charge", again))["SuccStat"] == 0
            pile.charging()
            pile.stop("remote")
            await until(lambda: len(peer.of(pushes.ORDER)) == 2)
            lines = peer.of(pushes.ORDER)[1]["ChargeDetails"]
            assert {line["ElecPrice"] for line in lines} == {Decimal("9.0000")}


async def test_a_local_charge_keeps_the_price_it_began_at(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.journal("tx_start", tx=1, ref="", by="local")
        await until(lambda: bridge.assembly.open_transactions)
        before = pile
    async with local_bridge(tmp_path, **DEARER) as (bridge, pile):
        pile.adopt(before)
        pile.wh = 2000
        pile.journal("tx_stop", tx=1, reason="local", fault="")

        def bill():
            return bridge.store.read.execute("select cdr from transactions").fetchone()["cdr"]

        # The store writes in a thread of its own, after the charge has left the open ones
        await until(lambda: bridge.assembly.open_transactions == [] and bill())
        assert "90000" not in bill()


async def test_an_order_keeps_its_price_when_its_first_record_comes_later(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(FakePlatform().serve())
        async with local_bridge(tmp_path, peer.port) as (bridge, pile):
            pile.answer = {"result": "accepted", "reason": ""}
            async with peer.calling(bridge) as client:
                await client.call("query_start_charge", START)
        async with local_bridge(tmp_path, peer.port, **DEARER) as (bridge, pile):
            pile.act({"name": "start", "args": {"ref": seq(), "by": "tcec102"}})
            pile.charging()
            pile.stop("vehicle")
            await until(lambda: peer.of(pushes.ORDER))
            lines = peer.of(pushes.ORDER)[0]["ChargeDetails"]
            assert {line["ElecPrice"] for line in lines} <= {Decimal("0.3500"), Decimal("0.6500")}


async def test_a_charge_that_power_cut_off_is_billed_when_the_pile_is_back(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        pile.wh = 1400
        pile.journal("tx_sample", tx=pile.tx, w=7000)
        pile.restart()
        await until(lambda: peer.of(pushes.ORDER))
        order = peer.of(pushes.ORDER)[0]
        assert (str(order["TotalPower"]), order["StopReason"]) == ("0.40", 6)
        assert bridge.assembly.open_transactions == []
        row = bridge.store.read.execute("select estimated, reason from transactions").fetchone()
        assert (row["estimated"], row["reason"]) == (1, "power_loss")


async def test_a_charge_the_pile_took_up_again_goes_on(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        tx, ref = pile.tx, pile.ref
        pile.boot += 1
        pile.journal("boot", cause="power_on")
        pile.state(tx=tx, ref=ref, status="charging")
        pile.wh = 3000
        pile.stop("vehicle")
        await until(lambda: peer.of(pushes.ORDER))
        assert str(peer.of(pushes.ORDER)[0]["TotalPower"]) == "2.00"


async def test_a_state_before_the_records_of_a_restart_ends_nothing(tmp_path):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        pile.boot += 1
        pile.state(tx=None, ref=None, status="preparing")
        await bridge.assembly.settled()
        await asyncio.sleep(0.1)
        assert len(bridge.assembly.open_transactions) == 1


async def test_an_accepted_start_that_power_cut_off_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "_LOST_START_S", 0.2)
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        pile.answer = {"result": "accepted", "reason": ""}
        assert (await client.call("query_start_charge", START))["SuccStat"] == 0
        await until(lambda: peer.of(pushes.START_RESULT))
        result = peer.of(pushes.START_RESULT)[0]
        assert (result["StartChargeSeq"], result["StartChargeSeqStat"]) == (seq(), 4)
        status = await client.call("query_equip_charge_status", START)
        assert status["StartChargeSeqStat"] == 4
        # Should it begin after all, it is stopped
        pile.answer = None
        pile.act({"name": "start", "args": {"ref": seq(), "by": "tcec102"}})
        await until(lambda: [command["name"] for command in pile.commands][-1] == "stop")
        await until(lambda: bridge.assembly.open_transactions == [])


async def test_a_start_in_progress_is_not_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "_LOST_START_S", 0.1)
    async with charging_station(tmp_path) as (peer, _, pile, client):
        assert (await client.call("query_start_charge", START))["SuccStat"] == 0
        await asyncio.sleep(0.5)
        assert peer.of(pushes.START_RESULT) == []
        pile.charging()
        await until(lambda: peer.of(pushes.START_RESULT))
        assert peer.of(pushes.START_RESULT)[0]["StartChargeSeqStat"] == 2


async def test_a_record_that_overtakes_its_answer_proves_the_start(tmp_path):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        pile.silent = True
        asking = asyncio.create_task(client.call("query_start_charge", START))
        await until(lambda: pile.hold)
        pile.act(pile.hold[0])
        answer = await asking
        assert (answer["SuccStat"], answer["StartChargeSeqStat"]) == (0, 1)
        await asyncio.sleep(0.1)
        assert [command["name"] for command in pile.commands] == ["start"]
        assert len(bridge.assembly.open_transactions) == 1


async def test_a_start_that_an_earlier_process_asked_for_is_not_asked_again(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        tariff = bridge.platforms[0].tariff_of("").as_text()
        await bridge.store.submit(
            lambda conn: orders.create(conn, "sandbox", seq(), CONNECTOR, T0, tariff)
        )
        pile.act({"name": "start", "args": {"ref": seq(), "by": "tcec102"}})
        pile.charging()
        pile.wh = 1500
        pile.stop("vehicle")
        await until(lambda: peer.of(pushes.ORDER))
        answer = await client.call("query_start_charge", START)
        assert (answer["SuccStat"], answer["FailReason"]) == (0, 0)
        assert pile.commands == []
        stop = await client.call("query_stop_charge", START)
        assert stop["FailReason"] == 3


async def test_a_late_stale_answer_is_not_kept(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        pile.silent, pile.answer = True, {"result": "stale", "reason": ""}
        assert await link.command(PILE, "stop:x", "stop", {}, 10, 0.05) is None
        pile.reply(pile.hold.pop())
        await until(lambda: link.counters[PILE].late_reply == 1)
        pile.silent, pile.answers = False, {}
        pile.answer = {"result": "accepted", "reason": ""}
        reply = await link.command(PILE, "stop:x", "stop", {}, 10, 1)
        assert reply.result == "accepted"


async def test_nothing_is_dropped_while_the_platform_refuses_our_login(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await until(peer.statuses)
        good = peer.tokens
        other = Secrets("MA5PILE01", "changed", "0" * 16, "0" * 16, "x")
        peer.tokens = TokenIssuer(other, lambda: 0.0)
        await client.call("query_start_charge", START)
        pile.charging()
        pile.stop("vehicle")
        await asyncio.sleep(4)
        states = bridge.store.read.execute("select state from outbox").fetchall()
        assert [row["state"] for row in states] == ["due"] * 3
        peer.tokens = good
        await until(lambda: peer.of(pushes.ORDER))
        assert [name for name, _ in peer.pushes if name != pushes.STATUS] == [
            pushes.START_RESULT,
            pushes.STOP_RESULT,
            pushes.ORDER,
        ]
        assert peer.statuses()[-1] == 2


async def test_what_the_broker_remembers_is_no_sign_of_life(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, _):
        await until(lambda: peer.statuses()[-1:] == [2])
        remembered = dict(bridge.link.remembered)
        # The pile leaves while the broker is away: no last will
        pile.silent = True
        bridge.hub.on_link(False)
        bridge.hub.presence.forget()
        bridge.hub.on_link(True)
        for topic, payload in remembered.items():
            bridge.link.deliver(topic, payload, True)
        await asyncio.sleep(0.1)
        assert pile.commands[-1]["name"] == "report"
        assert not bridge.hub.reachable(PILE)
        # It was only slow to answer
        pile.reply(pile.hold[-1])
        await until(lambda: bridge.hub.reachable(PILE))


async def test_messages_that_waited_in_the_broker_are_no_sign_of_life(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        bridge.hub.presence.forget()
        pile.clock = lambda: T0
        pile.state()
        await asyncio.sleep(0.05)
        assert not bridge.hub.reachable(PILE)


async def test_a_connector_that_left_the_settings_is_still_billed(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        bridge.platforms[0]._scope.clear()
        pile.wh = 1500
        pile.stop("vehicle")
        await until(lambda: peer.of(pushes.ORDER))
        assert peer.of(pushes.ORDER)[0]["ConnectorID"] == CONNECTOR


@pytest.mark.parametrize("link_up", [True, False])
async def test_a_site_limit_is_published_and_refreshed(tmp_path, link_up):
    changed = {"limit_a = 32": "limit_a = 16.5\nttl_s = 10"}
    async with local_bridge(tmp_path, **changed) as (bridge, _):
        sent = bridge.link.retained
        await until(lambda: "site/demo/limit" in sent)
        message = messages.decode("limit", sent["site/demo/limit"])
        assert (message["a10"], message["ttl_s"]) == (165, 10)
        assert abs(message["utc"] - time.time()) < 5
        # Once more for the pile that has just learnt the time
        await asyncio.sleep(0.7)
        sent.clear()
        bridge.link.connected = link_up
        await asyncio.sleep(0.2)
        assert not sent
        if not link_up:
            # A new connection hears of it at once
            bridge.link.connected = True
            bridge.hub.on_link(True)
        await until(lambda: "site/demo/limit" in sent, 6)


async def test_records_of_one_start_twice_make_one_transaction(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        stop = {"tx": 1, "reason": "local", "fault": ""}
        for wh in (2000, 9000):
            pile.write("tx_start", tx=1, ref="", by="local")
            pile.write("tx_stop", wh=wh, **stop)
        pile.tell_held()
        await until(lambda: pile.acked == 4)
        await bridge.assembly.settled()
        bills = bridge.store.read.execute("select cdr from transactions").fetchall()
        assert ['"energy_wh": 1000' in row["cdr"] for row in bills] == [True]
