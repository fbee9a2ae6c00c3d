"""DS18B20 thermometer, alone on a 1-Wire bus and with its own supply wire. It never waits for a conversion."""

from time import ticks_diff, ticks_ms

from machine import Pin
from micropython import const
from onewire import OneWire

_SKIP_ROM = const(0xCC)
_CONVERT = const(0x44)
_READ_SCRATCHPAD = const(0xBE)
_CONVERSION_MS = const(750)
# In 1/16 degC. The sensor shows 85 degC from power-on to its first conversion
_POWER_ON = const(1360)
_LEAST = const(-880)
_MOST = const(2000)
# Bits of the configuration byte that are the same in every resolution: a shorted bus reads
# zeros, whose CRC is right
_FIXED_MASK = const(0x9F)
_FIXED = const(0x1F)
_EIO = const(5)
_ENODEV = const(19)


class TemperatureDs18b20:
    """Begins a conversion at once; one of 85 degC counts when the next one says the same."""

    def __init__(self, pin):
        self._wire = OneWire(Pin(pin))
        self._scratchpad = bytearray(9)
        self._c10 = None
        self._began_ms = 0
        self._converting = False
        self._was_power_on = False
        try:
            self._convert()
        except OSError:
            # A sensor that is not there now may be there later: read() tells
            pass

    def read(self):
        """The last conversion in 0.1 degC, None before the first; OSError: absent, shorted, spoilt.

        Takes 8 ms when a conversion is finished and the next one begins, else next to nothing.
        """
        if self._converting and ticks_diff(ticks_ms(), self._began_ms) < _CONVERSION_MS:
            return self._c10
        try:
            if self._converting:
                # One that is spoilt on its way can be fetched once more
                self._take()
                self._converting = False
            self._convert()
        except OSError:
            # What was measured before must not hide a sensor that is lost
            self._c10 = None
            raise
        return self._c10

    def _address(self, command):
        wire = self._wire
        if not wire.reset():
            raise OSError(_ENODEV)
        wire.writebyte(_SKIP_ROM)
        wire.writebyte(command)

    def _convert(self):
        self._address(_CONVERT)
        self._began_ms = ticks_ms()
        self._converting = True

    def _take(self):
        data = self._scratchpad
        self._address(_READ_SCRATCHPAD)
        self._wire.readinto(data)
        sixteenths = data[1] << 8 | data[0]
        if sixteenths & 0x8000:
            sixteenths -= 0x10000
        if (
            self._wire.crc8(data)
            or data[4] & _FIXED_MASK != _FIXED
            or not _LEAST <= sixteenths <= _MOST
        ):
            raise OSError(_EIO)
        is_power_on = sixteenths == _POWER_ON
        if not is_power_on or self._was_power_on:
            self._c10 = (sixteenths * 10 + 8) >> 4
        self._was_power_on = is_power_on
