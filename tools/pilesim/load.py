"""What the vehicle draws: currents that move along straight ramps, and the energy they make.

Energy is integrated piece by piece between the corners of current and voltage, in picojoules, so the
register does not depend on how often anybody looks at it.
"""

from pilesim.mains import STEP_US

PHASES = 3
# Twice the picojoules of one microwatt-hour: trapezoids are summed without halving
_TWICE_PJ_PER_UWH = 2 * 3_600_000_000


class Load:
    """Current per phase in mA and total energy in uWh at unity power factor."""

    def __init__(self, clock, mains):
        self._clock = clock
        self._mains = mains
        # Phases that lead to the outlet
        self.phases = 1
        self._from_ma = (0,) * PHASES
        self._to_ma = (0,) * PHASES
        self._ramp_start_us = 0
        self._ramp_end_us = 0
        # Energy up to _done_us is in the register; what follows is computed when asked
        self._done_us = 0
        self._uwh = 0
        self._rest = 0

    def current_ma(self, now_us):
        """Current of the phase that carries most."""
        return max([self._ramp_ma(phase, now_us) for phase in range(PHASES)])

    def phase_current_ma(self, phase, now_us):
        """Current of phase 0..2."""
        if phase >= self.phases or not self._mains.live(phase):
            return 0
        return self._ramp_ma(phase, now_us)

    def power_mw(self, now_us, phase=None):
        """Active power of one phase, or of all."""
        if phase is None:
            total = 0
            for number in range(self.phases):
                total += self.power_mw(now_us, number)
            return total
        return self.phase_current_ma(phase, now_us) * self._mains.voltage_mv(phase, now_us) // 1000

    def targets_ma(self):
        """Current of each of three phases at the end of the present ramp."""
        return self._to_ma

    def target_mw(self, now_us):
        """Power at the end of the present ramp."""
        total = 0
        for phase in range(self.phases):
            total += self._to_ma[phase] * self._mains.voltage_mv(phase, now_us) // 1000
        return total

    def ramp(self, to_ma, duration_us):
        """Move to `to_ma` in a straight line: a current for every phase, or a tuple of three."""
        now_us = self._clock.now_us
        self.commit(now_us)
        self._from_ma = tuple([self._ramp_ma(phase, now_us) for phase in range(PHASES)])
        self._to_ma = to_ma if isinstance(to_ma, tuple) else (to_ma,) * PHASES
        self._ramp_start_us = now_us
        self._ramp_end_us = now_us + duration_us

    def cut(self):
        """The circuit opened: no current from this microsecond on."""
        self.ramp(0, 0)

    def cut_from(self, phase):
        """The circuit of `phase` and those after it opened; what the others do goes on as it was."""
        self.commit(self._clock.now_us)
        gone = (0,) * (PHASES - phase)
        self._from_ma = self._from_ma[:phase] + gone
        self._to_ma = self._to_ma[:phase] + gone

    def energy_uwh(self, now_us):
        """Energy drawn since the world began."""
        self._close_pieces(now_us)
        twice_pj = self._rest + self._piece(self._done_us, now_us)
        return self._uwh + twice_pj // _TWICE_PJ_PER_UWH

    def commit(self, now_us):
        """Put everything up to now into the register; for changes of current, voltage or phases."""
        self._close_pieces(now_us)
        self._add(now_us)

    def _ramp_ma(self, phase, now_us):
        to_ma = self._to_ma[phase]
        if now_us >= self._ramp_end_us:
            return to_ma
        from_ma = self._from_ma[phase]
        span_us = self._ramp_end_us - self._ramp_start_us
        return from_ma + (to_ma - from_ma) * (now_us - self._ramp_start_us) // span_us

    def _close_pieces(self, now_us):
        while True:
            corner_us = (self._done_us // STEP_US + 1) * STEP_US
            if self._done_us < self._ramp_end_us < corner_us:
                corner_us = self._ramp_end_us
            if corner_us > now_us:
                return
            if self._done_us >= self._ramp_end_us and not any(self._to_ma):
                # Nothing flows: no corners to visit
                self._done_us = now_us
                return
            self._add(corner_us)

    def _add(self, until_us):
        twice_pj = self._rest + self._piece(self._done_us, until_us)
        self._uwh += twice_pj // _TWICE_PJ_PER_UWH
        self._rest = twice_pj % _TWICE_PJ_PER_UWH
        self._done_us = until_us

    def _piece(self, start_us, end_us):
        """Twice the picojoules between two moments without a corner in between."""
        if end_us <= start_us:
            return 0
        twice_pw = 0
        for phase in range(self.phases):
            twice_ma = self._ramp_ma(phase, start_us) + self._ramp_ma(phase, end_us)
            if twice_ma:
                twice_pw += twice_ma * self._mains.voltage_mv(phase, start_us)
        return twice_pw * (end_us - start_us)
