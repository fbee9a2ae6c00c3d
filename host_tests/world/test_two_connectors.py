"""Two connectors on one controller: each has its own charge, bill, faults and meter; what they share acts on both."""

import pytest
from twin_bench import (
    BOTH,
    active,
    charge,
    charging,
    connector,
    meter_wh,
    of,
    opened_us,
    plug,
    stopped,
)

from evse.control.stall_permit import StallRefusedError
from pilesim.chip import WDT_RESET, ResetRequest
from rig import rig

BOARD = "esp32s3_twin"
OTHER = {1: 2, 2: 1}


def operations(r, number):
    return r.world.outlet(number).contactor.operations


@pytest.mark.parametrize("model", ["dlt645", "sdm630"])
def test_both_charge_at_once_and_each_bill_is_from_its_own_meter(model, record_property):
    async def story(r):
        # A bill from the other one's register would be seen
        r.world.outlet(2).meter.base_units = 7_000_000 // r.world.outlet(2).meter.unit_wh
        r.world.outlet(2).vehicle.max_ma = 16_000
        await charge(r, *BOTH)
        await r.run(40_000)
        assert [connector(r, number).loop.register.ma[0] // 100 for number in BOTH] == [319, 160]
        first = await stopped(r, 1)
        assert charging(r, 2)
        await r.run(10_000)
        assert charging(r, 2)
        second = await stopped(r, 2)
        assert operations(r, 1) == operations(r, 2) == 1
        energies = []
        for number, stop in ((1, first), (2, second)):
            assert stop["wh"] == meter_wh(r, number)
            kinds = [record["kind"] for record in of(r, number) if record["kind"] != "tx_sample"]
            assert kinds == ["tx_start", "tx_charging", "tx_ending", "tx_stop"]
            start = of(r, number, "tx_start")[0]
            assert (start["ref"], start["tx"]) == ("local-%d" % number, stop["tx"])
            energies.append(stop["wh"] - start["wh"])
            drawn_wh = r.world.outlet(number).load.energy_uwh(r.world.clock.now_us) / 1e6
            assert abs(energies[-1] - drawn_wh) <= r.world.outlet(number).meter.unit_wh + 1
        assert r.station.metering.silences == 0
        return energies

    with rig(board=BOARD) as r:
        energies = r.play(story, {"meter_model": model})
    assert min(energies) > 100
    record_property("figure", "%s: %d Wh and %d Wh, each its own meter's" % (model, *energies))


@pytest.mark.parametrize("number", BOTH)
def test_residual_current_of_one_opens_that_one_alone(number, record_property):
    async def story(r):
        await charge(r, *BOTH)
        await r.run(2000)
        r.world.set_fault("residual_current", True, number)
        await r.until(lambda: "residual_current" in active(r, number), 1000)
        # The monitor takes its time; from its output on it is ours
        reaction_us = opened_us(r, number, r.world.outlet(number).residual_current.tripped_us)
        assert not r.world.outlet(number).contactor.relay
        await r.run(20_000)
        assert charging(r, OTHER[number])
        assert active(r, OTHER[number]) == []
        assert operations(r, OTHER[number]) == 1
        assert {x["c"] for x in r.records("fault")} == {number}
        return reaction_us

    with rig(board=BOARD) as r:
        reaction_us = r.play(story)
    assert 0 < reaction_us <= 6000
    record_property(
        "figure", f"connector {number} opened {reaction_us / 1000:.1f} ms after its trip"
    )


@pytest.mark.parametrize("number", BOTH)
def test_silent_meter_of_one_ends_that_charge_alone(number, record_property):
    async def story(r):
        await charge(r, *BOTH)
        await r.run(15_000)
        known_wh = connector(r, number).loop.register.wh
        begun_us = r.world.clock.now_us
        r.world.set_fault("silent", True, number)
        await r.until(lambda: "meter_lost" in active(r, number), 12_000)
        await r.until(lambda: not r.world.outlet(number).contactor.closed, 8000)
        reaction_us = opened_us(r, number, begun_us)
        # The bus is shared, the silence is not
        for _ in range(60):
            await r.run(500)
            assert connector(r, OTHER[number]).loop.register.age_ms < 3000
        assert charging(r, OTHER[number])
        assert active(r, OTHER[number]) == []
        stop = of(r, number, "tx_stop")[-1]
        assert stop["fault"] == "meter_lost"
        assert known_wh <= stop["wh"] <= meter_wh(r, number)
        r.world.set_fault("silent", False, number)
        await r.until(lambda: active(r, number) == [], 20_000)
        other = await stopped(r, OTHER[number])
        assert other["wh"] == meter_wh(r, OTHER[number])
        return reaction_us

    with rig(board=BOARD) as r:
        reaction_us = r.play(story)
    assert 0 < reaction_us <= 11_500_000
    record_property("figure", f"connector {number} opened {reaction_us / 1e6:.1f} s after silence")


@pytest.mark.parametrize("name", ["emergency_stop", "pe_lost"])
def test_what_both_share_opens_both_at_once(name, record_property):
    async def story(r):
        await charge(r, *BOTH)
        # Somewhere else within the period of the tick with each seed
        await r.run(1000 + r.world.seed * 0.9)
        begun_us = r.world.clock.now_us
        r.world.set_fault(name, True)
        await r.run(100)
        for number in BOTH:
            assert active(r, number) == [name]
            assert not r.world.outlet(number).contactor.closed
            assert [x["fault"] for x in of(r, number, "fault")][-1] == name
        return [opened_us(r, number, begun_us) for number in BOTH]

    worst_us = 0
    for seed in range(6):
        with rig(board=BOARD, seed=seed) as r:
            reactions_us = r.play(story)
        assert min(reactions_us) > 0
        worst_us = max(worst_us, *reactions_us)
    assert worst_us <= 6000
    record_property("figure", f"{name}: both open commands within {worst_us / 1000:.2f} ms")


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
        await r.run(65_000)

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
        r.play(begin)
        r.world.replace_chip(1)
        r.world.clock.advance(20_000_000)
        r.restart(again)


def test_energised_while_either_is():
    async def story(r):
        permit = r.station.permit
        await charge(r, *BOTH)
        for number in BOTH:
            assert permit.energised
            with pytest.raises(StallRefusedError):
                permit.hold("test")
            await stopped(r, number)
        await r.run(200)
        assert not permit.energised
        with permit.hold("test"):
            # Nothing closes meanwhile, at either
            for number in BOTH:
                assert r.station.authorize_local(number) == ""
            await r.run(8000)
            assert not any(r.world.outlet(number).contactor.closed for number in BOTH)
        await r.until(lambda: all(charging(r, number) for number in BOTH), 20_000)

    with rig(board=BOARD) as r:
        r.play(story)


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


def test_plug_of_one_starts_and_stops_nothing_at_the_other():
    async def story(r):
        await plug(r, 2)
        assert r.station.authorize_local(1) == "not_plugged"
        assert r.station.authorize_local(3) == "no_connector"
        await charge(r, 2)
        assert r.station.connector_status(1) == "available"
        assert r.station.stop_local(1) == "no_transaction"
        assert charging(r, 2)

    with rig(board=BOARD) as r:
        r.play(story)
