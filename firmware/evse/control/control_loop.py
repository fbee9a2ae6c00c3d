"""The control loop (layer L2), one connector: every 20 ms it joins what the tick sees, what the
meter says and what the session wants into pilot state, duty and contactor permission.
"""

from micropython import const

from ..core import faults
from ..core.charging import A1, B1, CLOSE, HOLD, OPEN, ChargingStateMachine
from ..core.connector_status import connector_status
from ..core.fault_register import FaultRegister
from ..core.pilot import DRIVE_PWM, duty_bp, offered_ma
from ..core.pilot_profiles import A, B, C, D
from .causes import Causes

PERIOD_MS = 20
# A cable that breaks off for less is no unplugging, though it opens the contactor
_ABSENT_MS = const(500)
# What clears by unplugging asks for more
_UNPLUGGED_MS = const(2000)
# A dip of the mains must not set the lock's motor in motion, and a contactor needs time to drop
_MAINS_GONE_MS = const(1000)


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
        evse=0,
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
        self.live = False  # the contactor conducts, or may any moment
        self.changed = True  # something a reader would want to see changed
        self._evse = evse
        tick.ventilated = settings["ventilated"]
        self._causes = Causes(tick, register, protection.has_mains_monitor)
        self._lock_kept = not settings["unlock_on_mains_loss"]
        self._mains_gone_ms = 0
        self._plug_freed = False
        self._absent_ms = _UNPLUGGED_MS
        self._pause_min_ms = settings["pause_min_s"] * 1000
        self._pause_left_ms = 0
        self.cp = control_pilot
        self._duty_bp = 10000
        self._since_duty_ms = profile.duty_change_min_ms

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns (raised, cleared) fault bits."""
        self.register.step(dt_ms)
        self.limits.step(dt_ms)
        self._absent_ms = min(self._absent_ms + dt_ms, _UNPLUGGED_MS) if self._shows_a() else 0
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
        want_f = bool(active & faults.TRIPS & faults.RESETS) or self.protection.interrupts
        moved = self.machine.step(
            self.tick.pilot.state, ready, want_f, self.tick.ventilated, dt_ms
        )
        self._apply(offered_a10, dt_ms)
        if moved or raised or cleared:
            self.changed = True
        return raised, cleared

    def reset_faults(self):
        """A technician at the pile resets what clears by hand; returns the bits cleared."""
        self.protection.restart()
        return self.faults.reset()

    def unlock(self):
        """A technician ends a lock-out; returns the bits cleared, none while the mains is gone."""
        # Without mains a voltage sense cannot tell whether the contactor is still welded
        return 0 if self.faults.active & faults.MAINS_LOST else self.faults.unlock()

    def _present(self, dt_ms):
        active = self.faults.active
        mains_lost = bool((active | self.tick.faults) & faults.MAINS_LOST)
        found = self.protection.step(
            self.wants_energy,
            self.offered_ma,
            mains_lost,
            bool(active & faults.CONTACTOR_WELDED),
            self._lock_kept or not self._free_plug(mains_lost, dt_ms),
            dt_ms,
        )
        return self._causes.step(found | self.causes, active, self.unplugged, dt_ms)

    def _free_plug(self, mains_lost, dt_ms):
        # Once freed it stays so until the mains has been back for the fault's wait
        if not mains_lost:
            self._plug_freed = False
        if self.tick.faults & faults.MAINS_LOST:
            self._mains_gone_ms = min(self._mains_gone_ms + dt_ms, _MAINS_GONE_MS)
            self._plug_freed = self._plug_freed or self._mains_gone_ms >= _MAINS_GONE_MS
        else:
            self._mains_gone_ms = 0
        return self._plug_freed

    def _pause(self, offered_a10, dt_ms):
        # A limit that swings round 6 A must not make the contactor swing
        if self.wants_energy and offered_a10 == 0:
            self._pause_left_ms = self._pause_min_ms
        elif self._pause_left_ms > 0:
            self._pause_left_ms -= dt_ms

    def _apply(self, offered_a10, dt_ms):
        machine, contactor = self.machine, self.tick.contactor
        active = self.faults.active
        permission = machine.permission(self.tick.ventilated)
        if active & faults.TRIPS or self.protection.opens:
            permission = OPEN
        closing = permission == CLOSE and not contactor.commanded
        if closing and (self.permit.held or not self.protection.may_close):
            permission = OPEN
        drive = machine.drive()
        if drive == DRIVE_PWM:
            self._adjust_duty(duty_bp(self.machine.profile, offered_a10), dt_ms)
        else:
            self._duty_bp = 10000
            self._since_duty_ms = self.machine.profile.duty_change_min_ms
        self.cp.set_drive(drive, self._duty_bp)
        self.tick.permit(permission)
        self.live = contactor.commanded or contactor.closed or permission in (CLOSE, HOLD)
        # A welded contactor is not opened by being quick, and its lock-out has to be written
        closed = contactor.closed and not active & faults.CONTACTOR_WELDED
        self.permit.energise(
            self._evse,
            contactor.commanded or closed or permission in (CLOSE, HOLD) or self.protection.busy,
        )

    def _adjust_duty(self, wanted_bp, dt_ms):
        # A vehicle may take 5 s to follow, so the duty rises at most that often. It falls at once:
        # whoever lowers a limit protects something
        self._since_duty_ms += dt_ms
        if wanted_bp < self._duty_bp or (
            wanted_bp > self._duty_bp
            and self._since_duty_ms >= self.machine.profile.duty_change_min_ms
        ):
            self._duty_bp = wanted_bp
            self._since_duty_ms = 0
            self.changed = True

    @property
    def offered_ma(self):
        """Current that the vehicle reads from the pilot."""
        if self.cp.drive != DRIVE_PWM:
            return 0
        return offered_ma(self.machine.profile, self._duty_bp)

    @property
    def unplugged(self):
        """True when the pilot has shown no vehicle at steady +12 V for long enough to be sure."""
        return self.machine.state == A1 and self._absent_ms >= _UNPLUGGED_MS

    @property
    def vehicle_seen(self):
        """True while the pilot shows a vehicle this moment."""
        return self.tick.pilot.state != A

    @property
    def vehicle_present(self):
        """False when the pilot has shown state A for a while, whatever we drive."""
        return self._absent_ms < _ABSENT_MS

    def _shows_a(self):
        # C needs its time to become the state; what the last burst saw is enough to say "not gone"
        pilot = self.tick.pilot
        return pilot.state == A and pilot.instant not in (B, C, D)

    @property
    def closed(self):
        """True when the mirror contact or the output voltage says closed."""
        return self.tick.contactor.closed

    @property
    def duty_permille(self):
        """Duty on the pilot, 1000 for steady +12 V, 0 for -12 V."""
        drive = self.cp.drive
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
            # State F for the sake of the phases is no free connector: it has a vehicle
            B1 if self.protection.interrupts else self.machine.state,
            phase,
            self.offered_ma if not blocking else 0,
            self.closed,
            bool(blocking if phase is None else self.faults.ending),
            self.in_service,
        )
