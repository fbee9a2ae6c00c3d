"""What the vehicle draws: a current that moves along straight ramps, and the energy it makes.

Energy is integrated piece by piece between the corners of current and voltage, in picojoules, so the
register does not depend on how often anybody looks at it.
"""

from pilesim.mains import STEP_US

# Twice the picojoules of one microwatt-hour: trapezoids are summed without halving
_TWICE_PJ_PER_UWH = 2 * 3_600_000_000


class Load:
    """Current per phase in mA and total energy in uWh at unity power factor."""

    def __init__(self, clock, mains):
        self._clock = clock
        self._mains = mains
        self.phases = 1
        self._from_ma = 0
        self._to_ma = 0
        self._ramp_start_us = 0
        self._ramp_end_us = 0
        # Energy up to _done_us is in the register; what follows is computed when asked
        self._done_us = 0
        self._uwh = 0
        self._rest = 0

    def current_ma(self, now_us):
        """Current of each connected phase."""
        if now_us >= self._ramp_end_us:
            return self._to_ma
        span_us = self._ramp_end_us - self._ramp_start_us
        done_us = now_us - self._ramp_start_us
        return self._from_ma + (self._to_ma - self._from_ma) * done_us // span_us

    def phase_current_ma(self, phase, now_us):
        """Current of phase 0..2."""
        if phase >= self.phases or not self._mains.live(phase):
            return 0
        return self.current_ma(now_us)

    def power_mw(self, now_us, phase=None):
        """Active power of one phase, or of all."""
        if phase is None:
            total = 0
            for number in range(self.phases):
                total += self.power_mw(now_us, number)
            return total
        return self.phase_current_ma(phase, now_us) * self._mains.voltage_mv(phase, now_us) // 1000

    def target_ma(self):
        """Current at the end of the present ramp."""
        return self._to_ma

    def target_mw(self, now_us):
        """Power at the end of the present ramp."""
        total = 0
        for phase in range(self.phases):
            total += self._to_ma * self._mains.voltage_mv(phase, now_us) // 1000
        return total

    def ramp(self, to_ma, duration_us):
        """Move to `to_ma` in a straight line."""
        now_us = self._clock.now_us
        self.commit(now_us)
        self._from_ma = self.current_ma(now_us)
        self._to_ma = to_ma
        self._ramp_start_us = now_us
        self._ramp_end_us = now_us + duration_us

    def cut(self):
        """The circuit opened: no current from this microsecond on."""
        self.ramp(0, 0)

    def energy_uwh(self, now_us):
        """Energy drawn since the world began."""
        self._close_pieces(now_us)
        twice_pj = self._rest + self._piece(self._done_us, now_us)
        return self._uwh + twice_pj // _TWICE_PJ_PER_UWH

    def commit(self, now_us):
        """Put everything up to now into the register; for changes of current, voltage or phases."""
        self._close_pieces(now_us)
        self._add(now_us)

    def _close_pieces(self, now_us):
        while True:
            corner_us = (self._done_us // STEP_US + 1) * STEP_US
            if self._done_us < self._ramp_end_us < corner_us:
                corner_us = self._ramp_end_us
            if corner_us > now_us:
                return
            if self._to_ma == 0 and self._done_us >= self._ramp_end_us:
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
        twice_ma = self.current_ma(start_us) + self.current_ma(end_us)
        if not twice_ma:
            return 0
        total_mv = 0
        for phase in range(self.phases):
            total_mv += self._mains.voltage_mv(phase, start_us)
        return twice_ma * total_mv * (end_us - start_us)
