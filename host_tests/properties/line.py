"""The pilot line as the control pilot's burst sees it, and the fake control pilot."""

from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from evse.core.pilot_profiles import A, B, C, D, E

# Samples of one period on the board, and how long they take
_SAMPLES = 24
_BURST_US = 1060
# Up to this duty every burst meets the low phase
_LOW_SURE_BP = 9000
_LOWS_MV = (-12500, -11500)

# Faults of the generator
STUCK_HIGH, STUCK_LOW, FROZEN_HIGH, FROZEN_LOW = range(1, 5)


class Ranges:
    """What levels mean, read off a profile's rows without the firmware's classifier."""

    def __init__(self, profile):
        flat = profile.windows
        windows = {flat[at]: flat[at + 1 : at + 3] for at in range(0, len(flat), 3)}
        self.windows = windows
        self.low_mv = (profile.low_min_mv, profile.low_max_mv)
        least, most = windows[C]
        self.closing_mv = [(least, most)]
        held = [[least, most]]
        if D in windows:
            held.append(list(windows[D]))
        if profile.keeps_in_gap:
            held[0][1] = windows[B][0] - 1
            if D in windows:
                held[1][0] = windows[E][1] + 1
                held[1][1] = least - 1
        self.held_mv = held

    def may_hold(self, mv):
        """A closed contactor may stay closed at this positive level."""
        return any(low <= mv <= high for low, high in self.held_mv)

    def is_in(self, state, mv):
        """The level is inside the window of a state."""
        window = self.windows.get(state)
        return window is not None and window[0] <= mv <= window[1]

    def low_is_good(self, mv):
        """The negative half-wave is in its window."""
        return self.low_mv[0] <= mv <= self.low_mv[1]


class Line:
    """Vehicle, line faults and generator faults; the firmware's control pilot at the same time."""

    def __init__(self, world, profile):
        self.world = world
        self.ranges = Ranges(profile)
        self.checks = None
        # The firmware's view: what it last set and last measured
        self.drive = DRIVE_NEGATIVE
        self.duty_bp = 0
        self.high_mv = self.low_mv = self.edge_mv = 0
        self.high_count = self.low_count = 0
        # Truth
        self.vehicle = A  # state the vehicle shows
        self.level_mv = 12000  # positive half
        self.short = False
        self.odd_mv = None  # a level that no vehicle makes
        self.low_half_mv = None  # diode missing or leak: what the negative half shows
        self.generator = 0
        self.silent = 0  # bursts without a sample
        self.fails = 0  # bursts in which the ADC refuses
        self.breaks = 0  # bursts that end in an error nobody expects
        self.noise_until_us = 0
        self.spike = 0  # single bursts spoilt
        self.ventilated = False
        self.wants_energy = False  # the vehicle does, its diode is there and the PWM runs
        self._out_drive = DRIVE_NEGATIVE
        self._out_bp = 0
        self._high = self._low = 0
        self._low_base_mv = -12000
        self._version = 0

    def set_drive(self, drive, duty_bp=0):
        """Takes effect at the next period of the PWM."""
        if drive == self.drive and duty_bp == self.duty_bp:
            return
        self.checks.driving(drive, duty_bp)
        self.drive = drive
        self.duty_bp = duty_bp
        world = self.world
        world.after_ms(world.random.random(), lambda: self._switch(drive, duty_bp))

    def measure(self):
        """One burst."""
        world = self.world
        if not self.wants_energy:
            # Nothing spoils it: one is as good as two
            world.spoilt_bursts += 2
        if self.fails or self.breaks:
            self._refuse()
        version, high, low = self._version, self._high, self._low
        world.advance(world.now_us + _BURST_US)
        if version != self._version:
            # The line changed within the burst, which shows neither what was nor what is
            world.spoilt_bursts += 1
            share = world.random.random()
            high = int(high * share + self._high * (1 - share))
            low = int(low * share + self._low * (1 - share))
        if self.spike or world.now_us < self.noise_until_us:
            high, low = self._disturb(high, low)
        self._sample(high, low)
        self.checks.looked()

    def change(self, vehicle=None, **values):
        """Set vehicle state or faults: short, odd_mv, low_half_mv, generator, ventilated."""
        if vehicle is not None:
            self.vehicle = vehicle
            low, high = self.ranges.windows[vehicle]
            self.level_mv = self.world.random.randint(low, high)
            self._low_base_mv = self.world.random.randint(*_LOWS_MV)
        for name, value in values.items():
            setattr(self, name, value)
        self._update()

    def _refuse(self):
        self.world.spoilt_bursts += 1
        if self.fails:
            self.fails -= 1
            self.checks.looked(False)
            raise OSError(110, "ADC")
        self.breaks -= 1
        raise RuntimeError("pilot")

    def _disturb(self, high, low):
        world = self.world
        if self.spike:
            self.spike -= 1
        elif world.random.random() < 0.5:
            return high, low
        world.spoilt_bursts += 1
        self.checks.hidden()
        amplitude = world.random.choice((300, 1500, 6000))
        return (
            high + world.random.randint(-amplitude, amplitude),
            low + world.random.randint(-amplitude, amplitude),
        )

    def _sample(self, high, low):
        if self.silent:
            self.silent -= 1
            self.world.spoilt_bursts += 1
            self.high_count = self.low_count = self.edge_mv = 0
            return
        highs, lows = self._counts()
        self.high_count = highs
        self.low_count = lows
        self.edge_mv = 0
        if highs:
            self.high_mv = high
        if lows:
            self.low_mv = low
        elif (
            self._out_drive == DRIVE_PWM
            and self.generator not in (FROZEN_HIGH, FROZEN_LOW)
            and self.world.random.random() < 0.7
        ):
            self.edge_mv = low

    def _counts(self):
        if self.generator == FROZEN_HIGH:
            return _SAMPLES, 0
        if self.generator == FROZEN_LOW:
            return 0, _SAMPLES
        if self._out_drive == DRIVE_POSITIVE:
            return _SAMPLES, 0
        if self._out_drive == DRIVE_NEGATIVE:
            return 0, _SAMPLES
        highs = max(1, self._out_bp * (_SAMPLES - 2) // 10000)
        lows = (10000 - self._out_bp) * (_SAMPLES - 2) // 10000
        if self._out_bp <= _LOW_SURE_BP:
            return highs, max(1, lows)
        return highs, 1 if lows and self.world.random.random() < 0.5 else 0

    def _switch(self, drive, duty_bp):
        if (drive, duty_bp) == (self.drive, self.duty_bp):
            self._out_drive = drive
            self._out_bp = duty_bp
            self._update()

    def _update(self):
        self._version += 1
        positive = self.level_mv if self.odd_mv is None else self.odd_mv
        negative = self._low_base_mv if self.low_half_mv is None else self.low_half_mv
        if self.short:
            positive = self.level_mv % 900
            negative = -(self.level_mv % 900)
        if self.generator == STUCK_LOW:
            positive = negative
        elif self.generator == STUCK_HIGH:
            negative = positive
        self._high = positive
        self._low = negative
        self._state_causes(positive, negative)

    def _state_causes(self, positive, negative):
        world, ranges = self.world, self.ranges
        pwm = self._out_drive == DRIVE_PWM
        gone = self.generator == FROZEN_LOW or self._out_drive == DRIVE_NEGATIVE
        wanted = ranges.is_in(C, positive) or ranges.is_in(D, positive)
        low_is_good = ranges.low_is_good(negative)
        self.wants_energy = pwm and not self.generator and wanted and low_is_good
        world.cause("pilot level", gone or not ranges.may_hold(positive), 11)
        spoilt = pwm and not low_is_good
        sure = self._out_bp <= _LOW_SURE_BP and self.generator != FROZEN_HIGH
        world.cause("negative half-wave", spoilt and sure, 11)
        unseen = spoilt or (pwm and self.generator == FROZEN_HIGH)
        world.cause("negative half-wave unseen", unseen, 520)
        unventilated = ranges.is_in(D, positive) and not self.ventilated
        world.cause("ventilation", unventilated, 600, by_loop=True)
