"""Stand-in for the ESP32 port's `machine`: same names, every access at its documented cost.

Objects belong to the chip of the world that is current when they are made.
"""

from pilesim import current
from pilesim.chip import HARD_RESET, PWRON_RESET, SOFT_RESET, WDT_RESET
from pilesim.gpio import FULL_DUTY
from pilesim.machine_i2c import I2C, SoftI2C
from pilesim.machine_spi import SPI, SoftSPI
from pilesim.machine_uart import UART

DEEPSLEEP_RESET = 4
__all__ = (
    "DEEPSLEEP_RESET",
    "HARD_RESET",
    "I2C",
    "PWRON_RESET",
    "SOFT_RESET",
    "SPI",
    "UART",
    "WDT_RESET",
    "SoftI2C",
    "SoftSPI",
)

PIN_US = 4
ADC_SAMPLE_US = 18
ADC_REST_US = 18
PWM_US = 10


class Pin:
    """GPIO; reads take 4 us, and a pad that PWM drives reads back its level at that microsecond."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, value=None):
        self._pad = pad = current.world.chip.pad(id)
        self._clock = pad.clock
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None):
        """Set direction, pull and level; -1 leaves as it is."""
        if pull != -1:
            self._pad.pull_up = pull == Pin.PULL_UP
        if value is not None:
            self._pad.write(value)
        if mode != -1:
            self._pad.set_output(mode in (Pin.OUT, Pin.OPEN_DRAIN))

    def value(self, level=None):
        """Level, or set the latch."""
        clock = self._clock
        clock.now_us = now_us = clock.now_us + PIN_US
        if now_us >= clock.next_us:
            clock.run_events()
        pad = self._pad
        if level is not None:
            pad.write(level)
            return None
        if pad.output:
            # As in Pad.read(): a burst asks for the PWM pin's level thousands of times in a second
            return 1 if (now_us - pad.start_us) % pad.period_us < pad.high_us else 0
        return pad.read(now_us)

    __call__ = value

    def on(self):
        """Set the latch to 1."""
        self.value(1)

    def off(self):
        """Set the latch to 0."""
        self.value(0)

    def irq(self, handler=None, trigger=3):
        """Soft interrupt on edges of an input."""
        self._pad.irq_trigger = trigger
        self._pad.irq_handler = None if handler is None else lambda pad: handler(self)


class ADC:
    """12-bit converter behind a pin; one reading takes 36 us, the sample is taken in the middle."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_12BIT = 3

    def __init__(self, pin, atten=ATTN_11DB):
        self._pad = pin._pad if isinstance(pin, Pin) else current.world.chip.pad(pin)
        self._clock = self._pad.clock

    def atten(self, atten):
        """Accepted; the front ends are drawn for 11 dB."""

    def width(self, width):
        """Accepted; 12 bits are what there is."""

    def read_uv(self):
        """Calibrated microvolts, in multiples of 1000."""
        clock = self._clock
        clock.now_us = now_us = clock.now_us + ADC_SAMPLE_US
        if now_us >= clock.next_us:
            clock.run_events()
        source = self._pad.analog_mv
        reading_mv = 0 if source is None else source(now_us)
        clock.now_us = now_us = now_us + ADC_REST_US
        if now_us >= clock.next_us:
            clock.run_events()
        return reading_mv * 1000

    def read(self):
        """Raw 0..4095; 11 dB reaches to about 3.1 V."""
        return min(4095, self.read_uv() * 4095 // 3_100_000)

    def read_u16(self):
        """Raw scaled to 0..65535."""
        raw = self.read()
        return raw << 4 | raw >> 8


class PWM:
    """LEDC channel: a new duty counts from the next period, 65535 is steady high, deinit idles low."""

    def __init__(self, pin, freq=-1, duty_u16=-1, duty=-1):
        self._pad = pin._pad if isinstance(pin, Pin) else current.world.chip.pad(pin)
        self._frequency_hz = 5000
        self._duty_u16 = 32768
        self.init(freq, duty_u16, duty)

    def init(self, freq=-1, duty_u16=-1, duty=-1):
        """Start the output."""
        if freq != -1:
            self._frequency_hz = freq
        if duty != -1:
            duty_u16 = FULL_DUTY if duty >= 1023 else duty << 6
        if duty_u16 != -1:
            self._duty_u16 = duty_u16
        self._pad.clock.advance(PWM_US)
        self._pad.start_pwm(self._frequency_hz, self._duty_u16)

    def duty_u16(self, duty=None):
        """Duty 0..65535, or set it."""
        if duty is None:
            return self._duty_u16
        if not 0 <= duty <= FULL_DUTY:
            raise ValueError("duty_u16 must be from 0 to 65535")
        self._pad.clock.advance(PWM_US)
        self._duty_u16 = duty
        self._pad.set_duty(duty)
        return None

    def freq(self, freq=None):
        """Frequency in Hz, or set it, which restarts the period."""
        if freq is None:
            return self._frequency_hz
        self.init(freq)
        return None

    def deinit(self):
        """Stop; the pin idles low."""
        self._pad.clock.advance(PWM_US)
        self._pad.stop_pwm()


class Timer:
    """Soft timer: its expiry only queues the callback, which runs when Python idles."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        chip = current.world.chip
        self._clock = chip.clock
        self._event = chip.event(self._expired)
        self._callback = None
        if id >= 0:
            # The same hardware timer again: the earlier object loses it
            if id in chip.timers:
                chip.timers[id].deinit()
            chip.timers[id] = self
        if period != -1 or freq != -1:
            self.init(mode, freq, period, callback, hard)

    def init(self, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        """Start; `period` in ms."""
        if hard:
            raise ValueError("hard Timers are not implemented")
        self._period_us = int(1_000_000 / freq) if freq != -1 else period * 1000
        self._periodic = mode == Timer.PERIODIC
        self._callback = callback
        self._event.at(self._clock.now_us + self._period_us)

    def deinit(self):
        """Stop."""
        self._event.cancel()

    def _expired(self, now_us):
        if self._periodic:
            self._event.at(now_us + self._period_us)
        if self._callback is not None:
            self._clock.schedule(self._callback, self)


def bitstream(pin, encoding, timing, data):
    """Pulses of (high 0, low 0, high 1, low 1) ns, most significant bit first; returns after the last."""
    if encoding != 0:
        raise ValueError("encoding")
    clock = pin._clock
    ones = sum(value >> place & 1 for value in data for place in range(8))
    zeros = 8 * len(data) - ones
    clock.advance((zeros * (timing[0] + timing[1]) + ones * (timing[2] + timing[3])) // 1000 + 1)
    if pin._pad.bus is not None:
        pin._pad.bus.stream(timing, bytes(data))


class WDT:
    """Watchdog: resets the chip `timeout` ms after the last feed(); a second one changes the timeout."""

    def __init__(self, id=0, timeout=5000):
        chip = current.world.chip
        self._clock = chip.clock
        self._world = current.world
        if chip.watchdog is not None:
            chip.watchdog.cancel()
        self._timeout_us = timeout * 1000
        self._event = chip.watchdog = chip.event(self._expired)
        self.feed()

    def feed(self):
        """Start the time again."""
        self._deadline_us = self._clock.now_us + self._timeout_us
        if self._event.at_us < 0:
            self._event.at(self._deadline_us)

    def _expired(self, now_us):
        if now_us < self._deadline_us:
            self._event.at(self._deadline_us)
        else:
            self._world.reset_chip(WDT_RESET)


def reset():
    """Reset the chip: raises ResetRequest, which only the runner catches."""
    current.world.reset_chip(HARD_RESET)


def soft_reset():
    """Reset the interpreter; here the same as a reset, with its own cause."""
    current.world.reset_chip(SOFT_RESET)


def reset_cause():
    """Why the chip started."""
    return current.world.chip.cause


def unique_id():
    """Six bytes, the station's MAC."""
    return current.world.unique_id


def freq(hz=None):
    """CPU clock."""
    return 240_000_000


def idle():
    """Give up a tick of the scheduler's time."""
    current.clock.sleep_ms(1)
