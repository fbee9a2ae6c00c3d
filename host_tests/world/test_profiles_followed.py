"""Charging profiles on the whole firmware: the duty follows them, link or no link."""

import json

import pytest
from operator_bench import duty, follows, greet, install, order, told
from twin_bench import GREETED_S, charge, charging, connector, stopped

from pilesim.chip import PWRON_RESET
from rig import rig

# 2025-11-20, 12 s before midnight UTC
MIDNIGHT_S = (GREETED_S // 86400 + 1) * 86400


def limit_by(r, number=1):
    r.station.report.refresh()
    state = json.loads(r.station.report.state())
    return state["connectors"][number - 1].get("limit_by", "")


def test_a_profile_changes_the_duty_while_charging_and_goes_with_its_clear():
    async def story(r):
        greet(r)
        await charge(r, 1)
        await follows(r, 320)
        assert install(r, 1, [[0, 160], [40, 100]]) == ("accepted", "")
        await follows(r, 160)
        assert limit_by(r) == "schedule"
        await r.run(40_000)
        await follows(r, 100)
        # Below 6 A is a pause
        assert install(r, 2, [[0, 59]], connector=0, purpose="max") == ("accepted", "")
        await follows(r, 0)
        await r.until(lambda: not r.world.contactor.closed)
        assert r.station.connector_status() == "suspended_evse"
        assert told(
            r, "clear_profiles", revision=r.station.operator.held.revision + 1, ids=[2]
        ) == (
            "accepted",
            "",
        )
        await follows(r, 100, within_ms=20_000)
        assert told(r, "clear_profiles", revision=77, ids=[]) == ("accepted", "")
        await follows(r, 320)
        assert json.loads(r.station.report.hello())["holds"] == {"profiles": 77, "tokens": 0}

    with rig() as r:
        r.play(story)


def test_a_day_begins_at_midnight_without_a_link():
    async def story(r):
        greet(r, MIDNIGHT_S - 30)
        args = {"start_utc": MIDNIGHT_S - 3 * 86400 - 7200, "recur": "daily"}
        assert install(r, 1, [[0, 200], [7200, 120], [7230, 250]], **args) == ("accepted", "")
        await charge(r, 1)
        assert not r.station.uplink.online
        assert r.station.clock.utc_s() < MIDNIGHT_S - 2
        await follows(r, 200)
        await r.until(lambda: r.station.clock.utc_s() >= MIDNIGHT_S)
        await follows(r, 120)
        await r.until(lambda: r.station.clock.utc_s() >= MIDNIGHT_S + 30)
        await follows(r, 250)

    with rig() as r:
        r.play(story)


def test_a_profile_of_a_transaction_dies_with_it():
    async def story(r):
        greet(r)
        assert install(r, 1, [[0, 100]], purpose="tx") == ("refused", "no_transaction")
        assert install(r, 2, [[0, 240]]) == ("accepted", "")
        # For one that is to come
        assert install(r, 3, [[0, 90]], purpose="tx", ref="local-1") == ("accepted", "")
        await charge(r, 1)
        await follows(r, 90)
        assert install(r, 4, [[0, 120], [30, 180]], purpose="tx") == ("accepted", "")
        await follows(r, 120)
        await r.run(30_000)
        await follows(r, 180)
        await stopped(r, 1)
        await r.run(200)
        assert [each[0] for each in r.station.operator.held.profiles] == [2]
        r.world.vehicle.unplug()
        await r.run(3000)
        await charge(r, 1)
        await follows(r, 240)

    with rig() as r:
        r.play(story)


def test_profiles_outlive_a_restart_and_a_relative_one_goes_on_where_it_was():
    async def before(r):
        greet(r)
        assert install(r, 1, [[0, 200]]) == ("accepted", "")
        await r.until(lambda: not r.station.operator.held.changed)
        await charge(r, 1)
        # While energised nothing is written: this one is lost with the power
        assert install(r, 2, [[0, 150]], stack=3) == ("accepted", "")
        await follows(r, 150)
        assert r.station.operator.held.changed

    async def after(r):
        assert json.loads(r.station.report.hello())["holds"]["profiles"] == 1
        await r.until(lambda: charging(r, 1), 90_000)
        await follows(r, 200)
        greet(r, GREETED_S + 600)
        assert install(r, 3, [[0, 100], [500, 130]], stack=4) == ("accepted", "")
        # The transaction began before the restart
        await follows(r, 130)

    with rig() as r:
        r.play(before)
        r.world.replace_chip(PWRON_RESET)
        r.restart(after)


def test_the_first_order_of_all_waits_for_an_open_contactor():
    async def story(r):
        r.greet(GREETED_S)
        assert "holds" not in json.loads(r.station.report.hello())
        await charge(r, 1)
        assert told(r, "clear_profiles", revision=0, ids=[]) == ("refused", "busy")
        await stopped(r, 1)
        assert told(r, "clear_profiles", revision=0, ids=[]) == ("accepted", "")
        assert json.loads(r.station.report.hello())["holds"] == {"profiles": 0, "tokens": 0}
        await r.until((r.folder / "held.json").exists)

    with rig() as r:
        r.play(story)


def test_two_connectors_share_the_bound_of_the_whole():
    async def story(r):
        greet(r)
        await charge(r, 1, 2)
        assert install(r, 1, [[0, 300]], connector=0, purpose="max") == ("accepted", "")
        await follows(r, 150, 1)
        await follows(r, 150, 2)
        assert limit_by(r, 2) == "supply"
        assert install(r, 2, [[0, 80]], connector=2) == ("accepted", "")
        await follows(r, 80, 2)
        await follows(r, 220, 1, 20_000)

    with rig(board="esp32s3_twin") as r:
        r.play(story)


def test_out_of_step_full_and_malformed_change_nothing():
    async def story(r):
        greet(r)
        args = {"connector": 1, "id": 1, "purpose": "default", "stack": 0, "periods": [[0, 100]]}
        assert told(r, "profile", revision=2, **args) == ("refused", "out_of_step")
        assert told(r, "profile", revision=1, **args) == ("accepted", "")
        # The same once more, as after a lost answer
        assert told(r, "profile", revision=1, **args) == ("accepted", "")
        assert told(r, "profile", revision=1, **{**args, "id": 5}) == ("refused", "out_of_step")
        assert told(r, "clear_profiles", revision=1, ids=[9]) == ("accepted", "")
        assert told(r, "clear_profiles", revision=3, ids=[1]) == ("refused", "out_of_step")
        assert install(r, 7, [[0, 100]], connector=3) == ("refused", "no_connector")
        bad = {
            "purpose": {"purpose": "most"},
            "connector": {"purpose": "max"},
            "recur": {"recur": "yearly", "start_utc": GREETED_S},
            "start_utc": {"recur": "daily"},
            "periods": {"periods": [[0]]},
            "stack": {"stack": 100},
            "until_utc": {"until_utc": "soon"},
            "ref": {"ref": "\n"},
        }
        for field, wrong in bad.items():
            more = {**args, "id": 6, **wrong}
            result, reason = told(r, "profile", revision=2, **more)
            assert result == "malformed"
            assert field in reason, (field, reason)
        for number in range(2, 9):
            assert install(r, number, [[0, 100]], stack=number) == ("accepted", "")
        assert install(r, 20, [[0, 100]], stack=20) == ("refused", "full")
        assert r.station.operator.held.revision == 8
        assert order(r, "report")["result"] == "accepted"

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize("content", ["[]", "{", '[1, [[1]], 0, "", "", [], []]', "5"])
def test_a_spoilt_file_is_told_and_holds_nothing(content):
    async def story(r):
        assert r.station.operator.held.revision == 0
        assert "held.json: not as it was written" in r.station.report.notes
        greet(r)
        assert install(r, 1, [[0, 100]]) == ("accepted", "")
        await r.until(lambda: not r.station.operator.held.changed)
        assert json.loads((r.folder / "held.json").read_text())[0] == 1
        await charge(r, 1)
        assert connector(r, 1).session.tx
        await follows(r, 100)
        assert duty(r) < 200

    with rig() as r:
        (r.folder / "held.json").write_text(content)
        r.play(story)
