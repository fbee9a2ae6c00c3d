"""The control loop (layer L2), one connector: every 20 ms it joins what the tick sees, what the
meter says and what the session wants into pilot state, duty and contactor permission.
"""

from ..core import faults
from ..core.charging import A1, CLOSE, HOLD, OPEN, ChargingStateMachine
from ..core.connector_status import connector_status
from ..core.limits import Limits
from ..core.pilot import DRIVE_PWM, duty_bp
from ..core.pilot_profiles import A

PERIOD_MS = 20


class ControlLoop:
    """Holds the rules of one connector and applies them to pilot and tick."""

    def __init__(self, profile, rated_a10, ventilated, control_pilot, tick, register, permit):
        self.tick = tick
        self.register = register
        self.permit = permit
        self.limits = Limits(rated_a10)
        self.machine = ChargingStateMachine(profile)
        self.faults = faults.FaultRegister()
        self.wants_energy = False  # set by the session
        self.in_service = True
        self.causes = 0  # fault causes found elsewhere: settings, clock, journal, tasks
        self.changed = True  # something a reader would want to see changed
        self._profile = profile
        self._ventilated = ventilated
        self._control_pilot = control_pilot
        self._duty_bp = 10000
        self._since_duty_ms = profile.duty_change_min_ms

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns (raised, cleared) fault bits."""
        self.register.step(dt_ms)
        self.limits.step(dt_ms)
        raised, cleared = self.faults.step(self._present(), self.unplugged, dt_ms)
        active = self.faults.active
        offered_a10 = self.limits.offered_a10()
        ready = (
            self.wants_energy and self.in_service and offered_a10 > 0 and not active & faults.STOPS
        )
        want_f = bool(active & faults.TRIPS & faults.MANUALS)
        moved = self.machine.step(self.tick.pilot.state, ready, want_f, self._ventilated, dt_ms)
        self._apply(offered_a10, dt_ms)
        if moved or raised or cleared:
            self.changed = True
        return raised, cleared

    def _present(self):
        present = self.tick.take_faults() | self.causes
        if self.register.lost:
            present |= faults.METER_LOST
        if self.register.implausible:
            present |= faults.METER_IMPLAUSIBLE
        return present

    def _apply(self, offered_a10, dt_ms):
        machine = self.machine
        permission = machine.permission(self._ventilated)
        if self.faults.active & faults.TRIPS:
            permission = OPEN
        if permission == CLOSE and self.permit.held and not self.tick.contactor.commanded:
            permission = OPEN
        drive = machine.drive()
        if drive == DRIVE_PWM:
            self._adjust_duty(duty_bp(self._profile, offered_a10), dt_ms)
        else:
            self._duty_bp = 10000
            self._since_duty_ms = self._profile.duty_change_min_ms
        self._control_pilot.set_drive(drive, self._duty_bp)
        self.tick.permit(permission)
        contactor = self.tick.contactor
        self.permit.energised = (
            contactor.commanded or contactor.closed or permission in (CLOSE, HOLD)
        )

    def _adjust_duty(self, wanted_bp, dt_ms):
        # A vehicle may take 5 s to follow, so the duty moves at most that often
        self._since_duty_ms += dt_ms
        if wanted_bp != self._duty_bp and self._since_duty_ms >= self._profile.duty_change_min_ms:
            self._duty_bp = wanted_bp
            self._since_duty_ms = 0
            self.changed = True

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
        """True when the mirror contact says closed."""
        return self.tick.contactor.closed

    @property
    def duty_permille(self):
        """Duty on the pilot, 1000 for steady +12 V, 0 for -12 V."""
        drive = self._control_pilot.drive
        if drive == DRIVE_PWM:
            return self._duty_bp // 10
        return 0 if self.machine.name() == "F" else 1000

    def blocking(self):
        """Fault bits that forbid a new transaction."""
        return self.faults.active & faults.STOPS

    def status(self, phase):
        """Connector status for a transaction phase or None."""
        return connector_status(
            self.machine.state,
            phase,
            self.limits.offered_a10(),
            self.closed,
            bool(self.blocking()),
            self.in_service,
        )
