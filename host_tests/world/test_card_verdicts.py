"""Who judges a card: list and cache, the bridge, the rules without it; groups and revocation."""

import json

import pytest
from operator_bench import A_TOKEN, B_TOKEN, C_TOKEN, asked, go_online, greet, list_tokens, told
from test_cards import said, show
from twin_bench import GREETED_S, charging, connector, of, plug

from evse.core import messages, reports
from pilesim.chip import PWRON_RESET
from rig import rig

TWIN = "esp32s3_twin"


async def answered(r, status="accepted", **more):
    """The bridge's verdict on the card that was asked about; the question."""
    await r.until(lambda: r.station.downlink.asking)
    question = asked(r)
    messages.check(question, reports.FIELDS["authorize"])
    assert told(r, "authorized", ask=question["ask"], status=status, **more) == ("accepted", "")
    await r.run(100)
    return question


async def ended(r, number=1):
    await r.until(lambda: connector(r, number).session.tx is None, 40_000)
    return of(r, number, "tx_stop")[-1]["reason"]


def test_the_bridge_is_asked_and_its_verdict_holds():
    async def story(r):
        greet(r)
        go_online(r)
        await plug(r, 1)
        await show(r, A_TOKEN)
        question = await answered(r, "blocked")
        assert (question["ask"], question["token"], question["connector"]) == (1, A_TOKEN, 0)
        assert connector(r, 1).session.tx is None
        assert said(r, "blocked")
        await show(r, A_TOKEN)
        assert (await answered(r))["ask"] == 2
        tx = connector(r, 1).session.tx
        assert (tx.ref, tx.by) == (A_TOKEN, "rfid")
        await r.until(lambda: charging(r, 1))
        # The bridge takes its word back
        assert told(r, "stop", connector=1, ref=A_TOKEN, reason="deauthorized") == ("accepted", "")
        assert await ended(r) == "deauthorized"
        # What was not asked, or is over, is answered and does nothing
        assert told(r, "authorized", ask=2, status="accepted") == ("accepted", "")
        await r.run(200)
        assert connector(r, 1).session.tx is None
        result, reason = told(r, "authorized", ask=2, status="perhaps")
        assert (result, "status" in reason) == ("malformed", True)

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize("allowed", [False, True])
def test_patience_ends_in_the_rules_for_being_alone(allowed):
    async def story(r):
        greet(r)
        list_tokens(r, 1, [A_TOKEN, "accepted", 0, ""], [B_TOKEN, "blocked", 0, ""])
        go_online(r)
        await plug(r, 1)
        for token, accepted in ((B_TOKEN, False), (C_TOKEN, allowed), (A_TOKEN, True)):
            await show(r, token)
            await r.until(lambda: asked(r))
            await r.run(1500)
            assert connector(r, 1).session.tx is None
            await r.run(3000)
            assert (connector(r, 1).session.tx is not None) == accepted, token
            if accepted:
                await show(r, token)
                assert await ended(r) == "local"
        # Too late
        assert told(r, "authorized", ask=1, status="accepted") == ("accepted", "")
        await r.run(500)
        assert connector(r, 1).session.tx is None

    with rig() as r:
        r.play(story, {"authorization_patience_s": 5, "allow_unknown_offline": allowed})


def test_list_beats_cache_and_both_outlive_a_restart_without_a_link():
    async def first(r):
        greet(r)
        go_online(r)
        for token in (A_TOKEN, B_TOKEN):
            await show(r, token)
            await answered(r, "accepted")
            await r.run(1000)
        assert list_tokens(r, 3, [B_TOKEN, "blocked", 0, ""]) == ("accepted", "")
        await r.until(lambda: not r.station.operator.held.changed)

    async def second(r):
        assert json.loads(r.station.report.hello())["holds"]["tokens"] == 3
        await plug(r, 1)
        await show(r, B_TOKEN)
        assert connector(r, 1).session.tx is None
        assert said(r, "blocked")
        await show(r, A_TOKEN)
        assert connector(r, 1).session.tx.ref == A_TOKEN
        await show(r, A_TOKEN)
        assert await ended(r) == "local"
        greet(r)
        assert told(r, "clear_cache") == ("accepted", "")
        await show(r, A_TOKEN)
        assert connector(r, 1).session.tx is None
        # One that has an end is good until then
        list_tokens(r, 4, [C_TOKEN, "accepted", GREETED_S + 60, ""])
        await r.run(70_000)
        await show(r, C_TOKEN)
        assert connector(r, 1).session.tx is None
        assert said(r, "expired")

    with rig() as r:
        r.play(first)
        r.world.replace_chip(PWRON_RESET)
        r.restart(second)


def test_a_known_card_need_not_wait_if_the_setting_says_so():
    async def story(r):
        greet(r)
        go_online(r)
        list_tokens(r, 1, [A_TOKEN, "accepted", 0, ""])
        await plug(r, 1)
        await show(r, A_TOKEN)
        assert connector(r, 1).session.tx.ref == A_TOKEN
        assert asked(r) is None

    with rig() as r:
        r.play(story, {"pre_authorize": True})


def test_a_card_of_the_group_stops_and_another_does_not():
    async def story(r):
        greet(r)
        list_tokens(r, 1, [A_TOKEN, "accepted", 0, "FLEET"], [B_TOKEN, "accepted", 0, ""])
        await plug(r, 1)
        await show(r, A_TOKEN)
        await r.until(lambda: charging(r, 1))
        await show(r, B_TOKEN)
        assert connector(r, 1).session.tx.ref == A_TOKEN
        go_online(r)
        await show(r, C_TOKEN)
        await answered(r, group="OTHERS")
        assert charging(r, 1)
        await show(r, C_TOKEN)
        await answered(r, group="FLEET")
        assert await ended(r) == "local"

    with rig() as r:
        r.play(story)


def test_a_charge_begun_from_afar_is_stopped_by_its_card():
    async def story(r):
        greet(r)
        await plug(r, 1)
        args = {"connector": 1, "ref": "ocpp-1", "by": "ocpp", "token": A_TOKEN.lower()}
        assert told(r, "start", **args) == ("accepted", "")
        await r.until(lambda: charging(r, 1))
        await show(r, A_TOKEN)
        assert await ended(r) == "local"
        assert of(r, 1, "tx_start")[-1]["ref"] == "ocpp-1"

    with rig() as r:
        r.play(story)


def test_a_list_in_parts_takes_effect_when_it_is_whole():
    async def story(r):
        greet(r)
        cards = [["%08X" % number, "accepted", 0, ""] for number in range(40)]
        for at in (0, 16):
            args = {"version": 9, "from": at, "total": 40, "entries": cards[at : at + 16]}
            assert told(r, "tokens", **args) == ("accepted", "")
        assert (r.station.operator.held.version, r.station.operator.held.tokens) == (0, b"")
        args = {"version": 9, "from": 16, "total": 40, "entries": cards[16:32]}
        assert told(r, "tokens", **args) == ("refused", "out_of_step")
        args = {"version": 9, "from": 32, "total": 40, "entries": cards[32:]}
        assert told(r, "tokens", **args) == ("accepted", "")
        assert r.station.operator.held.version == 9
        assert all(r.station.operator.held.known(card[0])[0] == "accepted" for card in cards)
        args = {"version": 10, "from": 0, "total": 65, "entries": cards[:1]}
        assert told(r, "tokens", **args) == ("refused", "full")
        for bad in (
            ["A"],
            5,
            ["A", "fine", 0, ""],
            ["", "accepted", 0, ""],
            [5, "accepted", 0, ""],
        ):
            args = {"version": 10, "from": 0, "total": 1, "entries": [bad]}
            result, reason = told(r, "tokens", **args)
            assert (result, "entries" in reason) == ("malformed", True), bad
        assert told(r, "tokens", version=10, total=0, entries=[], **{"from": 0})[0] == "accepted"
        assert (r.station.operator.held.version, r.station.operator.held.tokens) == (10, b"")
        # It holds at once, also while a contactor is closed
        await plug(r, 1)
        assert r.station.authorize_local() == ""
        await r.until(lambda: charging(r, 1))
        assert list_tokens(r, 11, [A_TOKEN, "accepted", 0, ""]) == ("accepted", "")
        assert r.station.operator.held.known(A_TOKEN)[0] == "accepted"

    with rig(board=TWIN) as r:
        r.play(story)
