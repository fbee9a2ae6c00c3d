"""machine.SPI and machine.I2C of the stand-in: what they refuse, what they cost, and the same on MicroPython."""

import os
import sys
from types import SimpleNamespace

import pytest
from test_pilesim_micropython import MICROPYTHON, environment, needs_micropython, output

from interpreters import ROOT
from pilesim import host
from pilesim.world import World

# Every reader with a card, an unplugging and noise: each UID and each time is printed
READERS = """
import sys
from pilesim import current
from pilesim.world import World

world = World(seed=5)
if sys.implementation.name == "cpython":
    from pilesim import host
    host.install(world)
else:
    current.use(world)
from evse.drivers.rfid_pn532 import RfidPn532I2c, RfidPn532Uart
from evse.drivers.rfid_rc522 import RfidRc522
from pilesim.card import FAULTS, Card
from pilesim.pn532 import Pn532
from pilesim.rc522 import Rc522
from pilesim.rng import Random

chip = world.chip
models = [Rc522(world.clock, Random(1)), Pn532(world.clock, Random(2)), Pn532(world.clock, Random(3))]
models[0].attach(chip.spi(2), chip.pad(5), chip.pad(4))
models[1].attach_uart(chip.uart(1))
models[2].attach_i2c(chip.soft_i2c(22))
readers = [RfidRc522(2, 18, 23, 19, 5, 4), RfidPn532Uart(1, 25, 26), RfidPn532I2c(21, 22)]

def look(times):
    for _ in range(times):
        for reader in readers:
            try:
                seen = reader.read()
            except OSError:
                seen = reader.problem
            if seen:
                print(world.clock.now_us, seen)
        world.clock.advance(50000)

for size in (4, 7, 10):
    for model in models:
        model.present(Card(bytes(range(64, 64 + size))))
    look(40)
    for name in FAULTS:
        for model in models:
            model.set_fault(name, True)
        look(40)
        for model in models:
            model.set_fault(name, False)
        look(40)
    for model in models:
        model.remove()
    look(10)
"""


@needs_micropython
def test_the_readers_are_the_same_on_both_interpreters():
    code = "import sys\nsys.path.append('firmware')\n" + READERS
    path = {**os.environ, "PYTHONPATH": "firmware:tools:tools/pilesim/hostpy"}
    cpython = output([sys.executable, "-c", code], env=path, cwd=ROOT)
    upy = output([MICROPYTHON, "-c", code], env=environment(), cwd=ROOT)
    assert upy == cpython
    assert cpython.count("\n") > 100


@pytest.fixture
def m():
    with host.installed(World()) as world:
        import machine

        pins = SimpleNamespace(**{name: machine.Pin(at) for name, at in PINS.items()})
        yield SimpleNamespace(world=world, machine=machine, pins=pins)


PINS = {"sck": 18, "mosi": 23, "miso": 19, "scl": 22, "sda": 21}


class Inverter:
    """Answers each byte with its complement one byte later."""

    def __init__(self):
        self.selected = []
        self._last = 0

    def select(self, on):
        self.selected.append(on)

    def exchange(self, byte):
        answer, self._last = self._last ^ 0xFF, byte
        return answer


@pytest.mark.parametrize("soft", [False, True])
def test_spi(m, soft):
    p = {"sck": m.pins.sck, "mosi": m.pins.mosi, "miso": m.pins.miso}
    chip = m.world.chip
    device = Inverter()
    cs = m.machine.Pin(5, m.machine.Pin.OUT, value=1)
    port = chip.soft_spi(18) if soft else chip.spi(2)
    port.attach(device, chip.pad(5))
    bus = m.machine.SoftSPI(**p) if soft else m.machine.SPI(2, baudrate=1000000, **p)
    assert bus.read(3) == b"\xff\xff\xff", "nobody selected: the line floats"
    cs(0)
    buffer = bytearray(3)
    start_us = m.world.clock.now_us
    bus.write_readinto(b"\x01\x02\x03", buffer)
    assert buffer == b"\xff\xfe\xfd"
    assert 24 <= m.world.clock.now_us - start_us <= 100
    bus.write(b"\x0f")
    bus.readinto(buffer, 0xAA)
    assert buffer == b"\xf0\x55\x55"
    cs(1)
    assert device.selected == [True, False]
    with pytest.raises(ValueError, match="buffers must be the same length"):
        bus.write_readinto(b"\x01", buffer)
    chip.stop()
    assert bus.read(1) == b"\xff"


def test_spi_refuses_what_the_port_refuses(m):
    with pytest.raises(ValueError, match="doesn't exist"):
        m.machine.SPI(3)
    with pytest.raises(ValueError, match="expecting a pin"):
        m.machine.SPI(1, sck=18)
    with pytest.raises(ValueError, match="must specify all"):
        m.machine.SoftSPI(sck=m.pins.sck)


class Memory:
    """Keeps what was written and gives it back, or does not acknowledge."""

    def __init__(self):
        self.data = b""
        self.busy = False

    def hear(self, data):
        if data:
            self.data = data
        return not self.busy

    def answer(self, count):
        return None if self.busy else (self.data + bytes(count))[:count]


@pytest.mark.parametrize("soft", [False, True])
def test_i2c(m, soft):
    port = m.world.chip.soft_i2c(22) if soft else m.world.chip.i2c(0)
    device = Memory()
    port.attach(device, 0x24)
    kind = m.machine.SoftI2C if soft else lambda **options: m.machine.I2C(0, **options)
    bus = kind(scl=m.pins.scl, sda=m.pins.sda, freq=400000, timeout=1500)
    assert bus.scan() == [0x24]
    start_us = m.world.clock.now_us
    assert bus.writeto(0x24, b"abc") == 3
    # Four bytes of nine bits of 2.5 us at least
    assert 90 <= m.world.clock.now_us - start_us <= 300
    assert bus.readfrom(0x24, 5) == b"abc\0\0"
    buffer = bytearray(2)
    bus.readfrom_into(0x24, buffer)
    assert buffer == b"ab"
    device.busy = True
    for call in (
        lambda: bus.writeto(0x24, b"x"),
        lambda: bus.readfrom(0x24, 1),
        lambda: bus.readfrom(0x25, 1),
    ):
        with pytest.raises(OSError, match="19"):
            call()
    device.busy = False
    port.stretch_us = 1000
    assert bus.readfrom(0x24, 1) == b"x"
    port.stretch_us = 2000
    start_us = m.world.clock.now_us
    with pytest.raises(OSError, match="116"):
        bus.readfrom(0x24, 1)
    # The hardware does not keep to its timeout
    took_us = m.world.clock.now_us - start_us
    assert 1500 <= took_us < 1700 if soft else took_us >= 100000


def test_i2c_refuses_what_the_port_refuses(m):
    with pytest.raises(ValueError, match="doesn't exist"):
        m.machine.I2C(2, scl=m.pins.scl, sda=m.pins.sda)
    with pytest.raises(ValueError, match="expecting a pin"):
        m.machine.SoftI2C(22, 21)
