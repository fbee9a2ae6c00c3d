"""GPIO pads of the chip: what drives a pad, its level at a microsecond, who watches it.

A driven pad carries a wave: high for `high_us` of every `period_us` since `start_us`. A steady level
is a wave that is always high or always low, so readers need one formula.
"""

FULL_DUTY = 65535


class Pad:
    """One GPIO: latch or PWM output, or an input fed by `source(now_us) -> 0/1`."""

    def __init__(self, clock, number):
        self.clock = clock
        self.number = number
        self.output = False
        self.pull_up = False
        self.duty_u16 = 0
        self.start_us = 0
        self.period_us = 1000
        self.high_us = 0
        # Wired by wiring.py: source feeds an input, analog gives mV for the ADC, watchers see outputs
        self.source = None
        self.analog_mv = None
        # What answers in timed slots on this one wire: a 1-Wire sensor, a chain of LEDs
        self.bus = None
        self.watchers = []
        self.irq_handler = None
        self.irq_trigger = 0
        self._latch = 0
        self._pwm = False
        self._frozen = False
        self._next_duty = 0
        self._switch = clock.event(self._switch_duty)

    def read(self, now_us):
        """Level 0 or 1 at `now_us`; an output reads back what it drives."""
        if self.output:
            return 1 if (now_us - self.start_us) % self.period_us < self.high_us else 0
        if self.source is not None:
            return self.source(now_us)
        return 1 if self.pull_up else 0

    def write(self, level):
        """Set the latch; drives the pad if it is an output without PWM."""
        self._latch = 1 if level else 0
        if self.output and not self._pwm:
            self._drive(self._latch)

    def set_output(self, output):
        """Make the pad an output driving its latch, or a floating input."""
        self.output = output
        if not self._pwm:
            self._drive(self._latch if output else 0)

    def start_pwm(self, frequency_hz, duty_u16):
        """Drive PWM from now on, the period beginning with the high phase."""
        now_us = self.clock.now_us
        self._pwm = True
        self.output = True
        self._switch.cancel()
        self._next_duty = duty_u16
        if self._frozen:
            return
        self.start_us = now_us
        self.period_us = 1_000_000 // frequency_hz
        self._apply(duty_u16, now_us)

    def set_duty(self, duty_u16):
        """Change the duty from the next period on, as LEDC does."""
        now_us = self.clock.now_us
        self._next_duty = duty_u16
        done_us = (now_us - self.start_us) % self.period_us
        self._switch.at(now_us + self.period_us - done_us)

    def stop_pwm(self):
        """Stop PWM; the pad idles low."""
        self._pwm = False
        self._latch = 0
        self._switch.cancel()
        self._drive(0)

    def drive(self, level):
        """Another peripheral than PWM drives the pad to `level`."""
        self._switch.cancel()
        self._pwm = False
        self.output = True
        self._drive(level)

    def freeze(self, frozen):
        """Hold the level of this microsecond whatever is asked for, as a dead peripheral does, or let go."""
        if frozen == self._frozen:
            return
        now_us = self.clock.now_us
        if frozen:
            level = self.read(now_us) if self.output else 0
            self._drive(level)
            self._frozen = True
            return
        self._frozen = False
        if self._pwm:
            self._apply(self._next_duty, now_us)
        else:
            self._drive(self._latch if self.output else 0)

    def release(self):
        """The chip was reset: the pad floats and nobody of the old program can move it again."""
        self._switch.cancel()
        self._pwm = False
        self._frozen = False
        self.output = False
        self.irq_handler = None
        self._drive(0)
        self.watchers = []

    def changed(self, level):
        """The outside moved this input to `level`: queue the interrupt if one is asked for."""
        if self.irq_handler is not None and self.irq_trigger & (1 if level else 2):
            self.clock.schedule(self.irq_handler, self)

    def _switch_duty(self, now_us):
        self._apply(self._next_duty, now_us)

    def _apply(self, duty_u16, now_us):
        if self._frozen:
            return
        self.duty_u16 = duty_u16
        if duty_u16 >= FULL_DUTY:
            self.high_us = self.period_us
        else:
            self.high_us = (self.period_us * duty_u16 + 32768) >> 16
        self._tell(now_us)

    def _drive(self, level):
        if self._frozen:
            return
        high_us = self.period_us if level else 0
        if high_us != self.high_us:
            self.high_us = high_us
            self.duty_u16 = FULL_DUTY if level else 0
            self._tell(self.clock.now_us)

    def _tell(self, now_us):
        for watcher in self.watchers:
            watcher(self, now_us)
