"""BL0942 on machine.UART at 4800 or 9600 8N1: one question brings every quantity."""

from time import ticks_diff, ticks_ms

from machine import UART
from micropython import const

from ..core import bl0942
from ..core.pulses import ChipCounter
from ..core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

_BUFFER_MOST = const(64)
# Half of what ticks_diff can tell is negative, and no time is
_TICKS = const(0x3FFFFFFF)


class MeterBl0942:
    """`scale` is counts per A, V, W and kWh; ask with `request`, then call `poll` until it yields a value."""

    tells = (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY)
    wrap_wh = 0
    resolution_wh = 1

    def __init__(self, uart, tx, rx, scale, address=0, baudrate=4800):
        self._uart = UART(uart, baudrate=baudrate, bits=8, parity=None, stop=1, tx=tx, rx=rx)
        self._scale = scale
        self._address = address
        self._register = ChipCounter(bl0942.TURN, 1000, scale[3])
        self._buffer = b""
        self._quantity = -1
        self._ms = ticks_ms()
        self.frame = b""  # the last good answer to ENERGY
        self.bad_frames = 0
        self.last_error = ""

    def number(self):
        """The chip has no number."""
        return ""

    def start(self, wh):
        """The register goes on from `wh`."""
        self._register.start(wh)

    def request(self, quantity):
        """Send a read request; whatever arrived before is dropped."""
        if self._uart.any():
            self._uart.read()
        self._buffer = b""
        self._quantity = quantity
        self._uart.write(bl0942.encode_read(self._address))

    def poll(self):
        """Value of the quantity asked, None while there is none; one answer gives one value."""
        data = self._uart.read() if self._uart.any() else None
        if not data or self._quantity < 0:
            return None
        self._buffer = (self._buffer + data)[-_BUFFER_MOST:]
        frame, self._buffer, error = bl0942.find_frame(self._buffer, self._address)
        if error:
            self._refuse(error)
        if frame is None:
            return None
        try:
            return self._take(frame)
        except bl0942.FrameError as refusal:
            self._refuse(str(refusal))
            return None

    def _refuse(self, error):
        self.bad_frames += 1
        self.last_error = error

    def _take(self, frame):
        quantity, self._quantity = self._quantity, -1
        now_ms = ticks_ms()
        self._register.step(ticks_diff(now_ms, self._ms) & _TICKS)
        self._ms = now_ms
        # With its current reversed the chip counts all the same
        w = abs(bl0942.value(frame, POWER, self._scale))
        error = self._register.take(bl0942.counter(frame), w)
        if error:
            raise bl0942.FrameError(error)
        if quantity == ENERGY:
            self.frame = frame
            return self._register.wh()
        return bl0942.value(frame, quantity, self._scale)
