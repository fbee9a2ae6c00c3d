"""A metering chip or pulse meter of the simulator and the driver that reads it, for tests."""

import contextlib
import time

from pilesim import host
from pilesim.meter_bl0942 import MeterBl0942 as Bl0942Model
from pilesim.meter_hlw8032 import MeterHlw8032 as Hlw8032Model
from pilesim.meter_s0 import MeterS0 as S0Model
from pilesim.rng import Random
from pilesim.rs485 import Transmission
from pilesim.world import World

HLW_SCALE = (1_880_000, 1_000_000)
BL_SCALE = (251_213, 15_873, 596, 3305)
UART = 1
PIN = 25
LONGEST_CALL_US = 1000


class Bench:
    """World, model, driver; `longest_us` is the most virtual time that one call of the driver took."""

    def __init__(self, world, kind, **options):
        self.world = world
        self.clock = world.clock
        self.kind = kind
        self.longest_us = 0
        self._options = options
        clock, load, mains = world.clock, world.load, world.mains
        if kind == "s0":
            self.model = S0Model(clock, load, Random(7), options.get("pulses_per_kwh", 1000))
        elif kind == "hlw8032":
            self.model = Hlw8032Model(clock, load, mains, Random(7))
        else:
            model_options = {k: v for k, v in options.items() if k in ("address", "baudrate")}
            self.model = Bl0942Model(clock, load, mains, Random(7), **model_options)
        self.build()

    def build(self):
        """A driver on the chip as it is now."""
        chip = self.world.chip
        if self.kind == "s0":
            from evse.drivers.meter_s0 import MeterS0

            self.model.attach(chip.pad(PIN))
            self.meter = MeterS0(PIN, self._options.get("pulses_per_kwh", 1000))
        elif self.kind == "hlw8032":
            from evse.drivers.meter_hlw8032 import MeterHlw8032

            self.model.attach(chip.uart(UART))
            self.meter = MeterHlw8032(UART, 26, HLW_SCALE)
        else:
            from evse.drivers.meter_bl0942 import MeterBl0942

            self.model.attach(chip.uart(UART))
            self.meter = MeterBl0942(UART, 27, 26, BL_SCALE, **self._options)

    def _timed(self, function, *arguments):
        before_us = self.clock.now_us
        result = function(*arguments)
        self.longest_us = max(self.longest_us, self.clock.now_us - before_us)
        return result

    def request(self, quantity):
        self._timed(self.meter.request, quantity)

    def poll(self):
        return self._timed(self.meter.poll)

    def ask(self, quantity, within_ms=700):
        """The value, None when none came in time."""
        self.request(quantity)
        for _ in range(within_ms // 20):
            time.sleep_ms(20)
            value = self.poll()
            if value is not None:
                return value
        return None

    def last(self, quantity, asks=4):
        """The value after so many answers: energy lags one frame, and noise spoils some."""
        values = [self.ask(quantity) for _ in range(asks)]
        values = [value for value in values if value is not None]
        return values[-1] if values else None

    def world_wh(self):
        """The world's own integral, whole Wh."""
        return self.world.load.energy_uwh(self.clock.now_us) // 1_000_000

    def feed(self, data):
        """Bytes on the wire to the UART, and the time that they take."""
        port = self.world.chip.uart(UART)
        transmission = Transmission(data, port.framing, self.clock.now_us)
        port.hear(transmission)
        self.clock.advance_to(transmission.end_us)


@contextlib.contextmanager
def bench(kind, seed=5, ticks_offset_us=0, **options):
    """A bench whose driver must never have held the interpreter."""
    with host.installed(World(seed, ticks_offset_us)) as world:
        made = Bench(world, kind, **options)
        yield made
        assert made.longest_us <= LONGEST_CALL_US
