"""What the control loop supervises besides the pilot: residual-current self-test, over-current, supply,
temperature, connector lock. Parts come from the board, rules from the core; a part may be None.
"""

from ..core import faults, limits
from ..core.lock import ConnectorLock
from ..core.over_current import OverCurrent
from ..core.residual_current import ResidualCurrentTest
from ..core.supply import Supply
from ..core.temperature import Derating

_TEMPERATURE_MS = 200


class Protection:
    """One step per control loop; `causes` are fault bits, `ready` and `may_close` are conditions."""

    def __init__(self, board, profile, parts, tick, register, slots):
        self.missing = parts.missing  # names of safety parts that nobody provides
        self.problem = parts.problem
        self.temperature_c10 = None
        self.test = ResidualCurrentTest() if parts.residual_current else None
        self.lock = ConnectorLock() if parts.lock else None
        self._parts = parts
        self._tick = tick
        self._register = register
        self._limits = slots
        self._over_current = OverCurrent(profile.over_current)
        self._supply = Supply(board.VOLTS, board.HERTZ)
        self._derating = Derating(board.RATED_A10)
        self._temperature_ms = 0
        self._temperature_causes = 0
        self._direction = 0

    @property
    def ready(self):
        """True when the station may offer energy: self-test passed and connector locked."""
        return (self.test is None or self.test.passed) and (self.lock is None or self.lock.locked)

    @property
    def may_close(self):
        """True when the self-test was passed since the contactor was last closed."""
        return self.ready and (self.test is None or self.test.proven)

    def step(self, wanted, offered_ma, keep_locked, dt_ms):
        """Advance by `dt_ms`; `wanted`: a transaction wants energy. Returns the causes present."""
        contactor = self._tick.contactor
        is_open = not contactor.commanded and not contactor.closed
        causes = faults.SAFETY_PART_MISSING if self.missing else 0
        if self.test:
            causes |= self._test_residual_current(is_open, wanted, dt_ms)
        if self.lock:
            causes |= self._move_lock(is_open, keep_locked and (wanted or not is_open), dt_ms)
        register = self._register
        drawn_ma = 0 if is_open else max(register.ma)
        if self._over_current.step(drawn_ma, offered_ma, dt_ms):
            causes |= faults.OVER_CURRENT
        causes |= self._supply.step(register.mv, register.chz, register.supply_known, dt_ms)
        return causes | self._watch_temperature(dt_ms)

    def restart(self):
        """A reset at the pile: the self-test may be tried again."""
        if self.test:
            self.test.restart()

    def _test_residual_current(self, is_open, wanted, dt_ms):
        monitor, test = self._parts.residual_current, self.test
        test.step(monitor.active(), is_open, wanted, dt_ms)
        # Told before the test current flows, so that the tick takes no test for a trip
        self._tick.testing = test.busy
        monitor.test(test.output)
        return faults.RESIDUAL_CURRENT_TEST if test.failed else 0

    def _move_lock(self, is_open, wanted, dt_ms):
        part = self._parts.lock
        direction = self.lock.step(wanted, is_open, part.is_locked(), dt_ms)
        if direction != self._direction:
            self._direction = direction
            part.drive(direction)
        return faults.LOCK_JAM if self.lock.jammed else 0

    def _watch_temperature(self, dt_ms):
        if not self._parts.temperature:
            return 0
        self._temperature_ms += dt_ms
        if self._temperature_ms >= _TEMPERATURE_MS:
            try:
                self.temperature_c10 = self._parts.temperature.read()
            except OSError:
                self.temperature_c10 = None
            limit_a10, self._temperature_causes = self._derating.step(
                self.temperature_c10, self._temperature_ms
            )
            self._limits.set(limits.TEMPERATURE, limit_a10)
            self._temperature_ms = 0
        return self._temperature_causes
