"""esp32.RMT of the stand-in: the transmitter of the ESP32 port, as MicroPython drives it.

Two traps of the real one are kept. write_pulses() while an earlier call still sends holds the interpreter
until that is done. The first ESP32 cannot stop its RMT: active(False) then waits for the pulses' end with
interrupts off, and 300 ms of that are a panic; later chips stop at once.
"""

from pilesim import current
from pilesim.chip import WDT_RESET

_SOURCE_HZ = 80_000_000
_DEFAULT_HZ = 10_000_000
_PANIC_US = 300_000
_CALL_US = 20
_WRITE_US = 50


class RMT:
    """One transmit channel. `channel` is accepted and ignored, as by the port since its IDF 5 driver."""

    PULSE_MAX = 32767

    def __init__(
        self,
        channel=-1,
        *,
        pin,
        resolution_hz=None,
        clock_div=None,
        idle_level=False,
        tx_carrier=None,
        num_symbols=64,
    ):
        if resolution_hz is not None and clock_div is not None:
            raise ValueError("resolution_hz and clock_div are mutually exclusive")
        if clock_div is not None:
            if not 1 <= clock_div <= 255:
                raise ValueError("clock_div must be between 1 and 255")
            resolution_hz = _SOURCE_HZ // clock_div
        elif resolution_hz is None:
            resolution_hz = _DEFAULT_HZ
        if resolution_hz <= 0:
            raise ValueError("resolution_hz must be positive")
        self._world = world = current.world
        self._clock = world.clock
        self._pad = pin._pad
        self._resolution_hz = resolution_hz
        self._idle_level = 1 if idle_level else 0
        self._loop = False
        self._enabled = False
        self._released = False
        # Counts as the port's: a stopped transmission stays in it
        self._ongoing = 0
        self._steps = ()
        self._position = 0
        self._end_us = -1
        self._edge = world.chip.event(self._next_step)
        self._pad.drive(self._idle_level)

    @staticmethod
    def source_freq():
        """Frequency of the source clock."""
        return _SOURCE_HZ

    def clock_div(self):
        """Divider from the source clock to a tick."""
        self._check()
        return _SOURCE_HZ // self._resolution_hz

    def write_pulses(self, duration, data=True):
        """Send pulses and return at once; waits first, holding the interpreter, while busy.

        `duration` ticks and `data` levels: tuple and first level, one duration and tuple, or two tuples.
        """
        self._check()
        if self._enabled:
            self._clock.advance_to(self._end_us)
        self._enabled = True
        self._steps = self._steps_of(duration, data)
        self._clock.advance(_WRITE_US)
        self._ongoing += 1
        self._position = 0
        total_us = 0
        for _level, us in self._steps:
            total_us += us
        self._end_us = (1 << 60) if self._loop else self._clock.now_us + total_us
        self._next_step(self._clock.now_us)

    def active(self, on=None):
        """Whether pulses are being sent; False stops them."""
        self._clock.advance(_CALL_US)
        if on is None:
            return self._enabled and self._ongoing > 0
        if on:
            raise ValueError("activate by calling write_pulses()")
        self._deactivate()
        return False

    def loop(self, on):
        """Repeat what is written next for ever, or stop repeating."""
        self._check()
        if self._loop and not on and self._edge.at_us >= 0:
            self._deactivate()
        self._loop = bool(on)

    def wait_done(self, *, timeout=0):
        """True when nothing is being sent, after at most `timeout` ms with the interpreter held."""
        self._check()
        if not self._enabled:
            return True
        if timeout == 0 and self._ongoing > 0:
            return False
        self._clock.advance_to(min(self._end_us, self._clock.now_us + timeout * 1000))
        return self._clock.now_us >= self._end_us

    def deinit(self):
        """Stop and give the channel back."""
        if not self._released:
            self._deactivate()
            self._released = True

    def _check(self):
        self._clock.advance(_CALL_US)
        if self._released:
            raise OSError("already deinitialized")

    def _steps_of(self, duration, data):
        """[(level, us)] with equal neighbours joined; a duration of 0 ends the pulses, 15 bits are kept."""
        if not isinstance(data, (tuple, list)):
            first = 1 if data else 0
            levels = [(first + index) & 1 for index in range(len(duration))]
        else:
            levels = [1 if level else 0 for level in data]
            if isinstance(duration, int):
                duration = [duration] * len(levels)
        if len(duration) != len(levels):
            raise ValueError("duration and data must have same length")
        if not levels:
            raise ValueError("No pulses")
        steps = []
        for ticks, level in zip(duration, levels):
            kept = ticks & self.PULSE_MAX
            if not kept:
                break
            us = kept * 1_000_000 // self._resolution_hz
            if steps and steps[-1][0] == level:
                steps[-1] = (level, steps[-1][1] + us)
            else:
                steps.append((level, us))
        return steps

    def _next_step(self, now_us):
        if self._position == len(self._steps):
            if not self._loop or not self._steps:
                self._ongoing -= 1
                self._end_us = now_us
                self._pad.drive(self._idle_level)
                return
            self._position = 0
        level, us = self._steps[self._position]
        self._position += 1
        self._edge.at(now_us + us)
        self._pad.drive(level)

    def _deactivate(self):
        clock = self._clock
        if self._enabled and self._edge.at_us >= 0:
            if self._world.chip.rmt_stops:
                self._edge.cancel()
                self._end_us = clock.now_us
                self._pad.drive(self._idle_level)
            else:
                self._loop = False
                left_us = self._left_us()
                clock.advance(min(left_us, _PANIC_US))
                if left_us > _PANIC_US:
                    self._world.reset_chip(WDT_RESET)
        self._enabled = False

    def _left_us(self):
        """Until the last pulse ends."""
        left_us = self._edge.at_us - self._clock.now_us
        for _level, us in self._steps[self._position :]:
            left_us += us
        return left_us
