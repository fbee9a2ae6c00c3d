"""Two outlets in one world: what each has of its own and what they share."""

from types import SimpleNamespace

import pytest
from outlet_bench import SECOND, Bench, board

from pilesim import dlt645_frames as frames
from pilesim import host
from pilesim.chip import PWRON_RESET
from pilesim.memory import MeterMemory
from pilesim.outlet import MODELS
from pilesim.world import World


@pytest.fixture
def bench():
    return Bench()


def picture(outlet):
    """Everything of an outlet that a charge moves."""
    line, contactor, meter = outlet.line, outlet.contactor, outlet.meter
    return (
        line.levels_mv(),
        line.duty_u16(),
        contactor.closed,
        contactor.energised,
        contactor.relay,
        contactor.operations,
        outlet.phase_contactor.closed,
        outlet.load.targets_ma(),
        outlet.vehicle.plugged,
        outlet.vehicle.s2_closed,
        outlet.vehicle.received_wh(),
        meter.register_units(),
        meter.part_uwh(),
        outlet.residual_current.tests,
        outlet.lock.locked,
    )


def test_a_board_of_one_has_one_and_the_worlds_names_are_its():
    world = World()
    assert len(world.outlets) == 1
    world.wire(SimpleNamespace(PINS={"cp_pwm": 25}))
    assert len(world.outlets) == 1
    world.wire(board())
    first, second = world.outlets
    for name, _faults in MODELS:
        assert getattr(world, name) is getattr(first, name)
        shared = name == "temperature"
        assert (getattr(second, name) is getattr(first, name)) is shared, name
    assert [outlet.number for outlet in world.outlets] == [1, 2]


@pytest.mark.parametrize(("busy", "idle"), [(0, 1), (1, 0)])
def test_a_charge_moves_nothing_of_the_other(bench, busy, idle):
    other = bench.sides[idle].outlet
    bench.run(100)
    before = picture(other)
    side = bench.sides[busy]
    side.phases(True)
    bench.run(100)
    side.charge()
    bench.run(10_000)
    assert side.energy_uwh() > 50_000_000
    assert side.outlet.meter.register_units() > 123_456
    for fault in ("weld", "diode_missing", "residual_current", "lock_jam", "silent", "overdraw"):
        bench.world.set_fault(fault, True, outlet=busy + 1)
        bench.run(300)
    side.vehicle.unplug(force=True)
    side.contactor(False)
    bench.run(1000)
    assert side.outlet.contactor.closed, "it did not weld"
    assert picture(other) == before
    assert {entry[2].get("outlet", 1) for entry in bench.world.trace} == {busy + 1}
    assert len(bench.world.events("plug", outlet=busy + 1)) == 1
    assert bench.world.events("plug", outlet=idle + 1) == []


def readings(wired):
    """ADC, mirror and residual-current times of outlet 1 through a charge, all of them random."""
    bench = Bench(wired)
    world, side = bench.world, bench.sides[0]
    world.line.set_front_end(200_000, 42_200, 31_600, 3300)
    found = []
    mirror = world.chip.pad(33)
    mirror.changed = lambda level: found.append((world.clock.now_us, level))
    side.charge()
    world.set_fault("residual_current", True)
    for _ in range(200):
        bench.run(10)
        found.append(world.line.adc_mv(world.clock.now_us))
    return found, world.residual_current.tripped_us, world.mains.voltage_mv(0, world.clock.now_us)


def test_the_second_outlet_takes_nothing_from_the_firsts_chance():
    alone = readings(board(second=None))
    assert len(set(alone[0])) > 10
    assert alone[1] > 0
    assert readings(board()) == alone


def test_two_outlets_draw_different_chance(bench):
    lines = [side.outlet.line for side in bench.sides]
    samples = []
    for line in lines:
        line.set_front_end(200_000, 42_200, 31_600, 3300)
        samples.append([line.adc_mv(bench.clock.now_us) for _ in range(50)])
    assert samples[0] != samples[1]


def sampled_uwh(bench, ms):
    """Energy of both sides over `ms` by trapezoids of 5 ms, from currents and voltages alone."""
    totals = [0, 0]
    mains = bench.world.mains
    step_ms = 10

    def powers():
        now_us = bench.clock.now_us
        return [
            sum(ma * mains.voltage_mv(phase, now_us) for phase, ma in enumerate(currents))
            for currents in (side.currents_ma() for side in bench.sides)
        ]

    before = powers()
    for _ in range(ms // step_ms):
        bench.run(step_ms)
        after = powers()
        for number in range(2):
            totals[number] += (before[number] + after[number]) * step_ms / 2
        before = after
    return [total / 3_600_000 for total in totals]


def test_two_vehicles_at_once_each_with_its_own_energy(bench):
    first, second = bench.sides
    second.vehicle.phases = 2
    second.phases(True)
    bench.run(100)
    first.charge(53.33)
    second.charge(26.67)
    begun = [side.energy_uwh() for side in bench.sides]
    expected = sampled_uwh(bench, 5000)
    first.offer(16.67)
    more = sampled_uwh(bench, 7000)
    # L1 alone against two phases of half the current
    assert first.currents_ma() == pytest.approx([10_000, 0, 0], abs=5)
    assert second.currents_ma() == pytest.approx([16_000, 16_000, 0], abs=5)
    for number, side in enumerate(bench.sides):
        drawn = side.energy_uwh() - begun[number]
        assert drawn == pytest.approx(expected[number] + more[number], rel=1e-4)
        assert side.outlet.meter.register_units() == 123_456 + side.energy_uwh() // 10_000_000
    assert first.energy_uwh() != second.energy_uwh()


def test_a_changed_voltage_counts_for_both_from_its_moment(bench):
    world = bench.world
    world.mains.wander_mv = 0
    for outlet in world.outlets:
        outlet.load.ramp((10_000, 0, 0), 0)
    bench.clock.advance(3_600_000)
    world.set_voltage(110_000)
    bench.clock.advance(3_600_000)
    # 2200 W and 1100 W for 3.6 s each
    assert [side.energy_uwh() for side in bench.sides] == [3_300_000, 3_300_000]


def test_both_answer_on_one_bus_by_their_own_numbers():
    bench = Bench()
    world = bench.world
    bench.sides[1].charge()
    bench.run(20_000)
    with host.installed(world):
        import machine

        uart = machine.UART(2, 2400, bits=8, parity=0, stop=1)

        def energy_of(address):
            uart.write(frames.build(address, frames.READ, bytes(4)[:2] + b"\x01\x00"))
            world.clock.advance(600_000)
            return frames.take(bytearray(uart.read() or b""))

        wire = ("210012345678", "210012345679")
        for number in wire:
            answer = energy_of(frames.address_bytes(number))
            assert answer[0] == frames.address_bytes(number)
        # One question to all of them garbles both answers
        assert energy_of(frames.WILDCARD) is None


def test_one_heartbeat_holds_both_coils_and_one_stop_opens_both(bench):
    for side in bench.sides:
        side.contactor(True)
    bench.run(200)
    assert all(side.outlet.contactor.closed for side in bench.sides)
    bench.beating = set()
    bench.run(200)
    assert not any(side.outlet.contactor.closed for side in bench.sides)
    bench.beating = {0}
    bench.run(200)
    assert all(side.outlet.contactor.closed for side in bench.sides)


def test_a_heartbeat_of_its_own_opens_its_own_alone():
    bench = Bench(board(second={**SECOND, "heartbeat": 32}))
    for side in bench.sides:
        side.contactor(True)
    bench.run(200)
    assert all(side.outlet.contactor.closed for side in bench.sides)
    bench.beating = {0}
    bench.run(200)
    assert [side.outlet.contactor.closed for side in bench.sides] == [True, False]


def test_a_uart_train_on_one_pin_holds_both_coils():
    bench = Bench()
    world = bench.world
    with host.installed(world):
        import machine

        pins = {"contactor": 26, "dead_man_uart": 27}
        roles = {"DEAD_MAN": "uart", "UART_DEAD_MAN": 1}
        evses = [
            SimpleNamespace(PINS={**pins, "contactor": contactor}, **roles)
            for contactor in (26, 14)
        ]
        world.wire(SimpleNamespace(PINS=pins, evses=lambda: evses, **roles))
        port = machine.UART(1, 10_000, tx=27, txbuf=0, invert=machine.UART.INV_TX)
        for contactor in (26, 14):
            machine.Pin(contactor, machine.Pin.OUT, value=1)
        energised = []
        for _ in range(3):
            port.write(b"\x55" * 10)
            energised.append([outlet.contactor.energised for outlet in world.outlets])
            world.clock.advance(40_000)
            energised.append([outlet.contactor.energised for outlet in world.outlets])
    assert energised == [[True, True], [False, False]] * 3


def test_shared_parts_are_one(bench):
    world = bench.world
    world.set_temperature(700)
    assert world.outlets[1].temperature.c10 == 700
    world.set_fault("emergency_stop", True)
    assert world.chip.pad(21).read(world.clock.now_us) == 1
    world.set_mains(False)
    assert [outlet.load.power_mw(0) for outlet in world.outlets] == [0, 0]


def test_a_reset_opens_both_and_wires_both_again(bench):
    for side in bench.sides:
        side.charge()
    begun = [side.energy_uwh() for side in bench.sides]
    bench.world.replace_chip(PWRON_RESET)
    bench.clock.advance(100_000)
    assert not any(side.outlet.contactor.closed for side in bench.sides)
    assert all(side.vehicle.plugged for side in bench.sides)
    for number, side in enumerate(bench.sides):
        # Drop-out is 15 ms
        assert 0 < side.energy_uwh() - begun[number] < 70_000
    chip = bench.world.chip
    chip.pad(SECOND["cp_pwm"]).start_pwm(1000, 65535)
    assert bench.world.outlets[1].line.duty_u16() == 65535
    assert bench.world.outlets[0].line.duty_u16() == 0


def test_each_meter_has_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, units in ((1, 500), (2, 900)):
        outlet = World(1).outlets[0]
        MeterMemory(outlet.meter, number)
        outlet.meter.base_units = units
        outlet.meter.on_reading(units)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meter.json", "meter2.json"]
    world = Bench().world
    for outlet in world.outlets:
        MeterMemory(outlet.meter, outlet.number)
    assert [outlet.meter.base_units for outlet in world.outlets] == [500, 900]
