"""Stand-in for the `onewire` that stock MicroPython freezes: the same names, every slot at its length.

What hangs on the wire is the pad's `bus`: reset(now_us) tells presence, write_bit(bit, now_us) and
read_bit(now_us) are one slot each.
"""

RESET_US = 960
WRITE_US = 70
READ_US = 50


class OneWireError(Exception):
    """Nobody answered a reset that required it."""


class OneWire:
    """Master of the bus on a pin that the chip or the board pulls up."""

    SEARCH_ROM = 0xF0
    MATCH_ROM = 0x55
    SKIP_ROM = 0xCC

    def __init__(self, pin):
        self.pin = pin
        pin.init(pin.IN, pin.PULL_UP)
        self._pad = pin._pad
        self._clock = pin._clock

    def reset(self, required=False):
        """True when somebody is present; a wire that is shorted to ground looks the same."""
        clock = self._clock
        clock.advance(RESET_US)
        bus = self._pad.bus
        present = bus is not None and bus.reset(clock.now_us)
        if required and not present:
            raise OneWireError
        return present

    def readbit(self):
        """One bit; 1 when nobody pulls the wire down."""
        clock = self._clock
        clock.advance(READ_US)
        bus = self._pad.bus
        return 1 if bus is None else bus.read_bit(clock.now_us)

    def readbyte(self):
        """One byte, the lowest bit first."""
        value = 0
        for place in range(8):
            value |= self.readbit() << place
        return value

    def readinto(self, buf):
        """Fill a buffer."""
        for place in range(len(buf)):
            buf[place] = self.readbyte()

    def writebit(self, value):
        """One bit."""
        clock = self._clock
        clock.advance(WRITE_US)
        if self._pad.bus is not None:
            self._pad.bus.write_bit(1 if value else 0, clock.now_us)

    def writebyte(self, value):
        """One byte, the lowest bit first."""
        for place in range(8):
            self.writebit(value >> place & 1)

    def write(self, buf):
        """Every byte of a buffer."""
        for value in buf:
            self.writebyte(value)

    def select_rom(self, rom):
        """Address one of several."""
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    def crc8(self, data):
        """Checksum of a buffer, 0 when its own stands behind it."""
        crc = 0
        for value in data:
            crc ^= value
            for _ in range(8):
                crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
        return crc
