"""Coil, dead-man, main contacts and their feedback, exact to the microsecond; the fake contactor and dead-man."""

HOLD_US = 45000
# Contract of the dead-man: released this long after the last beat at the latest
RELEASE_US = 50000
_SENSE_HOLD_MS = 30
# The row of contactor_released
_OPEN_MS = 6
# From these on an open reading is a fault at once: the row of contactor_no_close, and bounce
_PULL_IN_US = 244000
_SETTLED_US = 60000


class PowerSide:
    """Coil = pin and dead-man; contacts follow in 10 to 20 ms and may weld or stay open."""

    def __init__(self, world, feedback_is_voltage):
        self.world = world
        self.checks = None
        self.pin = False
        self.coil = False
        self.closed = False  # main contacts
        self.reads_closed = False  # the feedback
        self.last_read = False  # what the firmware was told last
        self.hold_until_us = 0
        self.opened_us = None  # the last opening command
        self.closed_us = None  # the last closing command
        self.confirmed_us = None  # when the feedback was first read closed after it
        self.was_released = False  # at the last opening command the feedback read open in truth
        self.welded = False
        self.stays_open = False
        self.coil_supply = True
        self.mains = True
        self.broken = None  # what a broken feedback reads
        self.spike = 0  # readings that are wrong
        self.fails = 0  # readings that end in an error nobody expects
        self._is_voltage = feedback_is_voltage
        self._move = 0
        self._waiting = False

    # What the firmware calls

    def close(self):
        """Coil pin on."""
        if not self.pin:
            self.pin = True
            self.closed_us = self.world.now_us
            self.confirmed_us = None
            self.world.log("close")
            self.checks.closing()
            self._update_released()
        self._update_coil()

    def open(self):
        """Coil pin off."""
        if self.pin:
            self.was_released = not self.reads_closed
            self.checks.opening()
            self.pin = False
            self.opened_us = self.world.now_us
            self.world.log("open")
            self._update_released()
        self._update_coil()

    def is_closed(self):
        """The feedback."""
        if self.fails:
            self.fails -= 1
            raise RuntimeError("feedback")
        if self.spike:
            self.spike -= 1
            self.world.spikes += 1
            self.world.restart_cause("contactor_released")
            self.last_read = not self.reads_closed
            return self.last_read
        self.last_read = self.reads_closed
        if self.reads_closed and self.pin and self.confirmed_us is None:
            self.confirmed_us = self.world.now_us
        return self.reads_closed

    def beat(self):
        """The dead-man is fed."""
        world = self.world
        self.checks.beating()
        self.hold_until_us = world.now_us + HOLD_US
        self._update_coil()
        if not self._waiting:
            self._waiting = True
            world.at(self.hold_until_us, self._hold_ends)

    # Physics

    def change(self, **values):
        """Set faults and supplies: welded, stays_open, coil_supply, mains, broken."""
        for name, value in values.items():
            setattr(self, name, value)
        self._update_coil()
        self._follow()
        self._update_feedback()

    def cut(self):
        """Power-up: all outputs are low."""
        self.pin = False
        self.hold_until_us = 0
        self._update_coil()

    def _hold_ends(self):
        world = self.world
        if self.hold_until_us > world.now_us:
            world.at(self.hold_until_us, self._hold_ends)
            return
        self._waiting = False
        self._update_coil()

    def _update_coil(self):
        coil = self.pin and self.coil_supply and self.world.now_us < self.hold_until_us
        if coil != self.coil:
            self.coil = coil
            self._follow()

    def _follow(self):
        wanted = self.coil and not self.stays_open
        if wanted == self.closed or (self.welded and self.closed):
            self._move += 1
            return
        self._move += 1
        move = self._move
        self.world.after_ms(self.world.random.uniform(10, 20), lambda: self._arrive(move, wanted))

    def _arrive(self, move, wanted):
        if move != self._move:
            return
        self.closed = wanted
        self.checks.contacts_moved()
        world = self.world
        if wanted and world.random.random() < 0.5:
            # Bounce: what the feedback shows, not long enough to matter to the load
            self._update_feedback()
            for _ in range(2):
                world.after_ms(world.random.uniform(0.5, 8), self._bounce)
        else:
            self._update_feedback()

    def _bounce(self):
        if self.closed and self.broken is None:
            self.reads_closed = not self.reads_closed
            self.world.after_ms(self.world.random.uniform(0.2, 4), self._update_feedback)

    def _update_feedback(self):
        if self.broken is not None:
            reads = self.broken
        elif self._is_voltage:
            reads = self.closed and self.mains
            if self.reads_closed and not reads:
                self.world.after_ms(_SENSE_HOLD_MS, self._sense_decays)
                return
        else:
            reads = self.closed
        if reads != self.reads_closed:
            self.reads_closed = reads
            self._update_released()

    def _sense_decays(self):
        if self.broken is None and not (self.closed and self.mains):
            self.reads_closed = False
            self._update_released()

    def _update_released(self):
        # Pull-in and bounce take their time: before that an open reading says nothing
        world = self.world
        if not self.pin or self.reads_closed:
            world.cause("contactor_released", False)
        elif self.confirmed_us is None:
            left_us = self.closed_us + _PULL_IN_US - world.now_us
            world.cause("contactor_released", True, max(left_us, 0) / 1000 + _OPEN_MS)
        else:
            left_us = self.confirmed_us + _SETTLED_US - world.now_us
            world.cause("contactor_released", True, max(left_us, 0) / 1000 + _OPEN_MS)
