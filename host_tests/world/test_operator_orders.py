"""Reservations, unlock, availability, reset and settings as an operator orders them."""

import json

import pytest
from operator_bench import A_TOKEN, B_TOKEN, C_TOKEN, greet, list_tokens, order, told
from test_cards import show
from twin_bench import GREETED_S, charge, charging, connector, of, plug

from pilesim.chip import PWRON_RESET, ResetRequest
from rig import rig

TWIN, SOCKET = "esp32s3_twin", "smartevse_v3"


def reserve(r, number=1, connector=1, token=A_TOKEN, for_s=600, **more):
    until = GREETED_S + for_s
    return told(r, "reserve", id=number, connector=connector, token=token, until_utc=until, **more)


def status(r, number=1):
    return r.station.connector_status(number)


def start(r, ref, token="", number=1):
    more = {"token": token} if token else {}
    return told(r, "start", connector=number, ref=ref, by="ocpp", **more)


def test_a_reservation_keeps_the_connector_for_its_card_and_group():
    async def story(r):
        greet(r)
        assert list_tokens(r, 1, [C_TOKEN, "accepted", 0, "FLEET"])[0] == "accepted"
        assert reserve(r, group="FLEET") == ("accepted", "")
        assert status(r) == "reserved"
        assert reserve(r, number=2) == ("refused", "reserved")
        # The same once more is the same reservation
        assert reserve(r, group="FLEET") == ("accepted", "")
        assert len(r.station.operator.held.reservations) == 1
        await plug(r, 1)
        assert start(r, "r1") == ("refused", "reserved")
        assert start(r, "r2", B_TOKEN) == ("refused", "reserved")
        assert r.station.authorize_local() == "reserved"
        assert start(r, "r3", C_TOKEN) == ("accepted", "")
        assert r.station.operator.held.reservations == []
        assert reserve(r, number=3) == ("refused", "occupied")
        assert told(r, "unreserve", id=3) == ("refused", "no_reservation")
        assert reserve(r, connector=2) == ("refused", "no_connector")

    with rig() as r:
        r.play(story)


def test_a_reservation_outlives_a_restart_and_ends_in_time():
    async def first(r):
        greet(r)
        assert reserve(r, for_s=120) == ("accepted", "")
        await r.until(lambda: not r.station.operator.held.changed)

    async def second(r):
        assert status(r) == "reserved"
        greet(r, GREETED_S + 60)
        await r.run(50_000)
        assert status(r) == "reserved"
        await r.run(15_000)
        assert status(r) == "available"
        assert reserve(r, for_s=900) == ("accepted", "")
        assert told(r, "unreserve", id=1) == ("accepted", "")
        assert status(r) == "available"

    with rig() as r:
        r.play(first)
        r.world.replace_chip(PWRON_RESET)
        r.restart(second)


def test_connector_0_keeps_any_one_of_two():
    async def story(r):
        greet(r)
        assert reserve(r, connector=0) == ("accepted", "")
        assert (status(r, 1), status(r, 2)) == ("available", "available")
        await plug(r, 1, 2)
        assert start(r, "r1", B_TOKEN, 1) == ("accepted", "")
        # The last one is kept
        assert start(r, "r2", B_TOKEN, 2) == ("refused", "reserved")
        await show(r, A_TOKEN)
        assert connector(r, 2).session.tx.ref == A_TOKEN

    with rig(board=TWIN) as r:
        r.play(story, {"id_tokens": [A_TOKEN]})


def test_out_of_service_waits_for_the_transaction_and_outlives_a_restart():
    async def first(r):
        greet(r)
        await charge(r, 1)
        assert told(r, "availability", connector=1, operative=0) == ("accepted", "scheduled")
        await r.run(2000)
        assert charging(r, 1)
        assert r.station.stop_local() == ""
        await r.until(lambda: status(r) == "unavailable", 40_000)
        assert told(r, "availability", connector=2, operative=1) == ("refused", "no_connector")
        await r.until(lambda: not r.station.operator.held.changed)

    async def second(r):
        await r.run(1000)
        assert status(r) == "unavailable"
        await r.until(lambda: connector(r, 1).loop.register.wh is not None)
        assert r.station.authorize_local() == "unavailable"
        greet(r, GREETED_S + 600)
        assert told(r, "availability", connector=0, operative=1) == ("accepted", "")
        assert r.station.authorize_local() == ""

    with rig() as r:
        r.play(first)
        r.world.replace_chip(PWRON_RESET)
        r.restart(second)


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_a_reset_ends_the_charge_in_order(kind):
    async def first(r):
        greet(r)
        await charge(r, 1)
        # An order that waits for the contactor is written on the way
        assert told(r, "availability", connector=1, operative=0) == ("accepted", "scheduled")
        assert told(r, "reset", kind="warm")[0] == "malformed"
        assert told(r, "reset", kind=kind) == ("accepted", "")
        await r.until(lambda: not r.world.contactor.closed, 5000)
        await r.run(46_000)
        raise AssertionError("no reset")

    async def second(r):
        stop = of(r, 1, "tx_stop")[-1]
        assert stop["reason"] == "reset_" + kind
        start_wh = of(r, 1, "tx_start")[-1]["wh"]
        assert stop["wh"] >= start_wh
        assert connector(r, 1).session.running == 0
        await r.run(500)
        assert r.station.operator.held.inoperative == [1]
        assert status(r) == "unavailable"

    with rig() as r:
        with pytest.raises(ResetRequest):
            r.play(first)
        r.restart(second)


def test_unlock_ends_the_charge_and_frees_the_plug():
    async def story(r):
        greet(r)
        await charge(r, 1)
        assert r.world.lock.locked
        assert order(r, "unlock", connector=1) is None
        await r.until(lambda: r.station.downlink.replies, 20_000)
        reply = json.loads(r.station.downlink.replies.pop(0))
        assert reply["result"] == "accepted", reply
        assert not r.world.lock.locked
        await r.until(lambda: of(r, 1, "tx_stop"), 40_000)
        assert of(r, 1, "tx_stop")[-1]["reason"] == "unlock"
        assert order(r, "unlock", connector=2)["reason"] == "no_connector"

    with rig(board=SOCKET) as r:
        r.play(story)


def test_a_bolt_that_is_stuck_fails_and_a_cable_has_none():
    async def socket(r):
        greet(r)
        await charge(r, 1)
        r.world.lock.set_fault("lock_jam", True)
        assert order(r, "unlock", connector=1) is None
        assert order(r, "unlock", connector=1)["reason"] == "busy"
        await r.until(lambda: r.station.downlink.replies, 20_000)
        reply = json.loads(r.station.downlink.replies.pop(0))
        assert (reply["result"], reply["reason"]) == ("refused", "unlock_failed")
        assert r.world.lock.locked

    async def cable(r):
        greet(r)
        assert told(r, "unlock", connector=1) == ("refused", "no_lock")

    with rig(board=SOCKET) as r:
        r.play(socket)
    with rig() as r:
        r.play(cable)


def test_settings_are_changed_and_read_but_no_secrets():
    async def first(r):
        greet(r)
        assert told(r, "configure", key="meter_interval_s", value=[30]) == ("accepted", "restart")
        assert told(r, "configure", key="meter_interval_s", value=[301]) == (
            "refused",
            "bad_value",
        )
        assert told(r, "configure", key="meter_interval_s", value=["5"]) == (
            "refused",
            "bad_value",
        )
        for key in ("colour", "key", "wifi_password", "wifi_networks", "service_code"):
            assert told(r, "configure", key=key, value=["x"]) == ("refused", "unknown_key")
        assert told(r, "configure", key="resume", value=[])[0] == "malformed"
        reply = order(r, "settings", keys=["meter_interval_s", "key", "colour", 5])
        assert reply["value"] == {"meter_interval_s": 30}
        assert r.station.settings["meter_interval_s"] == 5
        await charge(r, 1)
        assert told(r, "configure", key="resume", value=[False]) == ("refused", "busy")
        assert told(r, "settings", keys=["resume"]) == ("refused", "busy")
        assert told(r, "settings", keys=[])[0] == "malformed"

    async def second(r):
        assert r.station.settings["meter_interval_s"] == 30
        assert r.station.settings["station_id"] == "P001"

    with rig() as r:
        r.play(first)
        r.world.replace_chip(PWRON_RESET)
        r.restart(second)


def test_what_a_command_lacks_or_has_wrong_is_named():
    good = {
        "start": {"connector": 1, "ref": "r", "by": "ocpp", "token": "T"},
        "stop": {"connector": 1, "ref": "r", "reason": "remote"},
        "clear_profiles": {"revision": 1, "ids": []},
        "tokens": {"version": 1, "from": 0, "total": 0, "entries": []},
        "authorized": {"ask": 1, "status": "accepted", "until_utc": 5, "group": "G"},
        "reserve": {"connector": 1, "id": 1, "token": "T", "until_utc": 5, "group": "G"},
        "unreserve": {"id": 1},
        "unlock": {"connector": 1},
        "availability": {"connector": 1, "operative": 1},
        "reset": {"kind": "soft"},
        "configure": {"key": "resume", "value": [True]},
        "settings": {"keys": ["resume"]},
    }
    optional = {"token", "reason", "until_utc", "group"}

    async def story(r):
        greet(r)
        for name, args in good.items():
            for field in args:
                result, reason = told(r, name, **{**args, field: {}})
                assert (result, reason.split(":")[0]) == ("malformed", field), (name, field)
                less = {key: value for key, value in args.items() if key != field}
                if field not in optional or (name == "reserve" and field != "group"):
                    assert told(r, name, **less) == ("malformed", field + ": missing")
        assert told(r, "stop", connector=1, ref="r", reason="fault")[0] == "malformed"

    with rig() as r:
        r.play(story)
