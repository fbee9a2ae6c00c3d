"""Lost memory, lost acknowledgements and killed bridges: what is stored stays, and is billed once."""

import asyncio

import httpx
import pytest

from bridge.fake_platform import until
from bridge.fakes import CONNECTOR, LIFE, PILE, charging_station, local_bridge, seq
from evse.core import messages
from pilebridge import lives
from pilebridge.platforms.tcec102 import pushes
from pilebridge.presence import Presence, now_s

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}


def bills(bridge):
    rows = bridge.store.read.execute(
        "select tx, reason, estimated, stop_wh - start_wh as wh from transactions order by id"
    )
    return [tuple(row) for row in rows]


async def test_a_charge_whose_pile_lost_its_memory_is_ended_at_its_last_record(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        tx = pile.tx
        pile.charging()
        pile.wh = 1400
        pile.journal("tx_sample", tx=tx, w=7000)
        pile.lose_memory("00000002")
        await until(lambda: peer.of(pushes.ORDER))
        assert bills(bridge) == [(tx, "power_loss", 1, 400)]
        assert str(peer.of(pushes.ORDER)[0]["TotalPower"]) == "0.40"
        # The same numbers in the new life are other records
        assert [life.upto for life in lives.of_pile(bridge.store.read, PILE)] == [1, 3]
        await until(lambda: pile.acked == pile.seq)


async def test_memory_lost_again_and_again_loses_and_doubles_nothing(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        for life in ("0000000a", "0000000b", "0000000c"):
            pile.lose_memory(life)
            pile.write("tx_start", tx=f"{life}-1", ref="", by="local")
            pile.wh += 500
            pile.write("tx_stop", tx=f"{life}-1", reason="local", fault="")
            pile.tell_held()
            pile.tell_held()
            await until(lambda: pile.acked == 3)
        await bridge.assembly.settled()
        assert [wh for *_, wh in bills(bridge)] == [500, 500, 500]
        assert not any(estimated for _, _, estimated, _ in bills(bridge))


async def test_a_charge_is_not_ended_while_its_end_may_still_be_on_the_way(tmp_path):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        await client.call("query_start_charge", START)
        tx, ref = pile.tx, pile.ref
        pile.charging()
        pile.boot += 1
        pile.journal("boot", c=0, wh=None, cause="power_on")
        pile.wh = 3000
        pile.write("tx_stop", tx=tx, ref=ref, reason="power_loss", fault="")
        body = {"boot": pile.boot, "up": 40, "utc": None, "journal": {"waiting": 1}}
        body["connectors"] = [
            {
                "id": 1,
                "status": "preparing",
                "cp": "B1",
                "faults": [],
                "limit_a10": 1,
                "limit_by": "",
            }
        ]
        pile.publish("state", messages.encode(body), True)
        await asyncio.sleep(0.1)
        assert len(bridge.assembly.open_transactions) == 1
        pile.tell_held()
        await until(lambda: bridge.assembly.open_transactions == [])
        await bridge.assembly.settled()
        assert bills(bridge) == [(tx, "power_loss", 0, 2000)]


async def test_a_bridge_killed_between_store_and_acknowledgement_stores_nothing_twice(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        await until(lambda: pile.time_utc)
        # The acknowledgement never leaves
        bridge.hub.link._say = lambda *_: False
        pile.write("tx_start", tx=1, ref="", by="local")
        pile.wh = 2000
        pile.write("tx_stop", tx=1, reason="local", fault="")
        pile.tell_held()
        await until(lambda: bills(bridge) and bridge.assembly.open_transactions == [])
        assert (pile.acked, len(pile.held)) == (0, 2)
        before = pile
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.adopt(before)
        pile.connect()
        await until(lambda: pile.acked == 2)
        await bridge.assembly.settled()
        assert bills(bridge) == [(f"{LIFE}-1", "local", 0, 1000)]
        count = bridge.store.read.execute("select count(*) from journal").fetchone()[0]
        assert count == 2


async def test_alarms_and_lives_are_shown_to_the_operator(tmp_path, caplog):
    async with local_bridge(tmp_path) as (bridge, pile):
        for _ in range(3):
            pile.write("boot")
        del pile.held[2]
        pile.tell_held()
        pile.tell_held()
        await until(lambda: pile.acked == 3)
        url = f"http://127.0.0.1:{bridge.http_port}/admin"
        async with httpx.AsyncClient(trust_env=False) as http:
            (alarm,) = (await http.get(f"{url}/alarms")).json()["alarms"]
            (station,) = (await http.get(f"{url}/stations")).json()["piles"]
        assert (alarm["kind"], alarm["subject"], alarm["cleared_utc"]) == ("hole", "2..2", None)
        assert station["lives"] == [{"life": LIFE, "upto": 3}]
        assert station["alarms"] == [alarm]
        assert caplog.text.count("record 2 is lost at the pile") == 1


async def test_a_record_of_an_unknown_transaction_is_alarmed(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.journal("tx_stop", tx=99, reason="local", fault="")
        rows = bridge.store.read
        await until(
            lambda: rows.execute("select 1 from alarms where kind = 'no_start'").fetchone()
        )


@pytest.mark.parametrize("step_s", [86400, -86400])
async def test_a_step_of_the_bridges_clock_leaves_piles_online(step_s):
    wall = [1763600000.0]
    presence = Presence(180, lambda: wall[0])
    presence.said_at(PILE, 1763600000)
    wall[0] += step_s
    first_s = presence.last_s(PILE)
    await asyncio.sleep(0.01)
    presence.said_at(PILE, 1763600005)
    assert first_s < presence.last_s(PILE) <= now_s()
    # What a broker kept since long ago is in no pace with anything
    last_s = presence.last_s(PILE)
    await asyncio.sleep(0.01)
    presence.said_at(PILE, 1763500000)
    assert presence.last_s(PILE) == last_s


async def test_a_late_start_is_billed_by_what_followed(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.write("boot")
        pile.write("tx_start", tx=1, ref="", by="local")
        late = pile.held[2]
        pile.write("tx_charging", tx=1)
        pile.wh = 1750
        pile.write("tx_stop", tx=1, reason="local", fault="")
        del pile.held[2]
        pile.tell_held()
        await until(lambda: pile.acked == 4)
        pile.tell([late], 2)
        await until(lambda: bills(bridge))
        await bridge.assembly.settled()
        assert bills(bridge) == [(f"{LIFE}-1", "local", 0, 750)]
        assert bridge.assembly.open_transactions == []
