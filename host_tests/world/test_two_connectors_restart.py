"""Two connectors over a restart: lock-outs, open transactions, and a tick that died."""

import pytest
from twin_bench import BOTH, active, charge, charging, connector, meter_wh, of, stopped

from pilesim.chip import WDT_RESET, ResetRequest
from rig import rig

BOARD = "esp32s3_twin"
OTHER = {1: 2, 2: 1}


def test_weld_of_the_second_locks_it_out_over_a_power_cut_and_not_the_first():
    async def welded(r):
        r.world.set_fault("weld", True, 2)
        await charge(r, *BOTH)
        r.station.stop_local(2)
        await r.until(lambda: "contactor_welded" in active(r, 2), 15_000)
        await r.run(2000)
        assert charging(r, 1)
        assert active(r, 1) == []
        # What must be kept is kept once nothing is energised
        await stopped(r, 1)
        await r.run(12_000)
        assert (r.folder / "lockout-2.json").exists()
        assert not (r.folder / "lockout.json").exists()

    async def repaired(r):
        await r.run(3000)
        assert active(r, 2) == ["contactor_welded"]
        assert r.station.authorize_local(2) == "fault"
        assert r.station.cp_state(2) == "F"
        await charge(r, 1)
        await stopped(r, 1)
        assert r.station.unlock(1) == []
        assert r.station.unlock(2) == ["contactor_welded"]
        await r.run(12_000)

    async def free(r):
        await r.run(2000)
        assert [active(r, number) for number in BOTH] == [[], []]
        await charge(r, 2)

    with rig(board=BOARD) as r:
        r.play(welded)
        r.world.set_fault("weld", False, 2)
        for number in BOTH:
            r.world.outlet(number).vehicle.unplug()
        for story in (repaired, free):
            r.world.replace_chip(1)
            r.restart(story)


def test_power_cut_with_two_open_transactions_takes_up_both():
    async def begin(r):
        r.world.outlet(2).meter.base_units = 700_000
        await charge(r, *BOTH)
        await r.run(12_000)

    async def again(r):
        await r.until(lambda: all(connector(r, number).session.tx for number in BOTH), 70_000)
        await r.until(lambda: all(charging(r, number) for number in BOTH), 60_000)
        await r.run(10_000)
        for number in BOTH:
            stop = await stopped(r, number)
            (start,) = of(r, number, "tx_start")
            (resume,) = of(r, number, "tx_resume")
            told = of(r, number, "tx_sample", "tx_charging")
            before = [x for x in told if x["seq"] < resume["seq"]][-1]
            assert start["tx"] == resume["tx"] == stop["tx"] == start["seq"]
            assert resume["lost_wh"] == resume["wh"] - before["wh"] >= 0
            assert stop["wh"] == meter_wh(r, number)

    with rig(board=BOARD) as r:
        r.play(begin, {"sample_interval_s": 10})
        r.world.replace_chip(1)
        r.world.clock.advance(20_000_000)
        r.restart(again)


@pytest.mark.parametrize("number", BOTH)
def test_dead_tick_of_one_starves_the_watchdog(number, record_property):
    moments = {}

    async def story(r):
        await charge(r, *BOTH)
        await r.run(1000)
        moments["begun"] = r.world.clock.now_us
        connector(r, number)._timer.stop()
        await r.run(1500)
        # Its own dead-man has let go, and the other one goes on until the reset
        moments["opened"] = r.world.outlet(number).contactor.main_opened_us
        assert charging(r, OTHER[number])
        await r.run(5000)

    async def again(r):
        await r.until(lambda: all(charging(r, number) for number in BOTH), 60_000)
        return of(r, 0, "boot")[-1]["cause"]

    with rig(board=BOARD) as r:
        with pytest.raises(ResetRequest) as reset:
            r.play(story)
        assert reset.value.cause == WDT_RESET
        reset_us = r.world.clock.now_us - moments["begun"]
        assert r.restart(again) == "watchdog"
    opened_ms = (moments["opened"] - moments["begun"]) / 1000
    assert 0 < opened_ms <= 70
    assert reset_us <= 2_100_000
    record_property(
        "figure",
        f"connector {number}: contactor open {opened_ms:.1f} ms after its last tick, reset after {reset_us / 1e6:.2f} s",
    )
