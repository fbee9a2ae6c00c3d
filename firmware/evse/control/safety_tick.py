"""The safety tick (layer L1): every 5 ms it reads safety inputs, contactor and pilot, decides on the
contactor and re-arms the dead-man. It allocates nothing and calls only drivers and core.

It opens by itself and at once. It closes only while the control loop's permission is fresh, says
CLOSE, and the tick's own view agrees: no input active, state C or D stable since the last opening,
the negative half-wave seen, the contactor open for its minimum time. Inputs come before the pilot
burst, which takes a millisecond. A bad burst is confirmed by a second one in the same call, so a
change of the line costs at most one period and two bursts.
"""

from time import ticks_diff, ticks_us

from micropython import const

from ..core.charging import CLOSE, OPEN
from ..core.contactor import ContactorMonitor
from ..core.faults import (
    CONTROL_LOST,
    PILOT_DIODE,
    PILOT_GENERATOR,
    PILOT_INVALID,
    PILOT_SHORT,
    RESIDUAL_CURRENT,
    TICK_FAILED,
    TICK_LATE,
)
from ..core.pilot import PilotMonitor
from ..core.pilot_profiles import INVALID as LEVEL_INVALID
from ..core.pilot_profiles import C, E

PERIOD_MS = const(5)
# Allowed stalls add up to 23 ms (GC 10, one C call 10, page program 3): beyond this something
# held the interpreter that must not
_LATE_US = const(30000)
# The control loop renews its permission every 20 ms
_PERMISSION_MS = const(500)
_LOOK_MS = const(10)


class SafetyTick:
    """Owns contactor and dead-man. `inputs` are (part with active(), fault bit). `run` is the timer's
    callback."""

    def __init__(self, profile, control_pilot, contactor, dead_man, inputs=()):
        self.pilot = PilotMonitor(profile)
        self.contactor = ContactorMonitor()
        self.ventilated = False  # state D may charge here
        self.testing = False  # the residual-current monitor is being made to trip
        self.faults = 0  # present in this tick
        self.latched = 0  # seen and not yet taken by the control loop
        self.ticks = 0  # good ones, modulo 65536
        self.error = None  # the exception that ended the last bad tick
        self.drops = 0  # openings by the pilot's level alone, modulo 65536
        self.late_us = 0  # worst lateness while closed
        self._control_pilot = control_pilot
        self._contactor = contactor
        self._dead_man = dead_man
        self.inputs = inputs
        self._taken = 0
        self._permission = OPEN
        self._permission_ms = 0
        self._last_us = 0
        self._rest_us = 0

    def start(self, timer):
        """Begin ticking on a timer part."""
        self._last_us = ticks_us()
        # Nobody may judge a contactor that was never looked at
        self.run()
        timer.start(self.run, PERIOD_MS)

    def permit(self, permission):
        """The control loop's permission (OPEN, HOLD, CLOSE); it expires unless renewed."""
        self._permission = permission
        self._permission_ms = _PERMISSION_MS

    def take_faults(self):
        """Fault bits seen since the last call."""
        # The tick may run between any two of these lines, so only it writes `latched`
        latched = self.latched
        self._taken = latched
        return latched

    def run(self, _timer=None):
        """One tick; an error in it opens the contactor and becomes a fault."""
        self.latched &= ~self._taken
        self._taken = 0
        try:
            self._run()
            self.ticks = (self.ticks + 1) & 0xFFFF
        except Exception as error:
            self._open()
            self.error = error
            self.latched |= TICK_FAILED

    def _run(self):
        now_us = ticks_us()
        elapsed_us = ticks_diff(now_us, self._last_us)
        self._last_us = now_us
        self._rest_us += elapsed_us
        dt_ms = self._rest_us // 1000
        self._rest_us -= dt_ms * 1000

        faults = self._watch_time(elapsed_us - PERIOD_MS * 1000, dt_ms)
        faults |= self._read_inputs()
        faults |= self._read_contactor(dt_ms)
        if self.contactor.commanded and (faults or self._permission == OPEN):
            # Not after the burst: that takes a millisecond
            self._open()
        holdable = self._look()
        if not holdable and self.contactor.commanded:
            holdable = self._look()
        # One look after a long stall is one look, however much time went by
        self.pilot.step(self._control_pilot.drive, dt_ms if dt_ms < _LOOK_MS else _LOOK_MS)
        faults |= self._pilot_faults()
        self.faults = faults
        self.latched |= faults
        self._act(holdable and not faults)

    def _watch_time(self, late_us, dt_ms):
        if self._permission_ms > 0:
            self._permission_ms -= dt_ms
        if not self.contactor.commanded:
            return 0
        self.late_us = max(self.late_us, late_us)
        if late_us > _LATE_US:
            return TICK_LATE
        return CONTROL_LOST if self._permission_ms <= 0 else 0

    def _read_inputs(self):
        faults = 0
        for part, fault in self.inputs:
            # Two readings must agree: one spike on a wire is no trip
            if part.active() and part.active():
                faults |= fault
        if self.testing and not self.contactor.commanded:
            faults &= ~RESIDUAL_CURRENT
        return faults

    def _read_contactor(self, dt_ms):
        closed = self._contactor.is_closed()
        if closed != self.contactor.closed:
            closed = self._contactor.is_closed()
        return self.contactor.step(closed, dt_ms)

    def _look(self):
        cp = self._control_pilot
        try:
            cp.measure()
        except OSError:
            # The ADC refused: no sample is no level, which holds nothing
            cp.high_count = cp.low_count = cp.edge_mv = 0
        return self.pilot.judge(
            cp.drive,
            cp.high_mv,
            cp.high_count,
            cp.low_mv,
            cp.low_count,
            cp.edge_mv,
            cp.duty_bp,
        )

    def _pilot_faults(self):
        # Opening does not wait for these: they give the debounced condition its name
        pilot = self.pilot
        if pilot.state == E:
            return PILOT_SHORT
        if pilot.generator_failed():
            return PILOT_GENERATOR
        if pilot.state == LEVEL_INVALID:
            return PILOT_INVALID
        if pilot.diode_failed() and pilot.instant != E and pilot.instant != LEVEL_INVALID:
            # A shorted line has no negative half either: then the short is the fault
            return PILOT_DIODE
        return 0

    def _act(self, holdable):
        monitor = self.contactor
        if monitor.commanded:
            if holdable and self._permission != OPEN:
                self._dead_man.beat()
            else:
                if not self.faults:
                    self.drops = (self.drops + 1) & 0xFFFF
                self._open()
        elif (
            holdable
            and self._permission == CLOSE
            and self._permission_ms > 0
            # What was seen must have been taken, or the permission does not know of it
            and not self.latched
            and self.pilot.closable
            # The permission may still be that of state C
            and (self.ventilated or self.pilot.instant == C)
            and self.pilot.low_proven
            and monitor.may_close()
        ):
            self._contactor.close()
            self._dead_man.beat()
            monitor.command(True)

    def _open(self):
        self._contactor.open()
        self.contactor.command(False)
        self.pilot.opened()
