"""A phase contactor that does not do what it is told: a fault or a proven fall-back, and nothing moved under load."""

import json

import pytest
from phase_story import BOARD, CHANGED_MS, DWELL_MS, changed, complaints, drawn_a, on_three, phases
from twin_bench import active, charging, of, opened_us, plug

from evse.core import phase_switching
from rig import rig


@pytest.fixture(autouse=True)
def _short_dwell(monkeypatch):
    monkeypatch.setattr(phase_switching, "DWELL_MS", DWELL_MS)


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ("phase_contactor_welded", "phase contactor did not open"),
        ("phase_mirror_broken", "phase contactor did not open"),
    ],
)
def test_contactor_that_cannot_open_goes_on_with_what_was_proven(fault, note):
    async def story(r):
        await on_three(r)
        r.world.set_fault(fault, True)
        r.station.set_phases(1, 1)
        await r.until(lambda: phases(r).failure, CHANGED_MS)
        assert not r.world.contactor.closed
        await r.until(lambda: charging(r, 1), 20_000)
        await r.run(3000)
        assert drawn_a(r) == [31, 31, 31]
        assert complaints(r) == []
        assert active(r, 1) == []
        # That the wish is not met is said
        r.station.report.refresh()
        assert json.loads(r.station.report.state())["notes"] == [note]
        r.world.set_fault(fault, False)
        r.station.reset_faults()
        await changed(r, 1)
        assert drawn_a(r) == [31, 0, 0]
        r.station.report.refresh()
        assert "notes" not in json.loads(r.station.report.state())
        assert complaints(r) == []

    with rig(board=BOARD) as r:
        r.play(story)


def test_contactor_that_falls_open_under_load_is_answered_by_an_interruption(record_property):
    async def story(r):
        await on_three(r)
        begun_us = r.world.clock.now_us
        r.world.set_fault("phase_contactor_stuck_open", True)
        await r.run(200)
        # That was the part, and the vehicle saw it
        assert len(complaints(r)) == 2
        await r.until(lambda: not r.world.contactor.closed, 10_000)
        reaction_us = opened_us(r, 1, begun_us)
        await r.until(lambda: charging(r, 1), 30_000)
        await r.run(3000)
        assert drawn_a(r) == [31, 0, 0]
        assert phases(r).failure == "phase contactor moved by itself"
        assert len(complaints(r)) == 2
        return reaction_us

    with rig(board=BOARD) as r:
        reaction_us = r.play(story)
    assert 0 < reaction_us <= 8_000_000
    record_property("figure", f"opened {reaction_us / 1e6:.2f} s after L2 and L3 fell open")


@pytest.mark.parametrize(
    "fault", ["phase_contactor_welded", "phase_contactor_stuck_open", "phase_mirror_broken"]
)
def test_part_that_proves_nothing_at_power_on_gives_no_current_until_it_is_reset(fault):
    async def story(r):
        r.world.set_fault(fault, True)
        await r.until(lambda: "phase_switch_failed" in active(r, 1), 20_000)
        (record,) = of(r, 1, "fault")
        assert record["fault"] == "phase_switch_failed"
        assert record["detail"].startswith("phase contactor did not ")
        await plug(r, 1)
        assert r.station.authorize_local() == "fault"
        await r.run(3000)
        assert r.world.contactor.operations == 0
        r.world.set_fault(fault, False)
        await r.run(2000)
        assert "phase_switch_failed" in active(r, 1)
        assert r.station.reset_faults() == ["phase_switch_failed"]
        await r.until(lambda: r.station.authorize_local() == "", 5000)
        await changed(r, 3)
        assert drawn_a(r) == [31, 31, 31]
        assert complaints(r) == []

    with rig(board=BOARD) as r:
        r.play(story)


def test_main_contactor_that_does_not_open_keeps_the_phases_as_they_are(record_property):
    async def story(r):
        await on_three(r)
        r.world.set_fault("weld", True)
        r.station.set_phases(1, 1)
        await r.until(lambda: not r.world.contactor.relay, CHANGED_MS)
        begun_us = r.world.clock.now_us
        await r.until(lambda: "phase_switch_failed" in active(r, 1), 10_000)
        named_us = r.world.clock.now_us - begun_us
        assert "contactor_welded" in active(r, 1)
        await r.run(15_000)
        assert r.world.phase_contactor.closed
        assert complaints(r) == []
        return named_us

    with rig(board=BOARD) as r:
        named_us = r.play(story)
    assert named_us <= 5_500_000
    record_property(
        "figure", f"main contactor that stays closed named after {named_us / 1e6:.2f} s"
    )
