"""Inputs that open the contactor: emergency stop, PE monitor, mains monitor. Closed circuit: 0 is well."""

FAULTS = ("emergency_stop", "pe_lost")
MAINS_DELAY_US = 10_000


class SafetyInput:
    """An input that reads 1 while its cause is there, the wire being broken among them."""

    def __init__(self, clock):
        self._clock = clock
        self.on = False
        # The moment the level last changed, -1 never
        self.changed_us = -1
        self._pad = None

    def attach(self, pad):
        """Connect the input."""
        pad.source = self.level
        self._pad = pad

    def level(self, now_us):
        """Level of the input."""
        return 1 if self.on else 0

    def set_fault(self, name, on):
        """Switch the cause."""
        self.switch(on)

    def switch(self, on):
        """Change the level now."""
        if on == self.on:
            return
        self.on = on
        self.changed_us = self._clock.now_us
        if self._pad is not None:
            self._pad.changed(1 if on else 0)


class MainsMonitor(SafetyInput):
    """Follows the mains MAINS_DELAY_US later; looks at every phase."""

    def __init__(self, clock, mains):
        super().__init__(clock)
        self._mains = mains
        self._follow = clock.event(self._followed)
        mains.watchers.append(self._mains_changed)

    def _gone(self):
        mains = self._mains
        return not all(mains.live(phase) for phase in range(mains.phases))

    def _mains_changed(self, now_us):
        if self._gone() == self.on:
            self._follow.cancel()
        elif self._follow.at_us < 0:
            self._follow.at(now_us + MAINS_DELAY_US)

    def _followed(self, now_us):
        self.switch(self._gone())
