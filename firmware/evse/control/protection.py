"""What the control loop supervises besides the pilot: residual-current self-test, over-current, supply,
temperature, connector lock. Parts come from the board, rules from the core; a part may be None.
"""

from micropython import const

from ..core import faults, limits
from ..core.lock import REST
from ..core.over_current import OverCurrent
from ..core.residual_current import ResidualCurrentTest
from ..core.supply import Supply
from ..core.temperature import Derating

_TEMPERATURE_MS = const(200)
# A stall that was allowed while open must not use up the time that a test or a motor has
_LOOK_MS = const(100)


class Protection:
    """One step per control loop; `ready` and `may_close` are conditions, step() returns fault causes."""

    def __init__(self, board, profile, parts, tick, register, slots):
        self.missing = parts.missing  # names of safety parts that nobody provides
        self.problem = parts.problem
        self.has_mains_monitor = parts.mains_monitor is not None
        self.temperature_c10 = None
        self.residual_test = None
        if parts.residual_current:
            self.residual_test = ResidualCurrentTest(*parts.residual_current.TEST)
        self.lock = None
        if parts.lock:
            from ..core.lock import ConnectorLock

            self.lock = ConnectorLock()
        self.phases = None
        if parts.phase_contactor:
            from .phases import Phases

            self.phases = Phases(parts.phase_contactor, tick, register, board.PHASES)
        self._cable = None
        if parts.proximity:
            from .cable import Cable

            self._cable = Cable(parts.proximity, tick, slots)
        self._monitor = parts.residual_current
        self._lock_part = parts.lock
        self._sensor = parts.temperature
        self._tick = tick
        self._register = register
        self._limits = slots
        self._over_current = OverCurrent(profile.over_current)
        self._supply = Supply(board.VOLTS, board.HERTZ)
        self._derating = Derating(board.RATED_A10)
        self._temperature_ms = 0
        self._temperature_causes = 0
        self._direction = REST
        self._closings = 0
        self._tripped = False
        self._tripped_before = False

    @property
    def ready(self):
        """True when the station may offer energy: self-test passed and connector locked."""
        return (
            (self.phases is None or self.phases.may_offer)
            and (self.lock is None or self.lock.locked)
            and (self.residual_test is None or self.residual_test.passed)
        )

    @property
    def may_close(self):
        """True when the self-test was passed since the contactor was last closed, and the phases are settled."""
        return (
            self.ready
            and (self.phases is None or self.phases.may_close)
            and (self.residual_test is None or self.residual_test.proven)
        )

    @property
    def interrupts(self):
        """True while the vehicle is to see something like an unplug: state F."""
        return self.phases is not None and self.phases.interrupts

    @property
    def opens(self):
        """True while the contactor must be open for what else moves."""
        return self.phases is not None and self.phases.open_now

    @property
    def busy(self):
        """True while a self-test runs or the lock's motor is driven: no time for a stall."""
        return self._direction != REST or (
            self.residual_test is not None and self.residual_test.busy
        )

    def step(self, wanted, offered_ma, mains_lost, welded, keep_locked, dt_ms):
        """Advance by `dt_ms`; `wanted`: a transaction wants energy. Returns the causes present."""
        contactor = self._tick.contactor
        is_open = not contactor.commanded and not contactor.closed
        causes = faults.SAFETY_PART_MISSING if self.missing else 0
        look_ms = dt_ms if dt_ms < _LOOK_MS else _LOOK_MS
        if self.residual_test:
            # A closing may have come and gone between two steps: it used up its test all the same.
            # A monitor that the mains feeds proves nothing without it
            tested = is_open and not mains_lost and contactor.operations == self._closings
            self._closings = contactor.operations
            causes |= self._test_residual_current(tested, wanted, look_ms)
        if self.lock:
            # A voltage sense shows a welded contactor open when the mains is gone
            is_free = is_open and not welded
            causes |= self._move_lock(is_free, not is_free or (keep_locked and wanted), look_ms)
        register = self._register
        drawn_ma = 0 if is_open else max(register.ma)
        if self._over_current.step(drawn_ma, offered_ma, dt_ms):
            causes |= faults.OVER_CURRENT
        if self._cable:
            causes |= self._cable.step(look_ms)
        if self.phases:
            causes |= self.phases.step(look_ms)
        causes |= self._supply.step(register.mv, register.chz, register.supply_known, dt_ms)
        return causes | self._watch_temperature(dt_ms)

    def restart(self):
        """A reset at the pile: the self-test may be tried again, and the phase contactor."""
        if self.residual_test:
            self.residual_test.restart()
        if self.phases:
            self.phases.restart()

    def _test_residual_current(self, is_open, wanted, dt_ms):
        monitor, test = self._monitor, self.residual_test
        tripped = monitor.level()
        # Two steps must agree: a spike is neither a trip nor a release
        if tripped == self._tripped_before:
            self._tripped = tripped
        self._tripped_before = tripped
        test.step(self._tripped, is_open, wanted, dt_ms)
        # Told before the test current flows, so that the tick takes no test for a trip
        self._tick.testing = test.busy
        monitor.test(test.output)
        return faults.RESIDUAL_CURRENT_TEST if test.failed else 0

    def _move_lock(self, may_unlock, wanted, dt_ms):
        part, lock = self._lock_part, self.lock
        try:
            # One wrong reading of a bolt that is home must not end a charge
            is_locked = part.is_locked() or (lock.locked and part.is_locked())
            direction = lock.step(wanted, may_unlock, is_locked, dt_ms)
            if direction != self._direction:
                part.drive(direction)
                self._direction = direction
        except OSError:
            return faults.LOCK_JAM
        return faults.LOCK_JAM if lock.jammed else 0

    def _watch_temperature(self, dt_ms):
        if not self._sensor:
            return 0
        self._temperature_ms += dt_ms
        if self._temperature_ms >= _TEMPERATURE_MS:
            try:
                self.temperature_c10 = self._sensor.read()
            except OSError:
                self.temperature_c10 = None
            limit_a10, self._temperature_causes = self._derating.step(
                self.temperature_c10, self._temperature_ms
            )
            self._limits.set(limits.TEMPERATURE, limit_a10)
            self._temperature_ms = 0
        return self._temperature_causes
