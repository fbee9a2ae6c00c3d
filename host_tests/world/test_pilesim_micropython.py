"""The same stand-ins on MicroPython: lock-step with CPython, asyncio."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIM = ROOT / "tools" / "pilesim"
BESIDE = Path(sys.executable).with_name("micropython")
MICROPYTHON = shutil.which("micropython") or (str(BESIDE) if BESIDE.exists() else None)

needs_micropython = pytest.mark.skipif(
    MICROPYTHON is None, reason="no micropython on PATH or beside this Python"
)

# One scripted sequence of accesses; every reading and every time is printed
ACCESSES = """
import sys
from pilesim import current
from pilesim.world import World

class Board:
    PINS = {"cp_pwm": 25, "cp_adc": 36, "contactor": 26, "mirror": 33, "heartbeat": 27,
            "rs485_tx": 17, "rs485_rx": 16, "output_sense": 34, "rcm_trip": 19, "rcm_test": 23,
            "emergency_stop": 21, "pe_monitor": 22, "mains_monitor": 32, "temperature_adc": 39,
            "lock_a": 13, "lock_b": 14, "lock_feedback": 35}
    TEMPERATURE_FRONT_END = {"pullup_ohm": 10000, "pullup_mv": 3300, "ntc_ohm_25c": 10000,
                             "beta_k": 3950}
    PILOT_FRONT_END = {"top_ohm": 200000, "pullup_ohm": 42200, "pulldown_ohm": 31600,
                       "pullup_mv": 3300}
    UART_METER = 2

world = World(seed=11, ticks_offset_us=(1 << 30) - 500000)
if sys.implementation.name == "cpython":
    from pilesim import host
    host.install(world)
else:
    current.use(world)
world.wire(Board)
import time
from machine import ADC, PWM, UART, Pin, Timer

pilot = Pin(25, Pin.OUT, value=0)
pwm = PWM(pilot, freq=1000, duty_u16=65535)
adc = ADC(Pin(36))
relay = Pin(26, Pin.OUT, value=0)
beat = Pin(27, Pin.OUT, value=0)
mirror = Pin(33, Pin.IN, Pin.PULL_UP)
uart = UART(2, 2400, parity=0)

def tick(timer):
    beat(beat() ^ 1)
    print(time.ticks_us(), pilot(), adc.read_uv() // 1000, pilot(), mirror())

timer = Timer(0, mode=Timer.PERIODIC, period=5, callback=tick)
world.vehicle.plug()
world.set_fault("noise", True)
time.sleep_ms(40)
pwm.duty_u16(34952)
time.sleep_ms(600)
relay(1)
time.sleep_ms(1500)
for fault in ("leak", "diode_short", "noisy"):
    world.set_fault(fault, True)
    for _ in range(30):
        print(time.ticks_us(), pilot(), adc.read_uv() // 1000)
inputs = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (34, 19, 21, 22, 32, 35)]
ntc = ADC(Pin(39))
outputs = {"rcm_test": Pin(23, Pin.OUT, value=0), "lock_a": Pin(13, Pin.OUT, value=0)}

def look():
    print(time.ticks_us(), [pin() for pin in inputs], ntc.read_uv() // 1000)

for name in ("rcm_test", "lock_a"):
    outputs[name](1)
    for _ in range(30):
        time.sleep_ms(11)
        look()
    outputs[name](0)
for celsius in range(-40, 120, 7):
    world.set_temperature(celsius * 10)
    look()
for fault in ("residual_current", "emergency_stop", "pe_lost", "phase_lost", "ntc_open", "pwm_dead"):
    world.set_fault(fault, True)
    time.sleep_ms(35)
    look()
    world.set_fault(fault, False)
    time.sleep_ms(35)
    look()
world.freeze(70000)
uart.write(bytes([0x68, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x68, 0x13, 0, 0xDF, 0x16]))
time.sleep_ms(400)
print(uart.read())
for us, event, facts in world.trace:
    print(us, event, sorted(facts.items()))
print(world.load.energy_uwh(world.clock.now_us), world.clock.dropped_callbacks)
"""

# Behaviour of asyncio that depends on the stand-ins of time, select and the task queue
ASYNCIO = """
from pilesim import current
from pilesim.world import World

# Starts 2 s before ticks_ms wraps
world = World(ticks_offset_us=((1 << 30) - 2000) * 1000)
current.use(world)
import asyncio
import utime
from machine import Timer

order = []

async def worker(name, period_ms, count):
    for _ in range(count):
        await asyncio.sleep_ms(period_ms)
        order.append((name, world.clock.now_us // 1000))
    return name

async def main():
    flag = asyncio.ThreadSafeFlag()
    Timer(0, mode=Timer.ONE_SHOT, period=1700, callback=lambda timer: flag.set())
    results = [asyncio.create_task(worker("a", 1000, 4)), asyncio.create_task(worker("b", 1500, 2))]
    await flag.wait()
    order.append(("flag", world.clock.now_us // 1000))
    print(await asyncio.gather(*results))
    long = asyncio.create_task(worker("never", 3600000, 1))
    try:
        await asyncio.wait_for_ms(long, 500)
    except asyncio.TimeoutError:
        order.append(("timeout", world.clock.now_us // 1000))
    event = asyncio.Event()
    waiter = asyncio.create_task(event.wait())
    await asyncio.sleep_ms(10)
    waiter.cancel()
    try:
        await waiter
    except asyncio.CancelledError:
        order.append(("cancelled", world.clock.now_us // 1000))
    done = asyncio.create_task(worker("c", 1, 1))
    await asyncio.sleep_ms(5)
    print(done.done(), await done)
    await asyncio.sleep(86400)

start_ms = utime.ticks_ms()
asyncio.run(main())
print(order)
print(world.clock.now_us // 1000000, utime.ticks_ms() - start_ms < 5000)
"""


def environment():
    folders = (SIM / "standins_upy", SIM / "standins", ROOT / "tools")
    path = ":".join([*map(str, folders), ".frozen"])
    return {**os.environ, "MICROPYPATH": path}


def output(command, **options):
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def on_micropython(code):
    return output([MICROPYTHON, "-c", code], env=environment())


@needs_micropython
def test_the_same_accesses_give_the_same_readings_on_both_interpreters():
    path = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    cpython = output([sys.executable, "-c", ACCESSES], env=path)
    assert cpython == on_micropython(ACCESSES)
    # The sequence really went through a charge, faults, dead-man and meter
    for word in ("'closed'", "'leak'", "dead_man", "b'", "'tripped'", "'locked'"):
        assert word in cpython
    assert len(cpython.splitlines()) > 500


# A second switch fed by the RMT: every edge of its pad
RMT = """
import sys
from pilesim import current
from pilesim.world import World

class Board:
    CHIP = "esp32s3"
    PINS = {"contactor": 26, "mirror": 33, "dead_man_rmt": 7}
    DEAD_MAN = "rmt"

world = World(seed=11)
if sys.implementation.name == "cpython":
    from pilesim import host
    host.install(world)
else:
    current.use(world)
world.wire(Board)
import time
from esp32 import RMT
from machine import Pin

Pin(26, Pin.OUT, value=1)
rmt = RMT(pin=Pin(7, Pin.OUT, value=0), resolution_hz=1000000)
world.chip.pad(7).watchers.append(lambda pad, now_us: print(now_us, pad.high_us))
for _ in range(10):
    rmt.active(False)
    rmt.write_pulses((20000, 20000), (1, 1))
    time.sleep_ms(5)
rmt.write_pulses((300, 2000, 300))
rmt.write_pulses(100, (1, 0, 1))
time.sleep_ms(100)
print(world.clock.now_us, rmt.active(), rmt.wait_done(), rmt.clock_div(), RMT.source_freq())
for us, event, facts in world.trace:
    print(us, event, sorted(facts.items()))
"""


@needs_micropython
def test_rmt_is_the_same_on_both_interpreters():
    path = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    cpython = output([sys.executable, "-c", RMT], env=path)
    assert cpython == on_micropython(RMT)
    assert "'closed'" in cpython
    assert len(cpython.splitlines()) > 30


@needs_micropython
def test_two_outlets_are_the_same_on_both_interpreters():
    script = ROOT / "host_tests" / "world" / "outlet_script.py"
    paths = (SIM / "hostpy", ROOT / "tools", ROOT / "firmware")
    path = {**os.environ, "PYTHONPATH": ":".join(map(str, paths))}
    cpython = output([sys.executable, script], env=path)
    micropython = environment()
    micropython["MICROPYPATH"] += f":{ROOT / 'firmware'}"
    assert cpython == output([MICROPYTHON, script], env=micropython)
    for event in ("phases_switched_under_load [('outlet', 2), ('phases', 3)]", "('phases', 1)"):
        assert event in cpython


@needs_micropython
def test_asyncio_runs_in_virtual_time_across_the_wrap():
    lines = on_micropython(ASYNCIO).splitlines()
    order = (
        "[('a', 1000), ('b', 1500), ('flag', 1700), ('a', 2000), ('b', 3000), ('a', 3000), "
        "('a', 4000), ('timeout', 4500), ('cancelled', 4510), ('c', 4511)]"
    )
    assert lines == ["['a', 'b']", "True c", order, "86404 True"]


@needs_micropython
@pytest.mark.parametrize("module", ["time", "select"])
def test_stand_ins_offer_what_the_built_in_module_has(module):
    names = on_micropython(
        f"import {module}, u{module}\nprint([n for n in dir(u{module}) if not hasattr({module}, n)])"
    )
    assert names.strip() == "[]"
