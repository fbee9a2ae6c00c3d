"""The connector lock of a socket: a bolt driven by an H-bridge, self-holding, with a switch at its home."""

FAULTS = ("lock_jam", "lock_wire")
TRAVEL_US = 250_000


class Lock:
    """Bolt position in microseconds of drive, 0 out to TRAVEL_US home. Without wiring there is no lock."""

    def __init__(self, clock, log):
        self._clock = clock
        self._log = log
        self.faults = set()
        self.locked_us = -1
        self.unlocked_us = -1
        self._a = None
        self._b = None
        self._feedback_pad = None
        self._direction = 0
        self._position_us = 0
        self._since_us = 0
        self._home = False
        self._arrive = clock.event(self._arrived)

    def attach(self, a_pad, b_pad, feedback_pad):
        """Connect the chip; the bolt stays where it was."""
        self._a = a_pad
        self._b = b_pad
        self._feedback_pad = feedback_pad
        for pad in (a_pad, b_pad):
            pad.watchers.append(self._drive_changed)
        if feedback_pad is not None:
            feedback_pad.source = self.feedback
        self._drive_changed(a_pad, self._clock.now_us)

    @property
    def locked(self):
        """True while the bolt holds a plug: more than half of its way in."""
        return self._position(self._clock.now_us) * 2 > TRAVEL_US

    def feedback(self, now_us):
        """Level of the switch: 0 bolt home, 1 not, or wire broken."""
        return 0 if self._home and "lock_wire" not in self.faults else 1

    def set_fault(self, name, on):
        """Switch one of FAULTS: a bolt that does not move, a broken feedback wire."""
        now_us = self._clock.now_us
        self._position_us = self._position(now_us)
        self._since_us = now_us
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._begin(now_us)
        self._tell(now_us)

    def _drive_changed(self, pad, now_us):
        self._position_us = self._position(now_us)
        self._since_us = now_us
        # Both inputs alike brake the motor
        self._direction = (1 if self._a.high_us else 0) - (1 if self._b.high_us else 0)
        self._begin(now_us)

    def _position(self, now_us):
        if "lock_jam" in self.faults:
            return self._position_us
        position_us = self._position_us + self._direction * (now_us - self._since_us)
        return max(0, min(TRAVEL_US, position_us))

    def _begin(self, now_us):
        self._arrive.cancel()
        if not self._direction or "lock_jam" in self.faults:
            return
        left_us = TRAVEL_US - self._position_us if self._direction > 0 else self._position_us
        if left_us:
            self._arrive.at(now_us + left_us)
        if self._direction < 0 and self._home:
            self._set_home(False, now_us)

    def _arrived(self, now_us):
        if self._direction > 0:
            self._set_home(True, now_us)
            self._log("lock", state="locked")
        else:
            self.unlocked_us = now_us
            self._log("lock", state="unlocked")

    def _set_home(self, home, now_us):
        self._home = home
        if home:
            self.locked_us = now_us
        self._tell(now_us)

    def _tell(self, now_us):
        if self._feedback_pad is not None:
            self._feedback_pad.changed(self.feedback(now_us))
