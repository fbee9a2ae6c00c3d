"""Every RS-485 meter, as its driver reads it in the simulated world: values, energy, faults, late answers."""

import time

import pytest
from meter_bench import DLT645, NAMES, WIRINGS, listener, meter_bench

from evse.core import modbus_meters
from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES
from pilesim import bus_meter, meter_modbus, modbus_frames

MODBUS = tuple(meter_modbus.MODELS)
HOURS_US = 10 * 3_600_000_000


@pytest.mark.parametrize(("name", "phases"), WIRINGS)
def test_quantities(name, phases):
    with meter_bench(name, phases) as bench:
        bench.world.load.ramp(16_000, 0)
        assert bench.ask(VOLTAGES) == (220_000,) * phases
        assert bench.ask(CURRENTS) == (16_000,) * phases
        assert bench.ask(POWER) == 3520 * phases
        assert bench.ask(FREQUENCY) == 5000
        register_wh = bench.model.register_units() * bench.model.unit_wh
        assert bench.ask(ENERGY) in (register_wh, register_wh + bench.model.unit_wh)
        assert bench.meter.bad_frames == 0
        assert bench.meter.frame
        number = "210012345678" if name == DLT645 else ""
        assert bench.meter.number() == number


@pytest.mark.parametrize("name", MODBUS)
def test_framing_and_addresses_are_the_factorys(name):
    row = modbus_meters.MODELS[name]
    function, framing, phases, unit_wh, units = meter_modbus.MODELS[name]
    assert row[modbus_meters.FUNCTION] == function
    assert row[modbus_meters.FRAMING] == framing
    assert row[modbus_meters.PHASES] == phases
    assert row[modbus_meters.RESOLUTION_WH] == unit_wh
    assert row[modbus_meters.WRAP_WH] == units * unit_wh
    assert row[modbus_meters.ADDRESS] == 1


def test_more_phases_than_the_meter_has_are_refused():
    with meter_bench("sdm120") as bench:
        from evse.drivers.meter_modbus import MeterModbus

        with pytest.raises(ValueError, match="1 phase"):
            MeterModbus(bench.port, modbus_meters.MODELS["sdm120"], 1, 3)


@pytest.mark.parametrize(
    ("name", "mv", "request_hex", "answer_hex"),
    [
        ("sdm120", 230_200, "010400000002 71CB", "01040443663333 5AFA"),
        ("ddsu666", 220_100, "010320000002 CFCB", "010304435C199A A45E"),
        ("dtsu666", 230_100, "010320060002 2FCA", "010304450FD000 82FC"),
    ],
)
def test_simulated_meters_answer_with_published_frames(name, mv, request_hex, answer_hex):
    with meter_bench(name) as bench:
        other = listener()
        bench.world.bus.attach(other)
        bench.world.mains.set_nominal_mv(mv)
        assert bench.ask(VOLTAGES) == (mv,)
        said = [bytes(transmission.data) for transmission in other.heard]
        assert said == [bytes.fromhex(request_hex), bytes.fromhex(answer_hex)]


@pytest.mark.parametrize("base_kwh", [1234, 20_000, 90_000])
@pytest.mark.parametrize(("name", "phases"), WIRINGS)
def test_ten_hours_of_energy_are_the_worlds(name, phases, base_kwh, record_property):
    with meter_bench(name, phases, seed=7) as bench:
        world, model = bench.world, bench.model
        world.mains.wander_mv = 800
        model.base_units = base_kwh * 1000 // model.unit_wh + 3
        ends = []
        for minutes in range(0, 601, 12):
            world.clock.advance_to(minutes * 60_000_000)
            wh = bench.ask(ENERGY)
            true_wh = model.register_units() * model.unit_wh
            # A single of that size may not hold every Wh
            assert abs(wh - true_wh) <= model.unit_wh + bench.meter.resolution_wh // 2
            ends.append((wh, world.load.energy_uwh(world.clock.now_us)))
            # Nothing flows while the first and the last reading are taken
            world.load.ramp(minutes * 7919 % 32_000 if minutes < 588 else 0, 90_000_000)
        assert world.clock.now_us >= HOURS_US
        off_uwh = (ends[-1][0] - ends[0][0]) * 1_000_000 - (ends[-1][1] - ends[0][1])
        resolution_wh = bench.meter.resolution_wh
        single_wh = 0 if resolution_wh == model.unit_wh else resolution_wh
        assert abs(off_uwh) <= (model.unit_wh + single_wh) * 1_000_000
        assert ends[-1][1] > 20_000_000_000
    record_property(
        "figure",
        f"{name}, {phases} phases, {base_kwh} kWh: off by {off_uwh / 1e6:.2f} Wh of "
        f"{ends[-1][1] / 1e6:.0f}, resolution {resolution_wh} Wh",
    )


@pytest.mark.parametrize("name", NAMES)
def test_counter_that_begins_anew_is_read_to_its_end_and_from_its_beginning(name):
    from evse.core.meter import MeterRegister

    with meter_bench(name) as bench:
        model = bench.model
        range_wh = model.range_units * model.unit_wh
        assert bench.meter.wrap_wh == range_wh
        model.base_units = model.range_units - 200 // model.unit_wh
        bench.world.load.ramp(30_000, 0)
        register = MeterRegister(8448)
        register.wrap_wh = range_wh
        begun_uwh = last_uwh = first_wh = 0
        for _ in range(100):
            register.resolution_wh = bench.meter.resolution_wh
            accepted = register.accept(bench.ask(ENERGY))
            last_uwh = bench.world.load.energy_uwh(bench.world.clock.now_us)
            if accepted and not begun_uwh:
                begun_uwh, first_wh = last_uwh, register.wh
            time.sleep_ms(2000)
            register.step(2100)
        assert not register.implausible
        assert register.refused == 0
        assert model.register_units() < 500 // model.unit_wh
        off_uwh = (register.wh - first_wh) * 1_000_000 - (last_uwh - begun_uwh)
        # Readings are as old as the answer takes; a single near the end has its own steps
        assert abs(off_uwh) <= (2 * model.unit_wh + 70) * 1_000_000
        assert register.wh > range_wh


# fault, its name in last_error; "" where nothing arrives at all
NAMED = [("silent", ""), ("wrong_address", "answer of meter"), ("exception", "")]


@pytest.mark.parametrize("name", NAMES)
def test_what_makes_an_answer_none_is_named(name):
    with meter_bench(name, address="210012345678" if name == DLT645 else None) as bench:
        for fault, text in NAMED:
            bench.model.set_fault(fault, True)
            bad_frames = bench.meter.bad_frames
            bench.meter.last_error = ""
            assert bench.ask(ENERGY) is None
            assert text in bench.meter.last_error
            assert (bench.meter.bad_frames == bad_frames) == (fault == "silent")
            bench.model.set_fault(fault, False)
            while bench.ask(ENERGY) is None:
                assert bench.world.clock.now_us < 20_000_000
        bench.world.set_fault("echo", True)
        assert bench.ask(ENERGY) is not None
        assert "echo" in bench.meter.last_error


@pytest.mark.parametrize("name", MODBUS)
def test_exceptions_and_not_a_number_are_named(name):
    with meter_bench(name) as bench:
        bench.model.set_fault("exception", True)
        for code, text in ((1, "illegal function"), (2, "illegal address"), (6, "busy")):
            bench.model.exception_code = code
            assert bench.ask(ENERGY) is None
            assert bench.meter.last_error == f"exception {code}: {text}"
        bench.model.set_fault("exception", False)
        bench.model.set_fault("nan", True)
        for quantity in (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY):
            assert bench.ask(quantity) is None
            assert bench.meter.last_error == "not a number"
        bench.model.set_fault("nan", False)
        assert bench.ask(ENERGY) is not None


def is_true(bench, quantity, value):
    """Whether this can be the meter's present reading of the quantity, at 16 A and 220 V."""
    if quantity == ENERGY:
        register_wh = bench.model.register_units() * bench.model.unit_wh
        return register_wh - 20 <= value <= register_wh + 1
    phases = bench.world.load.phases
    return (
        value
        == {
            VOLTAGES: (220_000,) * phases,
            CURRENTS: (16_000,) * phases,
            POWER: 3520 * phases,
            FREQUENCY: 5000,
        }[quantity]
    )


ROUND = (ENERGY, CURRENTS, VOLTAGES, POWER, FREQUENCY)


@pytest.mark.parametrize("faults", [("noisy",), ("collision",), ("noisy", "collision", "echo")])
@pytest.mark.parametrize(("name", "phases"), WIRINGS)
def test_noise_and_collisions_make_no_wrong_value(name, phases, faults):
    address = "210012345678" if name == DLT645 else None
    with meter_bench(name, phases, seed=11, address=address) as bench:
        bench.world.load.ramp(16_000, 0)
        for fault in faults:
            owner = bench.model if fault in bus_meter.FAULTS else bench.world
            owner.set_fault(fault, True)
        came = 0
        for turn in range(60):
            quantity = ROUND[turn % 5]
            value = bench.ask(quantity)
            if value is not None:
                came += 1
                assert is_true(bench, quantity, value), (quantity, value)
        assert bench.meter.bad_frames
        assert came > 0 or len(faults) > 1


# A meter that is later than this cannot be read; the answer itself takes 40 ms and its bytes
MOST_LATE_MS = {DLT645: 500, "sdm120": 1400, "sdm630": 1400}


@pytest.mark.parametrize("slow_ms", [100, 300, 500, 640, 700, 800, 1000, 1200, 1400])
@pytest.mark.parametrize(("name", "phases"), [(DLT645, 1), ("sdm120", 1), ("sdm630", 3)])
def test_late_answer_is_never_taken_for_another_quantity(name, phases, slow_ms):
    with meter_bench(name, phases, seed=5) as bench:
        bench.world.load.ramp(16_000, 0)
        model = bench.model
        model.slow_us = slow_ms * 1000
        came = set()
        for turn in range(40):
            # Slow now and then, and at the end always
            model.set_fault("slow", turn > 20 or turn % 3 == 0)
            quantity = ROUND[turn % 5]
            value = bench.ask(quantity)
            if value is not None:
                came.add(quantity)
                assert is_true(bench, quantity, value), (turn, quantity, value)
        assert len(came) == 5 or slow_ms > MOST_LATE_MS[name]


@pytest.mark.parametrize(("name", "most_ms"), [(DLT645, 1100), ("sdm120", 1700)])
def test_one_lost_question_costs_the_wait_for_its_answer(name, most_ms):
    with meter_bench(name) as bench:
        assert bench.ask(ENERGY) is not None
        bench.model.set_fault("silent", True)
        begun_us = bench.world.clock.now_us
        assert bench.ask(ENERGY) is None
        bench.model.set_fault("silent", False)
        assert bench.ask(CURRENTS) is not None
        assert bench.world.clock.now_us - begun_us <= most_ms * 1000


def test_what_another_master_is_told_is_not_ours():
    with meter_bench("sdm120") as bench:
        world = bench.world
        world.load.ramp(16_000, 0)
        other = listener()
        world.bus.attach(other)
        bench.timed(bench.meter.request, VOLTAGES)
        bench.model.set_fault("silent", True)
        time.sleep_ms(100)
        assert bench.timed(bench.meter.poll) is None
        bench.model.set_fault("silent", False)
        question = modbus_frames.sealed([1, 4, 0, 6, 0, 2])
        world.bus.transmit(other, question, bench.model.framing, world.clock.now_us)
        for _ in range(20):
            time.sleep_ms(20)
            assert bench.timed(bench.meter.poll) is None
        assert bytes(other.heard[-1].data[:3]) == b"\x01\x04\x04", "it was answered"
        assert bench.meter.last_error == "answer to another master"


@pytest.mark.parametrize("name", NAMES)
def test_swapped_meter_shows_another_register(name):
    with meter_bench(name) as bench:
        before = bench.ask(ENERGY)
        bench.model.set_fault("swapped", True)
        numbers = []
        while True:
            wh = bench.ask(ENERGY)
            assert bench.world.clock.now_us < 10_000_000
            if wh is not None:
                break
        numbers.append(bench.meter.number())
        assert abs(wh - before) > 1_000_000
        assert numbers == (["210098765432"] if name == DLT645 else [""])
