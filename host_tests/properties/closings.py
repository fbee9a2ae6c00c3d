"""What must hold when the contactor closes, whoever asked for it."""

from evse.core import faults
from evse.core.charging import C2, D2
from evse.core.pilot import DRIVE_PWM
from evse.core.pilot_profiles import D

# Own copy of the contactor's rules, so that a change there is seen here
_MIN_OPEN_MS = 3000
_MOST_OPEN_MS = 60000
_SHORT_ON_MS = 10000
# The firmware counts from the start of the tick that opened; one tick with two bursts is this long
_TICK_MS = 4
# One look counts for this long at most, so stable may be that much less
_LOOK_US = 10000


class Closings:
    """Judges every closing of one life."""

    def __init__(self, world, site, profile):
        self._world = world
        self._site = site
        self._stable_us = profile.close_stable_ms * 1000 - _LOOK_US
        self._life_us = world.now_us
        self._min_open_ms = 0
        self._next_open_ms = _MIN_OPEN_MS

    def opened(self, on_ms):
        """The contactor was opened after `on_ms`: chatter makes the next wait longer."""
        if on_ms >= _SHORT_ON_MS + _TICK_MS:
            self._min_open_ms = self._next_open_ms = _MIN_OPEN_MS
        elif on_ms < _SHORT_ON_MS - _TICK_MS:
            self._min_open_ms = self._next_open_ms
            self._next_open_ms = min(2 * self._next_open_ms, _MOST_OPEN_MS)
        else:
            # Neither short nor long for sure: the least that may follow
            self._min_open_ms = self._next_open_ms = _MIN_OPEN_MS

    def problem(self, loop, held_since_us, low_proven, locked_out):
        """Why this closing must not be, or None. `held_since_us`: every burst since showed C or D."""
        return (
            self._pilot(loop, held_since_us, low_proven)
            or self._station(loop, locked_out)
            or self._too_soon()
            or self._untested()
        )

    def _pilot(self, loop, held_since_us, low_proven):
        line, world = self._site.line, self._world
        if not world.in_tick:
            return "closed by something else than the tick"
        if held_since_us is None or world.now_us - held_since_us < self._stable_us:
            return "closed before the vehicle showed C or D for the stable time"
        if line.ranges.is_in(D, line.high_mv) and not line.ventilated:
            return "closed in state D without ventilation"
        if line.drive != DRIVE_PWM or loop.machine.state not in (C2, D2):
            return "closed in state %s" % loop.machine.name()
        return None if low_proven else "closed without the negative half-wave seen"

    def _station(self, loop, locked_out):
        site = self._site
        if not site.was_ready:
            return "closed though the station was not ready"
        if site.device["missing"] and not site.device["outside"]:
            return "closed without %s" % site.device["missing"]
        if site.permit.held:
            return "closed while a stall permit was held"
        if site.power.reads_closed:
            return "closed while the feedback read closed"
        if site.phase_contactor:
            sentence = site.phase_contactor.problem(loop.protection.phases.proven_phases)
            if sentence:
                return sentence
        if locked_out:
            return "closed in spite of a lock-out"
        if loop.faults.active & faults.STOPS:
            return "closed with %s" % faults.names(loop.faults.active & faults.STOPS)
        return None

    def _too_soon(self):
        power = self._site.power
        if power.opened_us is None:
            return None
        open_ms = (self._world.now_us - power.opened_us) // 1000
        if open_ms < self._min_open_ms - _TICK_MS:
            return "closed %d ms after opening, least %d" % (open_ms, self._min_open_ms)
        return None

    def _untested(self):
        site = self._site
        since_us = site.power.opened_us or self._life_us
        monitor = site.residual_current
        if monitor and (
            monitor.proven_us is None or monitor.proven_us < since_us or monitor.testing
        ):
            return "closed without a self-test since the last opening"
        if site.lock and not site.lock.home:
            return "closed with the connector unlocked"
        return None
