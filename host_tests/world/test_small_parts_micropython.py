"""Drivers and models of the small parts under the real MicroPython: the same readings, colours and times."""

import os
import subprocess
import sys

from interpreters import ROOT, run_micropython

SCRIPT = """
import sys
from pilesim import buttons, current, light, proximity, residual_current_two_level, thermometers
from pilesim.rng import Random
from pilesim.world import World

world = World(seed=5)
if sys.implementation.name == "cpython":
    from pilesim import host
    from pilesim.standins import onewire
    host.install(world)
    sys.modules["onewire"] = onewire
else:
    current.use(world)
import time
from evse.drivers.button import Button
from evse.drivers.buzzer import Buzzer
from evse.drivers.light_rgb import LightRgb
from evse.drivers.light_ws2812 import LightWs2812
from evse.drivers.proximity_adc import ProximityAdc
from evse.drivers.residual_current_monitor import ResidualCurrentMonitor
from evse.drivers.residual_current_two_level import ResidualCurrentTwoLevel
from evse.drivers.status_led import StatusLed
from evse.drivers.temperature_ds18b20 import TemperatureDs18b20
from evse.drivers.temperature_mcp9700a import TemperatureMcp9700a

pad = world.chip.pad
front_end = {"pullup_ohm": 1000, "pullup_mv": 3300}

def said(call, *arguments):
    try:
        value = call(*arguments)
    except OSError as error:
        value = error.args
    print(world.clock.now_us, value)

contact = proximity.Proximity(world.vehicle)
contact.attach(pad(1), front_end)
part = ProximityAdc(1, front_end)
world.vehicle.plug()
for a10 in sorted(proximity.CABLE_OHM):
    contact.set_cable(a10)
    for fault in proximity.FAULTS:
        contact.set_fault(fault, True)
        said(part.read)
        contact.set_fault(fault, False)
        said(part.read)
for model, attached, made in (
    (thermometers.Mcp9700a(), 2, TemperatureMcp9700a),
    (thermometers.Ds18b20(world.clock, Random(9)), 3, TemperatureDs18b20),
):
    model.attach(pad(attached))
    part = made(attached)
    for c10 in range(-400, 1200, 173):
        model.set_c10(c10)
        for _ in range(7):
            time.sleep_ms(200)
            said(part.read)
    for fault in thermometers.FAULTS:
        model.set_fault(fault, True)
        for _ in range(12):
            time.sleep_ms(200)
            said(part.read)
        model.set_fault(fault, False)
        time.sleep_ms(2000)
leds = light.LightRgb()
leds.attach(pad(4), pad(5), pad(6))
chain = light.LedChain(4)
chain.attach(pad(7))
lights = (LightRgb(4, 5, 6), LightWs2812(7, 3), StatusLed(8))
for rgb in (0xFF0000, 0x00FF00, 0x0000FF, 0xFF9000, 0xFFFFFF, 0):
    for one in lights:
        one.set(rgb)
    print(world.clock.now_us, leds.colour(world.clock.now_us), chain.colours, pad(8).high_us)
button = buttons.Button(world.clock, Random(4))
button.attach(pad(9))
part = Button(9)
for _ in range(5):
    for move in (button.press, button.release):
        move()
        for _look in range(20):
            time.sleep_ms(1)
            said(part.active)
buzzer = buttons.Buzzer()
buzzer.attach(pad(10))
part = Buzzer(10)
for on in (True, False, True, False):
    part.set(on)
    time.sleep_ms(30)
print(buzzer.sounds)
monitor = residual_current_two_level.ResidualCurrentTwoLevel(
    world.clock, world.contactor, Random(8), world.log
)
monitor.attach(pad(11), pad(12), pad(13))
part = ResidualCurrentTwoLevel(11, 12, 13)
for fault in residual_current_two_level.FAULTS:
    monitor.set_fault(fault, True)
    part.test(True)
    time.sleep_ms(250)
    part.test(False)
    for _ in range(25):
        time.sleep_ms(90)
        said(part.level)
        said(part.active)
    monitor.set_fault(fault, False)
    time.sleep_ms(5000)
print(ResidualCurrentMonitor(14, 15, test_level=0).level())
"""


def test_drivers_and_models_are_the_same_on_both_interpreters(tmp_path):
    script = tmp_path / "small_parts.py"
    script.write_text(SCRIPT)
    sim = "tools/pilesim/"
    paths = [str(ROOT / part) for part in ("firmware", "tools", sim + "hostpy")]
    cpython = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": ":".join(paths)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert cpython.returncode == 0, cpython.stdout + cpython.stderr
    micropython = run_micropython(
        script, paths=(sim + "standins_upy", sim + "standins", "tools", "firmware")
    )
    assert micropython.returncode == 0, micropython.stdout + micropython.stderr
    assert cpython.stdout == micropython.stdout
    # It went through every part and through failures
    assert len(cpython.stdout.splitlines()) > 900
    for text in (" (19,)", " (5,)", " None", " 15500", "[16711680,", " True", " 3\n"):
        assert text in cpython.stdout, text
