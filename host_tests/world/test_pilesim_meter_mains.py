"""What the meter says while the mains is wrong, incomplete or gone."""

import time
from types import SimpleNamespace

import pytest

from pilesim import dlt645_frames as frames
from pilesim import host
from pilesim.world import World

ADDRESS = frames.address_bytes("210012345678")
BOARD = SimpleNamespace(PINS={"rs485_tx": 17, "rs485_rx": 16}, UART_METER=2)


@pytest.fixture
def world():
    with host.installed(World(seed=3)) as installed:
        installed.wire(BOARD)
        installed.mains.wander_mv = 0
        yield installed


@pytest.fixture
def uart(world):
    import machine

    return machine.UART(2, 2400, bits=8, parity=0, stop=1)


def read(di):
    return bytes.fromhex(di)[::-1]


def ask(uart, data):
    """Answer (address, control, data) to one read, None if there is none within 600 ms."""
    uart.write(frames.build(ADDRESS, frames.READ, data))
    time.sleep_ms(600)
    return frames.take(bytearray(uart.read() or b""))


def test_the_meter_sees_voltage_and_frequency_faults(world, uart):
    world.set_voltage(190_000)
    world.mains.fault_frequency_chz = 5380
    world.set_fault("frequency", True)
    assert ask(uart, read("02010100"))[2][4:] == frames.bcd(1900, 2)
    assert ask(uart, read("02800002"))[2][4:] == frames.bcd(5380, 2)


def test_a_lost_phase_is_zero_volts_and_silences_a_single_phase_meter(world, uart):
    world.mains.phases = world.load.phases = 3
    world.load.ramp(16_000, 0)
    world.set_fault("phase_lost", True)
    assert ask(uart, read("0201FF00"))[2][4:] == frames.bcd(2200, 2) * 2 + bytes(2)
    assert ask(uart, read("0202FF00"))[2][4:] == frames.bcd(16_000, 3) * 2 + bytes(3)
    world.mains.phases = world.load.phases = 1
    assert ask(uart, read("02010100")) is None


def test_mains_lost_before_the_answer_leaves_is_no_answer(world, uart):
    uart.write(frames.build(ADDRESS, frames.READ, read("00010000")))
    world.clock.advance(90_000)
    assert world.meter.requests == 1
    world.set_mains(False)
    time.sleep_ms(600)
    assert uart.read() is None
