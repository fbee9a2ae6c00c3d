"""machine.SPI and machine.SoftSPI of the stand-in, and the bus behind them.

A device has select(on), called when its chip select changes, and exchange(byte), which returns the byte
that goes the other way. Nobody selected: MISO floats.
"""

from pilesim import current

# One call: the driver's queue and its interrupt
SPI_US = 28
_FLOATING = 0xFF


class SpiPort:
    """One bus of the chip."""

    def __init__(self):
        self._devices = []

    def attach(self, device, cs_pad):
        """Connect a device whose select is active low."""
        self._devices.append((device, cs_pad))
        cs_pad.watchers.append(lambda pad, _now_us: device.select(_is_low(pad)))

    def release(self):
        """The chip was reset."""
        self._devices = []

    def exchange(self, data):
        """Shift `data` out; the bytes shifted in."""
        devices = [device for device, cs_pad in self._devices if _is_low(cs_pad)]
        answer = bytearray(len(data))
        for at in range(len(data)):
            value = _FLOATING
            for device in devices:
                # Two that drive the line pull it low
                value &= device.exchange(data[at])
            answer[at] = value
        return answer


class _Bus:
    MSB = 0
    LSB = 1

    def _open(self, port, baudrate):
        self._port = port
        self._clock = current.clock
        self._baudrate = baudrate

    def init(self, baudrate=None, **options):
        """Another speed."""
        if baudrate is not None:
            self._baudrate = baudrate

    def deinit(self):
        """Accepted."""

    def write(self, data):
        """Send; what comes back is dropped."""
        self._transfer(data)

    def read(self, count, write=0):
        """Bytes received while `write` goes out."""
        return bytes(self._transfer(bytes((write,)) * count))

    def readinto(self, buffer, write=0):
        """Fill `buffer` while `write` goes out."""
        buffer[:] = self._transfer(bytes((write,)) * len(buffer))

    def write_readinto(self, data, buffer):
        """Send `data` and fill `buffer`, of the same length."""
        if len(data) != len(buffer):
            raise ValueError("buffers must be the same length")
        buffer[:] = self._transfer(data)

    def _transfer(self, data):
        answer = self._port.exchange(data)
        self._clock.advance(SPI_US + len(data) * 8_000_000 // self._baudrate)
        return answer


class SPI(_Bus):
    """Hardware SPI 1 or 2."""

    def __init__(
        self,
        id,
        baudrate=500_000,
        polarity=0,
        phase=0,
        bits=8,
        firstbit=_Bus.MSB,
        sck=None,
        mosi=None,
        miso=None,
    ):
        if id not in (1, 2):
            raise ValueError("SPI(%d) doesn't exist" % id)
        _expect_pins([pin for pin in (sck, mosi, miso) if pin is not None])
        self._open(current.world.chip.spi(id), baudrate)


class SoftSPI(_Bus):
    """Bit-banged SPI; its bus goes by its clock pin."""

    def __init__(
        self,
        baudrate=500_000,
        polarity=0,
        phase=0,
        bits=8,
        firstbit=_Bus.MSB,
        sck=None,
        mosi=None,
        miso=None,
    ):
        if sck is None or mosi is None or miso is None:
            raise ValueError("must specify all of sck/mosi/miso")
        _expect_pins((sck, mosi, miso))
        # A bit costs a microsecond of program besides its time
        baudrate = 1_000_000_000 // (1_000_000_000 // baudrate + 1000)
        self._open(current.world.chip.soft_spi(sck._pad.number), baudrate)


def _expect_pins(pins):
    for pin in pins:
        if not hasattr(pin, "_pad"):
            raise ValueError("expecting a pin")


def _is_low(pad):
    # Not driven, the device's own pull-up deselects it
    return pad.output and not pad.high_us
