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
        await r.run(20_000)
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
    assert min(energies) > 50
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
        while connector(r, number).session.tx:
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
        await r.run(500 + r.world.seed * 1.3)
        begun_us = r.world.clock.now_us
        r.world.set_fault(name, True)
        await r.run(100)
        for number in BOTH:
            assert active(r, number) == [name]
            assert not r.world.outlet(number).contactor.closed
            assert [x["fault"] for x in of(r, number, "fault")][-1] == name
        return [opened_us(r, number, begun_us) for number in BOTH]

    worst_us = 0
    for seed in range(4):
        with rig(board=BOARD, seed=seed) as r:
            reactions_us = r.play(story)
        assert min(reactions_us) > 0
        worst_us = max(worst_us, *reactions_us)
    assert worst_us <= 6000
    record_property("figure", f"{name}: both open commands within {worst_us / 1000:.2f} ms")


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
