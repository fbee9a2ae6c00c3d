"""Contactor supervision by its feedback: weld, failure to close, release without a command, chatter.

The feedback is a mirror contact (IEC 60947-4-1) or the voltage on the output. Called by the safety
tick, which reads twice before it believes a change: integers only, no allocation.
"""

from micropython import const

from .faults import CONTACTOR_NO_CLOSE, CONTACTOR_RELEASED, CONTACTOR_WELDED

# The feedback must follow the coil within this time (pull-in and drop-out of common parts are 20 to
# 50 ms, the dead-man adds its hold time, a voltage sense its hold over the zero crossings)
FOLLOW_MS = const(200)
# Contacts bounce: for this long after the first sign of closing an open reading says nothing
SETTLE_MS = const(50)
# A contactor that never showed open after the coil went off may still bounce at the end of FOLLOW_MS
BOUNCE_MS = const(20)
# A contactor that opened stays open this long: chatter under load welds it
MIN_OPEN_MS = const(3000)
# A closing shorter than this is chatter: each one in a row doubles the open time, up to the most
MIN_ON_MS = const(10000)
MOST_OPEN_MS = const(60000)

_MOST_OPERATIONS = const(0x20000000)


class ContactorMonitor:
    """Compares what the coil was told with what the feedback says."""

    def __init__(self):
        self.commanded = False
        self.closed = False  # as the feedback says
        self.was_closed = False  # the feedback confirmed this closing
        self.faults = 0
        self.operations = 0  # closings
        self.min_open_ms = 0  # from the last opening; after power-up there is none
        self._next_open_ms = MIN_OPEN_MS
        # Power-up is an opening too: the coil may have been cut a moment ago
        self._since_command_ms = 0
        self._since_closed_ms = 0
        self._settled_open = False

    def command(self, close):
        """Note a command given to the coil."""
        if close == self.commanded:
            return
        if close:
            if self.operations < _MOST_OPERATIONS:
                self.operations += 1
        elif self._since_command_ms >= MIN_ON_MS:
            self.min_open_ms = self._next_open_ms = MIN_OPEN_MS
        else:
            self.min_open_ms = self._next_open_ms
            self._next_open_ms = min(2 * self._next_open_ms, MOST_OPEN_MS)
        self.commanded = close
        self.was_closed = False
        self._since_command_ms = 0
        self._since_closed_ms = 0
        self._settled_open = False

    def may_close(self):
        """True when the contactor is open, has been for its minimum time, and has no fault."""
        return not self.closed and self._since_command_ms >= self.min_open_ms and not self.faults

    def step(self, closed, dt_ms):
        """Take one reading of the feedback; returns the fault bits present now."""
        self.closed = closed
        self._since_command_ms = min(self._since_command_ms + dt_ms, MOST_OPEN_MS)
        if self.commanded:
            self.faults = self._coil_on(closed, dt_ms)
        else:
            self.faults = self._coil_off(closed)
        return self.faults

    def _coil_on(self, closed, dt_ms):
        if self.was_closed:
            self._since_closed_ms = min(self._since_closed_ms + dt_ms, SETTLE_MS)
        elif closed:
            self.was_closed = True
        if closed:
            return 0
        if self.was_closed:
            return CONTACTOR_RELEASED if self._since_closed_ms >= SETTLE_MS else 0
        return CONTACTOR_NO_CLOSE if self._since_command_ms >= FOLLOW_MS else 0

    def _coil_off(self, closed):
        if not closed:
            if self._since_command_ms >= FOLLOW_MS:
                self._settled_open = True
            return 0
        if self._settled_open or self._since_command_ms >= FOLLOW_MS + BOUNCE_MS:
            return CONTACTOR_WELDED
        return 0
