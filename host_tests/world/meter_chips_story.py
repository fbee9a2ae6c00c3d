"""One story of the three metering parts and their drivers, printed; the same on both interpreters.

At its end, under MicroPython, the interrupt of the pulse meter runs with the heap locked.
"""

import sys

from pilesim import current
from pilesim.rng import Random
from pilesim.world import World

world = World(seed=4, ticks_offset_us=(1 << 30) * 1000 - 5000000)
if sys.implementation.name == "cpython":
    from pilesim import host

    host.install(world)
else:
    current.use(world)

import time  # noqa: E402

import micropython  # noqa: E402

from evse.drivers.meter_bl0942 import MeterBl0942  # noqa: E402
from evse.drivers.meter_hlw8032 import MeterHlw8032  # noqa: E402
from evse.drivers.meter_s0 import MeterS0  # noqa: E402
from pilesim import meter_bl0942, meter_hlw8032, meter_s0  # noqa: E402

parts = (world.clock, world.load, world.mains)
models = (
    meter_hlw8032.MeterHlw8032(*parts, Random(1)),
    meter_bl0942.MeterBl0942(*parts, Random(2)),
    meter_s0.MeterS0(world.clock, world.load, Random(3)),
)
models[0].attach(world.chip.uart(1))
models[1].attach(world.chip.uart(2))
models[2].attach(world.chip.pad(25))
meters = (
    MeterHlw8032(1, 26, (1880000, 1000000)),
    MeterBl0942(2, 17, 16, (251213, 15873, 596, 3305)),
    MeterS0(25, 1000),
)


def read():
    """Every quantity of every meter once."""
    for meter in meters:
        for quantity in meter.tells:
            meter.request(quantity)
            value = None
            for _ in range(30):
                time.sleep_ms(20)
                value = meter.poll()
                if value is not None:
                    break
            print(world.clock.now_us, quantity, value, meter.bad_frames, meter.last_error)


for meter in meters:
    meter.start(70000)
read()
for milliamps in (32000, 13000, 0, 6000, 20000):
    world.load.ramp(milliamps, 3000000)
    for _ in range(4):
        read()
for number, module in enumerate((meter_hlw8032, meter_bl0942, meter_s0)):
    for fault in module.FAULTS:
        models[number].set_fault(fault, True)
        read()
        time.sleep_ms(2000)
        read()
        models[number].set_fault(fault, False)
        read()
print(world.load.energy_uwh(world.clock.now_us), world.clock.dropped_callbacks)

level = [1]
before = meters[2]._register.count


def pin():
    """A level without the simulated pad, whose own work allocates."""
    return level[0]


micropython.heap_lock()
try:
    for _ in range(10):
        level[0] = 0
        meters[2]._edge(pin)
        world.clock.now_us += 30000
        level[0] = 1
        meters[2]._edge(pin)
        world.clock.now_us += 30000
finally:
    micropython.heap_unlock()
print(meters[2]._register.count - before)
