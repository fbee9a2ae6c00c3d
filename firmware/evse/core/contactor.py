"""Contactor supervision by mirror contact: weld, failure to close, release without a command.

Called by the safety tick: integers only, no allocation.
"""

from micropython import const

from .faults import CONTACTOR_NO_CLOSE, CONTACTOR_RELEASED, CONTACTOR_WELDED

# The mirror contact must follow the coil within this time (pull-in and drop-out of common parts
# are 20 to 50 ms, the dead-man adds its hold time)
FOLLOW_MS = const(200)
# Contacts bounce for up to 10 ms: what the mirror contact says must hold this long to be a fault
_BOUNCE_MS = const(20)
# A contactor that opened stays open this long: chatter under load welds it
MIN_OPEN_MS = const(3000)


class ContactorMonitor:
    """Compares what the coil was told with what the mirror contact says."""

    def __init__(self):
        self.commanded = False
        self.closed = False  # as the mirror contact says
        self.was_closed = False  # the mirror confirmed this closing
        self.faults = 0
        self.operations = 0
        self._since_command_ms = MIN_OPEN_MS
        self._disagree_ms = 0

    def command(self, close):
        """Note a command given to the coil."""
        if close == self.commanded:
            return
        self.commanded = close
        self.was_closed = False
        self._since_command_ms = 0
        self._disagree_ms = 0
        if close:
            self.operations += 1

    def may_close(self):
        """True when the contactor is open, has been for its minimum time, and has no fault."""
        return not self.closed and self._since_command_ms >= MIN_OPEN_MS and not self.faults

    def step(self, mirror_closed, dt_ms):
        """Take one reading of the mirror contact; returns the fault bits present now."""
        self.closed = mirror_closed
        if self._since_command_ms < MIN_OPEN_MS:
            self._since_command_ms += dt_ms
        if mirror_closed == self.commanded:
            self.was_closed = self.commanded
            self._disagree_ms = 0
            self.faults = 0
            return 0
        if self._disagree_ms < FOLLOW_MS:
            self._disagree_ms += dt_ms
        if self._since_command_ms >= FOLLOW_MS and self._disagree_ms >= _BOUNCE_MS:
            if not self.commanded:
                self.faults = CONTACTOR_WELDED
            else:
                self.faults = CONTACTOR_RELEASED if self.was_closed else CONTACTOR_NO_CLOSE
        return self.faults
