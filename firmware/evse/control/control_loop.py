"""The control loop (layer L2), one connector: every 20 ms it joins what the tick sees, what the
meter says and what the session wants into pilot state, duty and contactor permission.
"""

from ..core import faults
from ..core.charging import A1, CLOSE, HOLD, OPEN, ChargingStateMachine
from ..core.connector_status import connector_status
from ..core.fault_register import FaultRegister
from ..core.pilot import DRIVE_PWM, duty_bp, offered_ma
from ..core.pilot_profiles import A

PERIOD_MS = 20
_FOLLOWS_MAINS = (
    faults.METER_LOST | faults.UNDER_VOLTAGE | faults.FREQUENCY | faults.CONTACTOR_RELEASED
)


class ControlLoop:
    """Holds the rules of one connector and applies them to pilot and tick."""

    def __init__(
        self,
        profile,
        settings,
        control_pilot,
        tick,
        register,
        limits,
        protection,
        permit,
        lockouts=0,
    ):
        self.tick = tick
        self.register = register
        self.limits = limits
        self.protection = protection
        self.permit = permit
        self.machine = ChargingStateMachine(profile, settings["wake_up"])
        self.faults = FaultRegister(lockouts)
        self.wants_energy = False  # set by the session
        self.in_service = True
        self.causes = 0  # fault causes found elsewhere: settings, clock, journal, tasks
        self.changed = True  # something a reader would want to see changed
        self._profile = profile
        self._ventilated = settings["ventilated"]
        self._lock_kept = not settings["unlock_on_mains_loss"]
        self._pause_min_ms = settings["pause_min_s"] * 1000
        self._pause_left_ms = 0
        self._control_pilot = control_pilot
        self._duty_bp = 10000
        self._since_duty_ms = profile.duty_change_min_ms

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns (raised, cleared) fault bits."""
        self.register.step(dt_ms)
        self.limits.step(dt_ms)
        raised, cleared = self.faults.step(self._present(dt_ms), self.unplugged, dt_ms)
        active = self.faults.active
        offered_a10 = self.limits.offered_a10()
        self._pause(offered_a10, dt_ms)
        ready = (
            self.wants_energy
            and self.in_service
            and offered_a10 > 0
            and self._pause_left_ms <= 0
            and self.protection.ready
            and not active & faults.STOPS
        )
        want_f = bool(active & faults.TRIPS & faults.RESETS)
        moved = self.machine.step(self.tick.pilot.state, ready, want_f, self._ventilated, dt_ms)
        self._apply(offered_a10, dt_ms)
        if moved or raised or cleared:
            self.changed = True
        return raised, cleared

    def reset_faults(self):
        """A technician at the pile resets what clears by hand; returns the bits cleared."""
        self.protection.restart()
        return self.faults.reset()

    def unlock(self):
        """A technician ends a lock-out; returns the bits cleared."""
        return self.faults.unlock()

    def _present(self, dt_ms):
        present = self.tick.take_faults() | self.causes
        keep_locked = self._lock_kept or not present & faults.MAINS_LOST
        present |= self.protection.step(self.wants_energy, self.offered_ma, keep_locked, dt_ms)
        if self.register.lost:
            present |= faults.METER_LOST
        if self.register.implausible:
            present |= faults.METER_IMPLAUSIBLE
        if (self.faults.active | present) & faults.MAINS_LOST:
            # One cause, one name: without mains there is no voltage, and the meter is silent
            present &= ~_FOLLOWS_MAINS
        return present

    def _pause(self, offered_a10, dt_ms):
        # A limit that swings round 6 A must not make the contactor swing
        if self.wants_energy and offered_a10 == 0:
            self._pause_left_ms = self._pause_min_ms
        elif self._pause_left_ms > 0:
            self._pause_left_ms -= dt_ms

    def _apply(self, offered_a10, dt_ms):
        machine, contactor = self.machine, self.tick.contactor
        active = self.faults.active
        permission = machine.permission(self._ventilated)
        if active & faults.TRIPS:
            permission = OPEN
        closing = permission == CLOSE and not contactor.commanded
        if closing and (self.permit.held or not self.protection.may_close):
            permission = OPEN
        drive = machine.drive()
        if drive == DRIVE_PWM:
            self._adjust_duty(duty_bp(self._profile, offered_a10), dt_ms)
        else:
            self._duty_bp = 10000
            self._since_duty_ms = self._profile.duty_change_min_ms
        self._control_pilot.set_drive(drive, self._duty_bp)
        self.tick.permit(permission)
        # A welded contactor is not opened by being quick, and its lock-out has to be written
        closed = contactor.closed and not active & faults.CONTACTOR_WELDED
        self.permit.energised = contactor.commanded or closed or permission in (CLOSE, HOLD)

    def _adjust_duty(self, wanted_bp, dt_ms):
        # A vehicle may take 5 s to follow, so the duty rises at most that often. It falls at once:
        # whoever lowers a limit protects something
        self._since_duty_ms += dt_ms
        if wanted_bp < self._duty_bp or (
            wanted_bp > self._duty_bp and self._since_duty_ms >= self._profile.duty_change_min_ms
        ):
            self._duty_bp = wanted_bp
            self._since_duty_ms = 0
            self.changed = True

    @property
    def offered_ma(self):
        """Current that the vehicle reads from the pilot."""
        if self._control_pilot.drive != DRIVE_PWM:
            return 0
        return offered_ma(self._profile, self._duty_bp)

    @property
    def unplugged(self):
        """True when the pilot shows no vehicle at steady +12 V."""
        return self.machine.state == A1 and self.tick.pilot.state == A

    @property
    def vehicle_present(self):
        """False when the pilot shows state A, whatever we drive."""
        return self.tick.pilot.state != A

    @property
    def closed(self):
        """True when the mirror contact or the output voltage says closed."""
        return self.tick.contactor.closed

    @property
    def duty_permille(self):
        """Duty on the pilot, 1000 for steady +12 V, 0 for -12 V."""
        drive = self._control_pilot.drive
        if drive == DRIVE_PWM:
            return self._duty_bp // 10
        return 0 if self.machine.name() == "F" else 1000

    def blocking(self):
        """Fault bits that forbid current and a new transaction."""
        return self.faults.active & faults.STOPS

    def status(self, phase):
        """Connector status for a transaction phase or None."""
        blocking = self.blocking()
        return connector_status(
            self.machine.state,
            phase,
            self.limits.offered_a10() if not blocking else 0,
            self.closed,
            bool(blocking if phase is None else self.faults.ending),
            self.in_service,
        )
