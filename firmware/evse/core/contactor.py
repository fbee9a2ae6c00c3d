"""Contactor supervision by mirror contact: weld, failure to close, release without a command.

Called by the safety tick: integers only, no allocation.
"""

from micropython import const

from .faults import CONTACTOR_NO_CLOSE, CONTACTOR_RELEASED, CONTACTOR_WELDED

# The mirror contact must follow the coil within this time (pull-in and drop-out of common parts
# are 20 to 50 ms, the dead-man adds its hold time)
FOLLOW_MS = const(200)


class ContactorMonitor:
    """Compares what the coil was told with what the mirror contact says."""

    def __init__(self):
        self.commanded = False
        self.closed = False  # as the mirror contact says
        self.was_closed = False  # the mirror confirmed this closing
        self.faults = 0
        self.operations = 0
        self._since_command_ms = FOLLOW_MS

    def command(self, close):
        """Note a command given to the coil."""
        if close == self.commanded:
            return
        self.commanded = close
        self.was_closed = False
        self._since_command_ms = 0
        if close:
            self.operations += 1

    def may_close(self):
        """True when the mirror contact has shown the contactor open long enough."""
        return not self.closed and self._since_command_ms >= FOLLOW_MS and not self.faults

    def step(self, mirror_closed, dt_ms):
        """Take one reading of the mirror contact; returns the fault bits present now."""
        self.closed = mirror_closed
        if self._since_command_ms < FOLLOW_MS:
            self._since_command_ms += dt_ms
        settled = self._since_command_ms >= FOLLOW_MS
        if self.commanded:
            if mirror_closed:
                self.was_closed = True
                self.faults = 0
            elif self.was_closed:
                self.faults = CONTACTOR_RELEASED
            elif settled:
                self.faults = CONTACTOR_NO_CLOSE
        else:
            self.faults = CONTACTOR_WELDED if mirror_closed and settled else 0
        return self.faults
