"""The chip from one reset to the next: its pads, timers, UARTs, SPI and I2C buses and watchdog.

A reset throws the whole chip away, so that objects of the old program cannot move anything any more,
as after a real one; the world around it goes on.
"""

from pilesim.gpio import Pad
from pilesim.machine_i2c import I2cPort
from pilesim.machine_spi import SpiPort
from pilesim.uart import UartPort

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
SOFT_RESET = 5


class ResetRequest(SystemExit):
    """The chip was reset; `cause` is what machine.reset_cause() will say. Only the runner catches it."""

    def __init__(self, cause):
        super().__init__("chip reset, cause %d" % cause)
        self.cause = cause


class Chip:
    """Peripherals of one run of the firmware."""

    def __init__(self, clock, random, cause):
        self.clock = clock
        self.random = random
        self.cause = cause
        # Whether the RMT can be stopped in the middle of a pulse: not on the first ESP32
        self.rmt_stops = False
        self.wlan = {}
        self.timers = {}
        self.watchdog = None
        self.alive = True
        self._pads = {}
        self._uarts = {}
        self._spis = {}
        self._i2cs = {}
        self._events = []

    def pad(self, number):
        """The Pad of a GPIO number."""
        pad = self._pads.get(number)
        if pad is None:
            pad = self._pads[number] = Pad(self.clock, number)
        return pad

    def uart(self, number):
        """The UartPort of a UART number."""
        port = self._uarts.get(number)
        if port is None:
            port = self._uarts[number] = UartPort(self.clock, self.random)
        return port

    def spi(self, number):
        """The SpiPort of a hardware bus."""
        return _port(self._spis, number, SpiPort)

    def soft_spi(self, sck):
        """The SpiPort that is bit-banged with this clock pin."""
        return _port(self._spis, ("soft", sck), SpiPort)

    def i2c(self, number):
        """The I2cPort of a hardware bus."""
        return _port(self._i2cs, number, I2cPort)

    def soft_i2c(self, scl):
        """The I2cPort that is bit-banged with this clock pin."""
        return _port(self._i2cs, ("soft", scl), I2cPort)

    def event(self, action):
        """A clock Event that dies with this chip."""
        event = self.clock.event(action)
        self._events.append(event)
        return event

    def stop(self):
        """Reset: outputs float, nothing of this chip happens any more."""
        self.alive = False
        for event in self._events:
            event.cancel()
            # An object of the old program may arm it again, but it will find nothing to do
            event.action = _nothing
        for pad in self._pads.values():
            pad.release()
        for ports in (self._uarts, self._spis, self._i2cs):
            for port in ports.values():
                port.release()
        self.clock.forget_callbacks()


def _port(ports, key, kind):
    if key not in ports:
        ports[key] = kind()
    return ports[key]


def _nothing(now_us):
    return None
