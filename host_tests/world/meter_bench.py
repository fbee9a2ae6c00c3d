"""A meter on the simulated RS-485 pair and the firmware's driver for it, every call of which is timed."""

import contextlib
import time
from types import SimpleNamespace

from pilesim import host, meter_modbus
from pilesim.rng import Random
from pilesim.world import World

DLT645 = "dlt645"
NAMES = (DLT645, *meter_modbus.MODELS)
UART, TX, RX, DIRECTION, TIMER = 2, 17, 16, 4, 1
# No driver may hold the interpreter for longer; the stand-ins let every access cost what it does
MOST_US = 1000


def phases_of(name):
    """(name, phases) that a meter can be wired for."""
    three = name in (DLT645, "sdm630", "dtsu666")
    return [(name, 1), (name, 3)] if three else [(name, 1)]


WIRINGS = [wiring for name in NAMES for wiring in phases_of(name)]


class MeterBench:
    """`world`, `model` (the simulated meter), `port` and `meter` (the drivers)."""

    def __init__(self, world, name, phases, direction, address):
        self.world = world
        self.longest_us = 0
        self.pad = None
        world.mains.phases = world.load.phases = phases
        uart = world.chip.uart(UART)
        uart.bus = world.bus
        if direction:
            self.pad = world.chip.pad(DIRECTION)
            uart.attach_direction(self.pad)
        self.uart = uart
        self.model = world.meter
        if name != DLT645:
            world.bus.detach(world.meter)
            self.model = meter_modbus.MeterModbus(
                world.clock, world.bus, world.load, world.mains, Random(world.seed + 2), name
            )
        self.port = self._port(self.model.framing, direction)
        self.meter = self._meter(name, phases, address)

    def _port(self, framing, direction):
        from evse.drivers.rs485 import Rs485

        if direction:
            return Rs485(UART, TX, RX, framing, DIRECTION, TIMER)
        return Rs485(UART, TX, RX, framing)

    def _meter(self, name, phases, address):
        if name == DLT645:
            from evse.drivers.meter_dlt645 import MeterDlt645

            if address is None:
                return MeterDlt645(self.port, phases=phases)
            return MeterDlt645(self.port, address, phases)
        from evse.core.modbus_meters import MODELS
        from evse.drivers.meter_modbus import MeterModbus

        return MeterModbus(self.port, MODELS[name], address or 1, phases)

    def timed(self, call, *arguments):
        """What a call of a driver returns."""
        before_us = self.world.clock.now_us
        result = call(*arguments)
        self.longest_us = max(self.longest_us, self.world.clock.now_us - before_us)
        return result

    def ask(self, quantity):
        """The value, or None when none came in time; as control.metering does it."""
        self.timed(self.meter.request, quantity)
        waited_ms = 0
        while waited_ms < getattr(self.meter, "answer_ms", 700):
            time.sleep_ms(20)
            waited_ms += 20
            value = self.timed(self.meter.poll)
            if value is not None:
                time.sleep_ms(30)
                return value
        return None


@contextlib.contextmanager
def meter_bench(name, phases=1, seed=1, direction=False, address=None):
    """A fresh world with one meter; at the end no call may have taken long."""
    with host.installed(World(seed)) as world:
        world.mains.wander_mv = 0
        bench = MeterBench(world, name, phases, direction, address)
        yield bench
        assert bench.longest_us <= MOST_US


def listener():
    """A device on the pair that only keeps what it hears."""
    heard = []
    return SimpleNamespace(behind_transceiver=False, hear=heard.append, heard=heard)
