"""machine.I2C and machine.SoftI2C of the stand-in, and the bus behind them.

A device has hear(data), which says whether it acknowledged, and answer(count), which returns the bytes
or None when it does not acknowledge its address.
"""

from pilesim import current

ENODEV = 19
ETIMEDOUT = 116
# One call: the driver's command list and its interrupt
I2C_US = 100
SOFT_I2C_US = 20
# A stuck clock holds the hardware port and the interpreter so long, whatever its timeout says
_HARDWARE_STUCK_US = 100_000


class I2cPort:
    """One bus of the chip. `stretch_us`: how long a device holds the clock in each transfer."""

    def __init__(self):
        self._devices = {}
        self.stretch_us = 0

    def attach(self, device, address):
        """Connect a device."""
        self._devices[address] = device

    def release(self):
        """The chip was reset."""
        self._devices = {}
        self.stretch_us = 0

    def write(self, address, data):
        """True when the device acknowledged."""
        device = self._devices.get(address)
        return device is not None and device.hear(bytes(data))

    def read(self, address, count):
        """Bytes, or None without acknowledgement."""
        device = self._devices.get(address)
        return None if device is None else device.answer(count)


class _Bus:
    def _open(self, port, bit_ns, call_us, timeout_us, stuck_us):
        self._port = port
        self._clock = current.clock
        self._bit_ns = bit_ns
        self._call_us = call_us
        self._timeout_us = timeout_us
        self._stuck_us = stuck_us

    def scan(self):
        """Addresses that acknowledge a write of nothing."""
        found = []
        for address in range(0x08, 0x78):
            self._pass(0)
            if self._port.write(address, b""):
                found.append(address)
        return found

    def writeto(self, address, data, stop=True):
        """Send; number of bytes acknowledged."""
        self._pass(len(data))
        if not self._port.write(address, data):
            raise OSError(ENODEV)
        return len(data)

    def readfrom(self, address, count, stop=True):
        """Bytes received."""
        buffer = bytearray(count)
        self.readfrom_into(address, buffer, stop)
        return bytes(buffer)

    def readfrom_into(self, address, buffer, stop=True):
        """Fill `buffer`."""
        data = self._port.read(address, len(buffer))
        self._pass(0 if data is None else len(buffer))
        if data is None:
            raise OSError(ENODEV)
        buffer[:] = data

    def _pass(self, count):
        stretch_us = self._port.stretch_us
        if stretch_us > self._timeout_us:
            self._clock.advance(self._call_us + self._stuck_us)
            raise OSError(ETIMEDOUT)
        self._clock.advance(self._call_us + stretch_us + (count + 1) * 9 * self._bit_ns // 1000)


class I2C(_Bus):
    """Hardware I2C 0 or 1."""

    def __init__(self, id, *, scl, sda, freq=400_000, timeout=50_000):
        if id not in (0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)
        _expect_pins(scl, sda)
        port = current.world.chip.i2c(id)
        stuck_us = max(timeout, _HARDWARE_STUCK_US)
        self._open(port, 1_000_000_000 // freq, I2C_US, timeout, stuck_us)


class SoftI2C(_Bus):
    """Bit-banged I2C; its bus goes by its clock pin."""

    def __init__(self, scl, sda, *, freq=400_000, timeout=50_000):
        _expect_pins(scl, sda)
        # Half periods of whole microseconds, and one of program in each
        bit_ns = (max(1, 500_000 // freq) + 1) * 2000
        port = current.world.chip.soft_i2c(scl._pad.number)
        self._open(port, bit_ns, SOFT_I2C_US, timeout, timeout)


def _expect_pins(*pins):
    for pin in pins:
        if not hasattr(pin, "_pad"):
            raise ValueError("expecting a pin")
