"""The contactor of the second and third phase: drives it as core/phase_switching.py says."""

from ..core.faults import PHASE_SWITCH_FAILED
from ..core.phase_switching import FREE, INTERRUPT, PhaseSwitch

# What a meter shows without a load, and more
_NO_LOAD_MA = 200


class Phases:
    """One step per control loop, before the charging state machine; `wish` is 1 or 3 phases."""

    def __init__(self, part, tick, register, wish):
        self.wish = wish
        self.may_offer = False
        self.interrupts = False  # the pilot is to be in state F
        self.may_close = False
        self.open_now = True
        self.told = ""  # the failure that was told last
        self._part = part
        self._tick = tick
        self._register = register
        self._switch = PhaseSwitch()
        self._closed = False

    @property
    def proven_phases(self):
        """Proven number of phases, 0 while it is not known."""
        return self._switch.phases

    @property
    def failure(self):
        """Why the wish is not met, "" while it is or will be."""
        return self._switch.failure

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns the fault causes present."""
        switch, contactor = self._switch, self._tick.contactor
        register = self._register
        drawing = not register.lost and max(register.ma) >= _NO_LOAD_MA
        switch.step(
            self.wish,
            self._tick.pilot.state,
            contactor.commanded,
            contactor.closed,
            self._part.is_closed(),
            drawing,
            dt_ms,
        )
        if switch.close_phases != self._closed:
            self._closed = switch.close_phases
            if self._closed:
                self._part.close()
            else:
                self._part.open()
        self.may_offer = switch.pilot == FREE
        self.interrupts = switch.pilot == INTERRUPT
        self.may_close = switch.may_close
        self.open_now = switch.open_now
        return PHASE_SWITCH_FAILED if switch.fault else 0

    def restart(self):
        """A reset at the pile: what failed may be tried again."""
        self._switch.restart()
