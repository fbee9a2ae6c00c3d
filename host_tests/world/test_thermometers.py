"""MCP9700A and DS18B20 on their models: range, every fault, time of a call, what derating makes of it."""

import pytest
from parts_bench import PIN, bare_chip, timed

from evse.core.faults import OVER_TEMPERATURE, TEMPERATURE_LOST
from evse.core.temperature import Derating
from pilesim import thermometers
from pilesim.rng import Random

# As control/protection.py asks
EVERY_MS = 200
MOST_US = 10_000


@pytest.fixture
def world():
    with bare_chip() as made:
        yield made


def analog(world):
    """Model and driver of an MCP9700A."""
    from evse.drivers.temperature_mcp9700a import TemperatureMcp9700a

    model = thermometers.Mcp9700a()
    model.attach(world.chip.pad(PIN))
    return model, TemperatureMcp9700a(PIN)


def digital(world, seed=1, faults=()):
    """Model and driver of a DS18B20."""
    from evse.drivers.temperature_ds18b20 import TemperatureDs18b20

    model = thermometers.Ds18b20(world.clock, Random(seed))
    for fault in faults:
        model.set_fault(fault, True)
    model.attach(world.chip.pad(PIN))
    return model, TemperatureDs18b20(PIN)


def readings(world, part, ms):
    """Values or OSErrors of `ms`, asked as protection asks."""
    found = []
    for _ in range(ms // EVERY_MS):
        world.clock.advance(EVERY_MS * 1000)
        took_us, value = timed(world, part.read)
        assert took_us < MOST_US
        found.append(value)
    return found


def judged(values):
    """Every fault bit that derating raised over `values`."""
    derating = Derating(320)
    raised = 0
    for value in values:
        raised |= derating.step(None if isinstance(value, OSError) else value, EVERY_MS)[1]
    return raised


def test_mcp9700a_reads_its_whole_range(world):
    model, part = analog(world)
    for c10 in range(-400, 1251):
        model.set_c10(c10)
        took_us, value = timed(world, part.read)
        assert value == c10
        assert took_us <= 200


@pytest.mark.parametrize("fault", thermometers.MCP9700A_FAULTS)
def test_every_fault_of_an_mcp9700a_is_an_error(world, fault):
    model, part = analog(world)
    model.set_fault(fault, True)
    with pytest.raises(OSError, match="5"):
        part.read()
    model.set_fault(fault, False)
    assert part.read() == 250


def test_mcp9700a_out_of_its_range_is_an_error(world):
    _model, part = analog(world)
    for millivolts in (0, 99, 1751, 3100):
        world.chip.pad(PIN).analog_mv = lambda _now_us, level=millivolts: level
        with pytest.raises(OSError, match="5"):
            part.read()


def test_ds18b20_says_nothing_before_its_first_conversion_and_then_follows(world, record_property):
    model, part = digital(world)
    assert [part.read() for _ in range(5)] == [None] * 5
    world.clock.advance(749_000)
    assert part.read() is None
    world.clock.advance(1_000)
    took_us, value = timed(world, part.read)
    assert value == 250
    assert took_us < MOST_US
    record_property("figure", f"DS18B20: {took_us} us to fetch one conversion and begin the next")
    for c10 in (*range(-550, 1251, 61), 1250):
        model.set_c10(c10)
        values = readings(world, part, 2000)
        assert abs(values[-1] - c10) <= 1, c10
    # One conversion every fourth call, and only then does a call take time
    before = model.conversions
    readings(world, part, 8000)
    assert 9 <= model.conversions - before <= 10
    assert min(timed(world, part.read)[0] for _ in range(2)) < 100


def test_ds18b20_raises_nothing_false_after_boot(world):
    for faults in ((), ("ds18b20_resets",)):
        model, part = digital(world, faults=faults)
        begin = readings(world, part, 1000)
        assert not any(isinstance(value, OSError) for value in begin)
        for fault in faults:
            model.set_fault(fault, False)
        assert judged(begin + readings(world, part, 60_000)) == 0


def test_power_on_value_is_refused_until_the_next_conversion_confirms_it(world):
    model, part = digital(world)
    assert readings(world, part, 1000)[-1] == 250
    # One dip of the supply in a conversion
    model.set_fault("ds18b20_resets", True)
    told = readings(world, part, 800)
    model.set_fault("ds18b20_resets", False)
    told += readings(world, part, 3000)
    assert set(told) == {250}
    # 85 degC it really is
    model.set_c10(850)
    told = readings(world, part, 6000)
    assert set(told) == {250, 850}
    assert told[-1] == 850
    assert 250 not in told[10:]
    # A supply that always dips looks the same, and stops the charge
    model.set_c10(250)
    readings(world, part, 3000)
    model.set_fault("ds18b20_resets", True)
    assert judged(readings(world, part, 6000)) == OVER_TEMPERATURE


@pytest.mark.parametrize(("fault", "number"), [("ds18b20_absent", 19), ("ds18b20_short", 5)])
def test_absent_and_shorted_are_errors_and_end_with_their_cause(world, fault, number):
    model, part = digital(world)
    readings(world, part, 1000)
    model.set_fault(fault, True)
    told = readings(world, part, 4000)
    lost = [value for value in told if isinstance(value, OSError)]
    # What was measured before is told until the next one is due, not longer
    assert told[:3].count(250) >= 2
    assert told[-15:] == lost[-15:]
    assert {error.args[0] for error in lost} == {number}
    assert judged(told) == TEMPERATURE_LOST
    # It comes back from a loss of its supply: neither 85 degC nor what it was before
    model.set_c10(400)
    model.power_on()
    model.set_fault(fault, False)
    assert set(readings(world, part, 3000)) == {None, 400}


@pytest.mark.parametrize("fault", ["ds18b20_absent", "ds18b20_short"])
def test_a_sensor_that_comes_late_is_read(world, fault):
    model, part = digital(world, faults=(fault,))
    told = readings(world, part, 3000)
    assert None not in told[4:]
    assert judged(told) == TEMPERATURE_LOST
    model.set_fault(fault, False)
    assert readings(world, part, 2000)[-1] == 250


@pytest.mark.parametrize("seed", range(5))
def test_noise_on_the_wire_never_gives_a_wrong_temperature(world, seed):
    model, part = digital(world, seed)
    readings(world, part, 1000)
    model.set_fault("ds18b20_noise", True)
    told = readings(world, part, 120_000)
    errors = sum(isinstance(value, OSError) for value in told)
    assert {value for value in told if not isinstance(value, OSError)} == {250}
    assert 100 < errors < 500


def test_a_reset_of_the_chip_in_a_conversion_costs_nothing(world):
    model, part = digital(world)
    readings(world, part, 1000)
    world.clock.advance(300_000)
    world.replace_chip(2)
    model.attach(world.chip.pad(PIN))
    from evse.drivers.temperature_ds18b20 import TemperatureDs18b20

    part = TemperatureDs18b20(PIN)
    assert readings(world, part, 1000)[-1] == 250


def checksum(data):
    """Remainder of x^8 + x^5 + x^4 + 1, first bit first, by long division of the whole message."""
    number = int.from_bytes(data, "little")
    bits = 8 * len(data)
    message = int(f"{number:0{bits}b}"[::-1], 2) << 8
    for place in range(bits - 1, -1, -1):
        if message >> (place + 8) & 1:
            message ^= 0b1_0011_0001 << place
    return int(f"{message:08b}"[::-1], 2)


def expected_c10(data):
    """What a scratchpad says in 0.1 degC, or None for one that says nothing."""
    sixteenths = int.from_bytes(data[:2], "little", signed=True)
    if checksum(data[:8]) != data[8] or data[4] & 0x9F != 0x1F:
        return None
    if not -55 * 16 <= sixteenths <= 125 * 16:
        return None
    return (sixteenths * 10 + 8) // 16


def scratchpads(random, count):
    """Right ones of any temperature, those with one or two bits turned, and rubbish."""
    yield from (bytes(9), b"\xff" * 9)
    for _ in range(count - 2):
        kind = random.below(4)
        data = bytearray(random.below(256) for _ in range(9))
        if kind:
            sixteenths = 1360 if random.below(5) == 0 else random.between(-60 * 16, 130 * 16)
            data[0:2] = (sixteenths & 0xFFFF).to_bytes(2, "little")
            data[4] = (0x1F, 0x3F, 0x5F, 0x7F)[random.below(4)] if kind < 3 else data[4]
            data[8] = checksum(data[:8])
        if kind == 2:
            for _bit in range(random.between(1, 2)):
                data[random.below(9)] ^= 1 << random.below(8)
        yield bytes(data)


def test_ten_thousand_scratchpads(world, record_property):
    model, part = digital(world)
    random = Random(20)
    counts = {"told": 0, "refused": 0, "doubted": 0}
    was_power_on = False
    for data in scratchpads(random, 10_000):
        world.clock.advance(760_000)
        model.scratchpad[:] = data
        took_us, value = timed(world, part.read)
        assert took_us < MOST_US
        wanted = expected_c10(data)
        if wanted is None:
            assert isinstance(value, OSError), data.hex()
            counts["refused"] += 1
            assert value.args[0] == 5
        elif data[:2] == b"\x50\x05" and not was_power_on:
            assert value != 850
            counts["doubted"] += 1
        else:
            assert value == wanted, data.hex()
            counts["told"] += 1
        if wanted is not None:
            was_power_on = data[:2] == b"\x50\x05"
    record_property("figure", f"DS18B20 scratchpads: {counts}")
    assert min(counts["told"], counts["refused"]) > 2000
    assert counts["doubted"] > 100


def test_the_model_answers_as_the_sensor_does(world):
    from machine import Pin
    from onewire import OneWire

    model, _part = digital(world)
    wire = OneWire(Pin(PIN))
    world.clock.advance(1_000_000)
    assert wire.reset(True)
    wire.writebyte(0x33)
    rom = bytes(wire.readbyte() for _ in range(8))
    assert rom == model.rom
    assert checksum(rom[:7]) == rom[7]
    wire.select_rom(rom)
    wire.write(bytes([0x4E, 1, 2, 0x00]))
    wire.select_rom(rom)
    wire.writebyte(0x44)
    # Nine bits are ready in an eighth of the time
    assert wire.readbit() == 0
    world.clock.advance(100_000)
    assert wire.readbit() == 1
    wire.select_rom(rom)
    wire.writebyte(0xBE)
    data = bytearray(9)
    wire.readinto(data)
    assert (data[2], data[3], data[4]) == (1, 2, 0x1F)
    assert expected_c10(data) == 250
    # Somebody else is addressed
    wire.select_rom(bytes([*rom[:7], rom[7] ^ 1]))
    wire.writebyte(0xBE)
    assert [wire.readbyte() for _ in range(9)] == [0xFF] * 9
