"""A charge that changes between one and three phases, by the unplug-like sequence, as one transaction."""

import json

import pytest
from phase_story import (
    BOARD,
    CHANGED_MS,
    DWELL_MS,
    changed,
    complaints,
    drawn_a,
    on_three,
)
from twin_bench import GREETED_S, charge, charging, connector, meter_wh, of, stopped, tell

from evse.core import phase_switching
from pilesim.chip import PWRON_RESET
from rig import rig


@pytest.fixture(autouse=True)
def _short_dwell(monkeypatch):
    monkeypatch.setattr(phase_switching, "DWELL_MS", DWELL_MS)


def test_there_and_back_in_one_charge(record_property):
    async def story(r):
        await on_three(r)
        tx = connector(r, 1).session.tx.tx
        assert r.station.set_phases(1, 1) == ""
        await r.until(lambda: not r.world.contactor.closed, CHANGED_MS)
        # Asked to stop first: the vehicle opened S2 and drew nothing when the contactor opened
        assert r.world.vehicle.last_s2_open_us <= r.world.contactor.last_open_command_us
        await r.run(2000)
        told = json.loads(r.station.report.state())["connectors"][0]
        assert (told["cp"], told["status"]) == ("F", "suspended_evse")
        paused_us = r.world.contactor.main_opened_us
        await changed(r, 1)
        assert drawn_a(r) == [31, 0, 0]
        pause_us = r.world.contactor.main_closed_us - paused_us
        r.greet(GREETED_S)
        assert tell(r, "phases", GREETED_S + 1, connector=1, phases=3) == ("accepted", "")
        await changed(r, 3)
        assert drawn_a(r) == [31, 31, 31]
        assert r.world.phase_contactor.operations == 2
        stop = await stopped(r, 1)
        (start,) = of(r, 1, "tx_start")
        assert start["tx"] == stop["tx"] == tx
        drawn_wh = r.world.load.energy_uwh(r.world.clock.now_us) / 1e6
        assert stop["wh"] == meter_wh(r, 1)
        assert abs(stop["wh"] - start["wh"] - drawn_wh) <= 10
        assert complaints(r) == []
        assert of(r, 1, "fault") == []
        return pause_us

    with rig(board=BOARD) as r:
        pause_us = r.play(story)
    record_property("figure", f"no current for {pause_us / 1e6:.1f} s of a phase change")


def test_the_other_connector_charges_on_meanwhile():
    async def story(r):
        await on_three(r)
        await charge(r, 2)
        r.station.set_phases(1, 1)
        await changed(r, 1)
        assert r.world.outlet(2).contactor.operations == 1
        assert charging(r, 2)

    with rig(board=BOARD) as r:
        r.play(story)


def test_who_has_no_phase_contactor_says_so():
    async def story(r):
        r.greet(GREETED_S)
        await r.run(100)
        now_s = GREETED_S
        answers = []
        for number, count in ((1, 3), (1, 2), (2, 1), (9, 1)):
            now_s += 1
            answers.append(tell(r, "phases", now_s, connector=number, phases=count))
        return answers

    absent = ("refused", "no_phase_contactor")
    unknown = ("refused", "no_connector")
    with rig(board=BOARD) as r:
        assert r.play(story) == [("accepted", ""), absent, absent, unknown]
    with rig() as r:
        assert r.play(story) == [absent, absent, unknown, unknown]


@pytest.mark.parametrize(("ends", "reason"), [("unplug", "unplugged"), ("stop", "local")])
def test_charge_that_ends_in_state_f(ends, reason):
    async def story(r):
        await on_three(r)
        r.station.set_phases(1, 1)
        await r.until(lambda: r.station.cp_state() == "F", CHANGED_MS)
        await r.run(1000)
        if ends == "unplug":
            r.world.vehicle.unplug()
        else:
            assert r.station.stop_local() == ""
        await r.until(lambda: connector(r, 1).session.tx is None, 30_000)
        assert of(r, 1, "tx_stop")[-1]["reason"] == reason
        await r.until(lambda: r.station.cp_state() in ("A1", "B1"), 15_000)
        r.world.vehicle.unplug()
        await r.until(lambda: r.station.connector_status() == "available", 5000)
        # The next vehicle is fed on one phase from the beginning
        await r.run(11_000)
        assert r.station.cp_state() == "A1"
        await charge(r, 1)
        await r.run(2500)
        assert drawn_a(r) == [31, 0, 0]
        assert complaints(r) == []

    with rig(board=BOARD) as r:
        r.play(story)


@pytest.mark.parametrize("away_ms", [500, 9000])
def test_power_cut_in_the_middle_of_a_change(away_ms):
    async def story(r):
        await on_three(r)
        r.station.set_phases(1, 1)
        await r.until(lambda: r.station.cp_state() == "F", CHANGED_MS)
        await r.run(away_ms)

    async def again(r):
        await r.until(lambda: charging(r, 1), 60_000)
        await r.run(3000)
        # After power-up the wish is the board's
        assert drawn_a(r) == [31, 31, 31]
        assert len(of(r, 1, "tx_start")) == len(of(r, 1, "tx_resume")) == 1
        assert complaints(r) == []

    with rig(board=BOARD) as r:
        r.play(story)
        r.world.replace_chip(PWRON_RESET)
        r.world.clock.advance(300_000)
        r.restart(again)
