"""Whose a transaction is, what its owner hears of it and when, and who is asked about cards."""

import asyncio
import json

import pytest

from bridge.book_pile import BookPile
from bridge.fake_platform import until
from bridge.fakes import PILE, charging_station, local_bridge, seq
from pilebridge import authorization, orders
from pilebridge.model import Fact
from pilebridge.ownership import BY_CARD
from pilebridge.station_services import Authorization

CARD = "04A2B3C4"


class Central:
    """A platform that owns what begins with R and what cards start; its effects are rows of a table."""

    name = "central"

    def __init__(self):
        self.heard = []
        self.committed = []
        self.verdicts = {}
        self.asked = []
        self.statuses = []
        self.answers = asyncio.Event()
        self.answers.set()

    def owns(self, ref):
        return ref.startswith("R")

    def claims(self, transaction):
        return self.owns(transaction.ref) or transaction.by == BY_CARD

    def tariff_of(self, ref):
        return None

    def effects(self, kind, transaction, fact):
        self.heard.append((kind, transaction.tx, fact))
        body = json.dumps([kind, fact.utc, fact.wh])
        return [
            lambda conn: conn.execute(
                "insert into ocpp_queue (platform, pile, tx, event) values ('central', ?, ?, ?)",
                (transaction.pile, transaction.tx, body),
            )
        ]

    def after(self, kind, transaction):
        self.committed.append(kind)

    def on_status(self, connector):
        self.statuses.append(connector.number)

    def on_reconnect(self):
        self.statuses.append("all")

    async def authorize(self, pile, token):
        self.asked.append((pile, token))
        await self.answers.wait()
        return self.verdicts.get(token)


def join(bridge):
    """A second platform at a bridge that runs."""
    central = Central()
    bridge._owners.append(central)
    bridge.hub.platforms.append(central)
    bridge.hub.authorizers[PILE] = central
    return central


def kinds(central):
    return [kind for kind, _, _ in central.heard]


async def test_an_owner_hears_every_reading_in_the_commit_of_its_record(tmp_path):
    async with local_bridge(tmp_path, pile_class=BookPile) as (bridge, pile):
        central = join(bridge)
        services = bridge.piles.by_name[PILE]
        assert (await services.start(1, "R1", "ocpp", "04A2")).accepted
        args = pile.told("start")[0][1]
        assert args == {"connector": 1, "ref": "R1", "by": "ocpp", "token": "04A2"}
        utc = pile.journal("tx_charging", tx=pile.tx, w=11)["utc"]
        for wh, w in ((1100, 7000), (1200, 6900)):
            pile.wh = wh
            pile.journal("tx_sample", utc=utc + wh, tx=pile.tx, w=w)
        pile.journal("tx_resume", utc=utc + 1300, tx=pile.tx, lost_wh=5)
        pile.journal("tx_charging", utc=utc + 1310, tx=pile.tx)
        pile.journal("tx_ending", utc=utc + 1400, tx=pile.tx, reason="deauthorized")
        pile.stop("deauthorized", utc + 1401)
        await until(lambda: kinds(central)[-1:] == ["tx_stop"])
        assert kinds(central) == [
            "tx_start",
            "tx_charging",
            "tx_sample",
            "tx_sample",
            "tx_resume",
            "tx_sample",
            "tx_ending",
            "tx_stop",
        ]
        facts = [fact for _, _, fact in central.heard]
        assert facts[1:4] == [
            Fact(utc, 1000, 11),
            Fact(utc + 1100, 1100, 7000),
            Fact(utc + 1200, 1200, 6900),
        ]
        assert facts[6] == Fact(utc + 1400, 1200, None, "deauthorized")
        assert facts[7] == Fact(utc + 1401, 1200, None, "deauthorized")
        await bridge.assembly.settled()
        assert central.committed == kinds(central)
        rows = bridge.store.read.execute("select event from ocpp_queue order by id").fetchall()
        assert [json.loads(row["event"])[0] for row in rows] == kinds(central)
        assert bridge.store.read.execute("select count(*) from told_readings").fetchone()[0] == 0


async def test_a_card_start_belongs_to_the_platform_of_the_cards(tmp_path):
    async with charging_station(tmp_path) as (peer, bridge, pile, _):
        central = join(bridge)
        connector = bridge.hub.connectors[0]
        pile.tx = f"{pile.life}-{pile.seq + 1}"
        pile.journal("tx_start", tx=pile.tx, ref=CARD, by=BY_CARD)
        await until(lambda: kinds(central) == ["tx_start"])
        assert bridge.hub.holder(connector) == "central"
        pile.wh = 2000
        pile.stop("local")
        await until(lambda: kinds(central)[-1:] == ["tx_stop"])
        await bridge.assembly.settled()
        assert bridge.hub.holder(connector) == ""
        assert orders.waiting(bridge.store.read, "sandbox") == 0
        assert peer.of("notification_charge_order_info") == []
        # Billed under the bridge's own tariff all the same
        row = bridge.store.read.execute("select cdr, tariff from transactions").fetchone()
        assert '"energy_wh": 1000' in row["cdr"]
        assert "day and night" in row["tariff"]


async def test_a_start_while_another_platform_charges_is_refused_and_the_holder_named(tmp_path):
    async with charging_station(tmp_path) as (_, bridge, pile, client):
        central = join(bridge)
        services, connector = bridge.piles.by_name[PILE], bridge.hub.connectors[0]
        assert bridge.hub.holder(connector) == ""
        start = {"StartChargeSeq": seq(), "ConnectorID": connector.connector_id}
        assert (await client.call("query_start_charge", start))["SuccStat"] == 0
        # From the moment of the answer on, also before its record is in
        assert bridge.hub.holder(connector) == "sandbox"
        reply = await services.start(1, "R1", "ocpp")
        assert (reply.result, reply.reason) == ("refused", "busy")
        assert bridge.hub.holder(connector) == "sandbox"
        assert central.heard == []
        await bridge.assembly.settled()
        assert bridge.hub.holder(connector) == "sandbox"
        await client.call("query_stop_charge", start)
        await until(lambda: bridge.assembly.open_transactions == [])
        pile.state()
        await until(lambda: bridge.hub.holder(connector) == "")
        pile.status = "preparing"
        assert (await services.start(1, "R2", "ocpp")).accepted
        await until(lambda: bridge.hub.holder(connector) == "central")
        refused = {**start, "StartChargeSeq": seq(2)}
        assert (await client.call("query_start_charge", refused))["FailReason"] == 4
        assert (await services.stop(1, "R2", "deauthorized")).accepted
        assert pile.commands[-1]["args"] == {"connector": 1, "ref": "R2", "reason": "deauthorized"}


async def test_a_card_is_judged_by_its_platform_and_the_pile_told(tmp_path):
    async with local_bridge(tmp_path, pile_class=BookPile) as (bridge, pile):
        central = join(bridge)
        central.verdicts = {CARD: Authorization("accepted", 1763686400, "FLEET")}
        ask = {"ask": 7, "token": CARD, "connector": 0}
        pile.publish("authorize", _encoded(ask))
        await until(lambda: pile.told("authorized"))
        expected = {"ask": 7, "status": "accepted", "until_utc": 1763686400, "group": "FLEET"}
        assert pile.told("authorized") == [("authorized", expected)]
        central.verdicts[CARD] = Authorization("blocked")
        pile.publish("authorize", _encoded({**ask, "ask": 8}))
        await until(lambda: len(pile.told("authorized")) == 2)
        assert pile.told("authorized")[1][1] == {"ask": 8, "status": "blocked"}
        assert central.asked == [(PILE, CARD)] * 2


async def test_a_question_that_comes_twice_is_asked_once_while_it_is_open(tmp_path):
    async with local_bridge(tmp_path, pile_class=BookPile) as (bridge, pile):
        central = join(bridge)
        central.answers.clear()
        central.verdicts = {CARD: Authorization("accepted")}
        ask = _encoded({"ask": 7, "token": CARD, "connector": 0})
        pile.publish("authorize", ask)
        pile.publish("authorize", ask)
        await until(lambda: central.asked)
        central.answers.set()
        await until(lambda: pile.told("authorized"))
        await asyncio.sleep(0.05)
        assert (len(central.asked), len(pile.told("authorized"))) == (1, 1)


@pytest.mark.parametrize("why", ["no verdict", "nobody", "too slow"])
async def test_without_a_verdict_the_pile_is_left_to_its_own_rules(tmp_path, monkeypatch, why):
    monkeypatch.setattr(authorization, "_PATIENCE_S", 0.05)
    async with local_bridge(tmp_path, pile_class=BookPile) as (bridge, pile):
        central = join(bridge)
        if why == "nobody":
            bridge.hub.authorizers.clear()
        if why == "too slow":
            central.answers.clear()
        pile.publish("authorize", _encoded({"ask": 1, "token": CARD, "connector": 0}))
        await asyncio.sleep(0.2)
        assert pile.told("authorized") == []
        assert len(central.asked) == (0 if why == "nobody" else 1)
        assert bridge.hub.reachable(PILE)


def _encoded(message):
    return json.dumps({"v": 1, **message}).encode()
