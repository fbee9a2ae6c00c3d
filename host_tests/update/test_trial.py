"""A whole station on trial: proved, left, taken back, and what came by cable."""

import json

import pytest

from evse.core import messages, reports
from pilesim.chip import PWRON_RESET
from update.station_bench import (
    command,
    hello,
    listen,
    never,
    order,
    phases,
    proved,
    ready,
    restarted,
    serve,
    start,
)


def test_from_the_order_to_the_confirmation_and_back(pile, made):
    ready(pile, made)
    assert phases(pile) == ["fetch", "applying"]

    async def trial(r):
        assert hello(r) == {"slot": "b", "version": "0.1.0", "trial": True, "previous": "0.1.0"}
        # No word from the bridge yet
        r.station.uplink.acknowledged = lambda _upto: None
        await r.run(5000)
        listen(r)
        assert phases(r) == ["trial"]
        await proved(r)
        assert phases(r) == ["trial", "confirmed"]
        assert not hello(r)["trial"]
        assert r.station.uplink._wants_time
        assert order(r, made) == {
            "v": 1,
            "id": "update:0",
            "result": "refused",
            "reason": "installed",
        }
        assert command(r, "rollback", {})["result"] == "accepted"
        await r.run(10000)

    restarted(pile, trial, "b")

    async def back(r):
        listen(r)
        assert [(m["phase"], m["bundle"]) for m in r.heard] == [("rolled_back", made.id)]
        assert "asked for by the bridge" in r.heard[0]["problem"]
        assert hello(r) == {"slot": "a", "version": "0.1.0", "trial": False, "previous": "0.1.0"}

    start(pile, back)


@pytest.fixture
def impatient(monkeypatch):
    """Ten minutes are one here."""
    from evse.app import trial

    assert trial._WITHIN_S == 600
    monkeypatch.setattr(trial, "_WITHIN_S", 60)


@pytest.mark.usefixtures("impatient")
def test_a_pile_that_is_not_well_in_time_comes_back(pile, made):
    ready(pile, made)
    begun = []

    async def silent(r):
        begun.append(r.now_ms)
        r.station.uplink.acknowledged = lambda _upto: None
        r.station.uplink.online = False
        await r.run(70_000)

    from update.files_pile import loader

    for tries in (1, 2, 3):
        state = loader(pile.folder).choose()
        assert (state["slot"], state["tries"]) == ("b", tries)
        restarted(pile, silent, "b")
        took_s = (pile.now_ms - begun[-1]) / 1000
        assert 55 < took_s < 65, took_s
    state = loader(pile.folder).choose()
    assert state["slot"] == "a"
    assert state["left"] == [made.id, "the bridge has not answered within 10 minutes"]

    async def back(r):
        said = listen(r)[0]
        assert (said["phase"], said["bundle"]) == ("rolled_back", made.id)
        assert said["problem"] == "the bridge has not answered within 10 minutes"

    start(pile, back)


@pytest.mark.usefixtures("impatient")
def test_a_failed_self_test_is_no_health(pile, made):
    ready(pile, made)

    async def story(r):
        test = r.station.loop.protection.residual_test
        test.passed = False
        test.step = lambda *_values: None
        r.station.uplink.online = True
        await r.run(70_000)

    restarted(pile, story, "b")
    state = json.loads((pile.folder / "slots.json").read_text())
    assert state["problem"].startswith("the residual-current monitor has not passed")
    assert state["trial"]


def test_by_cable_it_is_applied_at_the_start(pile, made):
    (pile.folder / "update.bundle").write_bytes(made.data)

    async def story(r):
        await serve(r, made, never)

    restarted(pile, story)
    assert phases(pile) == ["applying"]
    assert pile.heard[0]["bundle"] == made.id


def test_a_torn_copy_by_cable_is_named_and_removed(pile, made):
    (pile.folder / "update.bundle").write_bytes(made.data[:2])

    async def story(r):
        await r.until(lambda: r.station.downlink.updates)
        said = listen(r)[-1]
        assert (said["phase"], said["bundle"]) == ("refused", "0" * 64)
        assert "this is no bundle" in said["problem"]
        assert r.station.updates.job == ""

    start(pile, story)
    assert not (pile.folder / "update.bundle").exists()


def test_without_slots_nobody_speaks_of_them(pile, made):
    async def story(r):
        message = messages.decode("hello", r.station.report.hello(), reports.FIELDS)
        assert "update" not in message
        assert order(r, made)["reason"] == "no_update_key"

    (pile.folder / "slots.json").unlink()
    start(pile, story)
    (pile.folder / "slots.json").write_text('{"slot": "a"}')
    pile.world.replace_chip(PWRON_RESET)

    async def damaged(r):
        assert "slots.json" in r.station.report.notes[-1]
        assert order(r, made)["reason"] == "no_update_key"

    start(pile, damaged)


@pytest.mark.usefixtures("impatient")
def test_a_charge_on_trial_is_not_ended_by_it(pile, made):
    ready(pile, made)

    async def story(r):
        r.station.uplink.acknowledged = lambda _upto: None
        r.station.uplink.online = False
        await r.charge()
        await r.run(100_000)
        assert r.station.session.status() == "charging"
        assert r.station.stop_local() == ""
        r.world.vehicle.unplug()
        r.over_ms = r.now_ms
        await r.run(60_000)

    restarted(pile, story, "b")
    assert pile.now_ms - pile.over_ms < 10_000


@pytest.mark.usefixtures("impatient")
def test_a_pilot_without_a_sane_level_is_no_health(pile, made):
    ready(pile, made)

    async def story(r):
        r.world.set_fault("cp_short", True)
        r.station.uplink.online = True
        await r.run(70_000)

    restarted(pile, story, "b")
    state = json.loads((pile.folder / "slots.json").read_text())
    assert state["problem"] == "the pilot shows no sane level within 10 minutes"
