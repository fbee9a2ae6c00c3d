"""HLW8032 or CSE7766 on machine.UART at 4800 8E1: it talks by itself, so this only listens.

Its counter has 16 bits and a carry flag: a good frame has to come before one turn at 25 kW, every 23 s
at 375000 pulses/kWh and every 11 s at 706000. After a longer silence the energy of the gap is left out and
`last_error` says so.
"""

from time import ticks_diff, ticks_ms

from machine import UART
from micropython import const

from ..core import hlw8032
from ..core.pulses import ChipCounter
from ..core.readings import CURRENTS, ENERGY, POWER, VOLTAGES

_BUFFER_MOST = const(256)
# Half of what ticks_diff can tell is negative, and no time is
_TICKS = const(0x3FFFFFFF)
# Nobody listened for so long that what lies in the UART is old, and so is what it still has in its FIFO
_AWAY_MS = const(500)
_DEAF_MS = const(300)
# and for so long after that the end of a frame whose beginning was not heard is no noise
_IN_STEP_MS = const(-120)
# A current or power without one whole cycle in so many frames is too small for the chip
_QUIET_FRAMES = const(5)


class MeterHlw8032:
    """`scale` is (ku, ki) in millionths. A UART always has a transmit pin: give a free one as `tx`
    where MicroPython's own choice for this UART is in use.
    """

    tells = (ENERGY, VOLTAGES, CURRENTS, POWER)
    wrap_wh = 0
    resolution_wh = 1

    def __init__(self, uart, rx, scale, tx=None):
        pins = {"rx": rx} if tx is None else {"rx": rx, "tx": tx}
        self._uart = UART(uart, baudrate=4800, bits=8, parity=0, stop=1, **pins)
        self._scale = scale
        self._register = ChipCounter(hlw8032.TURN, 1, hlw8032.ENERGY_DENOMINATOR)
        self._coefficients = b""
        self._confirmed = False
        self._buffer = b""
        self._quantity = -1
        self._value = None
        self._frames = 0
        self._deaf_ms = 0
        self._ms = ticks_ms()
        self.frame = b""  # the last good frame that answered ENERGY
        self.bad_frames = 0
        self.last_error = ""

    def number(self):
        """The chip has no number."""
        return ""

    def start(self, wh):
        """The register goes on from `wh`."""
        self._register.start(wh)

    def request(self, quantity):
        """Note what is asked; frames up to now are counted and are no answer."""
        self._listen()
        self._quantity = quantity
        self._value = None
        self._frames = 0

    def poll(self):
        """Value of the quantity from a frame that ended after the request, None while there is none."""
        self._listen()
        value = self._value
        if value is not None:
            self._value = None
            self._quantity = -1
        return value

    def _listen(self):
        now_ms = ticks_ms()
        dt_ms = ticks_diff(now_ms, self._ms) & _TICKS
        self._ms = now_ms
        self._register.step(dt_ms)
        if dt_ms > _AWAY_MS:
            self._deaf_ms = _DEAF_MS
        elif self._deaf_ms > _IN_STEP_MS:
            self._deaf_ms -= dt_ms
        data = self._uart.read() if self._uart.any() else None
        if self._deaf_ms > 0:
            self._buffer = b""
        elif data:
            self._buffer = (self._buffer + data)[-_BUFFER_MOST:]
            self._parse()

    def _parse(self):
        while True:
            frame, self._buffer, error = hlw8032.find_frame(self._buffer)
            if error and self._deaf_ms <= _IN_STEP_MS:
                self._refuse(error)
            if frame is None:
                return
            try:
                self._take(frame)
            except hlw8032.FrameError as refusal:
                self._refuse(str(refusal))

    def _refuse(self, error):
        self.bad_frames += 1
        self.last_error = error

    def _take(self, frame):
        error = hlw8032.refusal(frame)
        if error:
            raise hlw8032.FrameError(error)
        if not self._confirm(frame):
            return
        ku, ki = self._scale
        w = hlw8032.value(frame, POWER, ku, ki)
        error = self._register.take(hlw8032.counter(frame), w or 0)
        if error:
            raise hlw8032.FrameError(error)
        self._frames += 1
        quantity = self._quantity
        if quantity == ENERGY:
            self.frame = frame
            self._value = self._register.wh()
            return
        value = w if quantity == POWER else hlw8032.value(frame, quantity, ku, ki)
        if value is None and self._frames >= _QUIET_FRAMES:
            value = 0 if quantity == POWER else (0,) if quantity == CURRENTS else None
        if value is not None:
            self._value = value

    def _confirm(self, frame):
        """True when the frame before had the same coefficients: a sum of 8 bits alone proves little."""
        coefficients = hlw8032.coefficients(frame)
        if coefficients != self._coefficients:
            known = self._coefficients
            self._coefficients = coefficients
            self._confirmed = False
            if known:
                raise hlw8032.FrameError("other coefficients")
            return False
        if not self._confirmed:
            self._confirmed = True
            self._register.rescale(hlw8032.energy_numerator(frame, self._scale[0], self._scale[1]))
        return True
