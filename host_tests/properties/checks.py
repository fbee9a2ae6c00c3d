"""What must never happen, checked at every change of the power side and after every tick and loop step."""

from evse.core import faults
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_PWM
from evse.core.pilot_profiles import A, C, D

from .closings import Closings
from .idle_moves import IdleMoves
from .openings import Openings
from .power_side import RELEASE_US

_LATE_GAP_US = 35500
_GAP_BP = range(8501, 8540)
_QUIET_US = 700000
# Spikes on the feedback lock nothing out
_WELD_US = 150000
_FOLLOWS_MAINS = faults.CONTACTOR_RELEASED | faults.RESIDUAL_CURRENT
# Causes that leave time: to the vehicle, to the control loop
_PATIENT = ("no PWM", "stop", "not ready", "control_lost")
_RESET_TRIPS = faults.TRIPS & faults.RESETS
_PILOT_CAUSES = ("pilot level", "negative half-wave", "negative half-wave unseen", "ventilation")


def read_by_vehicle_ma(bp):
    """Current that a vehicle reads from a duty, IEC 61851-1 Table A.8; 100 % is none."""
    if bp == 10000:
        return 0
    return bp * 6 if bp <= 8500 else (bp - 6400) * 25


class Checks:
    """Judge of one life; `world.violation` tells the first thing found."""

    def __init__(self, world, site, profile):
        self.world = world
        self.site = site
        self.power = site.power
        self.line = site.line
        self.loop = None  # set once it is built
        self.tick = None
        self.locked_out = 0
        self._profile = profile
        self._life_us = world.now_us
        self._held_since_us = None  # every burst since then showed a level to hold
        self._low_proven = False
        self._good_look = False
        self._unclear_us = -_QUIET_US  # noise, or a level between the windows
        self._beaten = False
        self._opened = self._demanded = False
        self._pausing = False
        self._welded_us = None
        self._pin_before = False
        self._tick_gap_us = 0
        self._ticks_before = 0
        self._must_open = 0
        self._owed = self._owed_before = 0
        self._negative_us = world.now_us
        self._positive_us = world.now_us
        self._duty_us = 0
        self.closings = Closings(world, site, profile)
        self.openings = Openings(world, site, profile)
        self.moves = IdleMoves(world, site.power, self._interrupted_ms)

    # Called by the parts

    def closing(self):
        """The coil pin goes on."""
        self.world.count("closings")
        sentence = self.closings.problem(
            self.loop, self._held_since_us, self._low_proven, self.locked_out
        )
        if sentence:
            self.world.violate(sentence)

    def opening(self):
        """The coil pin goes off."""
        power, world = self.power, self.world
        self.closings.opened((world.now_us - power.closed_us) // 1000)
        self._opened = True
        self._demanded = any(name not in _PATIENT for name in world.causes)
        self._overdue()

    def beating(self):
        """The dead-man is fed."""
        self._beaten = True
        if not self.world.in_tick:
            self.world.violate("dead-man fed from outside the tick")
        elif not self.power.pin:
            self.world.violate("dead-man fed with the coil off")

    def driving(self, drive, bp):
        """The pilot generator is told something else."""
        world, line = self.world, self.line
        now_us = world.now_us
        if drive != line.drive:
            if line.drive == DRIVE_NEGATIVE:
                dwell_ms = (now_us - self._negative_us) // 1000
                if (
                    self._negative_us > self._life_us
                    and dwell_ms < self._profile.state_f_min_ms - 2
                ):
                    world.violate("state F for %d ms only", dwell_ms)
            if drive == DRIVE_NEGATIVE:
                self._negative_us = now_us
            elif drive != DRIVE_PWM:
                self._positive_us = now_us
                found = self.openings.needless_stop(self.loop.faults.active)
                if found:
                    world.violate(found)
            limit_ms = 6 if drive == DRIVE_NEGATIVE else self._profile.stop_wait_ms + 60
            world.cause("no PWM", drive != DRIVE_PWM, limit_ms, by_loop=drive != DRIVE_NEGATIVE)
        if drive == DRIVE_PWM:
            self._drive_pwm(bp)
            self._duty_us = now_us

    def _drive_pwm(self, bp):
        world, line = self.world, self.line
        most_bp = self._profile.duty_max_bp
        if bp in _GAP_BP or not (1000 <= bp <= most_bp or bp == 10000):
            world.violate("duty of %d bp", bp)
        if 9000 < bp < 10000:
            world.count("duty above 90 %")
        since_ms = (world.now_us - self._duty_us) // 1000
        if line.drive == DRIVE_PWM and line.duty_bp < bp < 10000:
            if since_ms < self._profile.duty_change_min_ms - 2:
                world.violate("duty raised %d ms after a change", since_ms)
            world.count("duty raised")

    def looked(self, taken=True):
        """A burst was taken, or refused."""
        line = self.line
        ranges = line.ranges
        if not taken or not line.high_count:
            self._held_since_us = None
            return
        held = ranges.may_hold(line.high_mv)
        if not (ranges.is_in(C, line.high_mv) or ranges.is_in(D, line.high_mv)):
            self._unclear_us = self.world.now_us
        if not held:
            self._held_since_us = None
        elif self._held_since_us is None:
            self._held_since_us = self.world.now_us - 1100
        self._look_low()
        unseen = line.drive != DRIVE_PWM or not line.low_count
        self._good_look |= held and (self._low_proven or unseen)

    def _look_low(self):
        line = self.line
        if line.drive != DRIVE_PWM:
            self._low_proven = False
        elif line.low_count:
            self._low_proven = line.ranges.low_is_good(line.low_mv)
        else:
            self._low_proven |= line.ranges.low_is_good(line.edge_mv)

    def hidden(self):
        """Noise covers the line: reactions to it are counted from its end."""
        self._unclear_us = self.world.now_us
        for name in _PILOT_CAUSES:
            self.world.restart_cause(name)

    def contacts_moved(self):
        """The main contacts arrived."""
        self.world.count("contacts moved")

    # Called by the walk

    def tick_begins(self):
        """Before a tick."""
        world = self.world
        self._tick_gap_us = world.now_us - world.last_tick_us
        world.note_tick()
        world.in_tick = True
        world.spikes = world.spoilt_bursts = 0
        self._good_look = self._beaten = self._opened = False
        self._pin_before = self.power.pin
        self._ticks_before = self.tick.ticks

    def tick_ends(self):
        """After a tick."""
        world, tick, pin = self.world, self.tick, self.power.pin
        world.in_tick = False
        failed = tick.ticks == self._ticks_before
        self._owed |= tick.faults
        if self._opened:
            world.log("opened, faults %s", faults.names(tick.faults))
        if failed:
            self._owed |= faults.TICK_FAILED
            world.count("ticks failed")
        if pin != tick.contactor.commanded:
            world.violate("coil pin %s, commanded %s", pin, tick.contactor.commanded)
        if pin:
            if failed:
                world.violate("closed after a failed tick")
            elif tick.faults:
                world.violate("closed with %s", faults.names(tick.faults))
            elif not self._good_look:
                world.violate("closed without a pilot that allows it")
            elif self._pin_before and self._tick_gap_us > _LATE_GAP_US:
                world.violate("closed after a gap of %d us between ticks", self._tick_gap_us)
            elif self._pin_before and self._must_open:
                world.violate("still closed with %s", faults.names(self._must_open))
            else:
                self._overdue()
        else:
            self._must_open = 0
            if self._beaten:
                world.violate("dead-man fed in a tick that left the coil off")
            if self._opened:
                self._judge_opening(failed)

    def loop_begins(self):
        """Before a step of the control loop."""
        world = self.world
        world.note_loop()
        world.in_loop = True
        self._owed_before, self._owed = self._owed, 0
        if self.power.coil and world.now_us - world.last_tick_us > RELEASE_US:
            world.violate("coil on %d us after the last tick", world.now_us - world.last_tick_us)

    def loop_ends(self):
        """After a step of the control loop."""
        world, loop, line, site = self.world, self.loop, self.line, self.site
        world.in_loop = False
        active = loop.faults.active
        lost = (self._owed_before | loop.causes) & ~active
        if self.site.mains_monitor:
            # One name for one cause: without mains there is no supply for coil and monitor
            lost &= ~_FOLLOWS_MAINS
        if lost:
            world.violate("%s seen or told and forgotten", faults.names(lost))
        if active >> len(faults.TABLE):
            world.violate("active %x has a bit without a row", active)
        self._must_open = active & faults.TRIPS
        self._lock_out()
        if active & _RESET_TRIPS and line.drive != DRIVE_NEGATIVE:
            world.violate("%s without state F", faults.names(active & _RESET_TRIPS))
        world.cause("stop", active & faults.STOPS, self._profile.stop_wait_ms + 60, by_loop=True)
        # A tick that interrupts the next step still acts on this one
        site.was_ready = site.is_ready()
        world.cause("not ready", not site.was_ready, self._profile.stop_wait_ms + 60, by_loop=True)
        self._judge_duty()
        site.load.follow_offer()
        if site.phase_contactor:
            nobody = line.drive != DRIVE_NEGATIVE and self.tick.pilot.state == A
            site.phase_contactor.note(self.power.pin or self.power.closed, nobody)

    def _judge_opening(self, failed):
        world = self.world
        if failed or self._demanded:
            return
        waited_us = world.now_us - self._positive_us
        unclear = world.now_us - self._unclear_us < _QUIET_US
        found = self.openings.needless(
            self.loop.faults.active, self.tick.faults, unclear or not self._good_look, waited_us
        )
        if found:
            world.violate(found)

    def _interrupted_ms(self):
        if self.line.drive != DRIVE_NEGATIVE:
            return 0
        return (self.world.now_us - self._negative_us) // 1000

    def _lock_out(self):
        # A weld that is no spike stays locked out until somebody unlocks it
        world, tick = self.world, self.tick
        if not tick.faults & faults.CONTACTOR_WELDED:
            self._welded_us = None
        elif self._welded_us is None:
            self._welded_us = world.now_us
        elif world.now_us - self._welded_us > _WELD_US:
            self.locked_out = faults.CONTACTOR_WELDED

    def _judge_duty(self):
        line = self.line
        if line.drive != DRIVE_PWM:
            self._pausing = False
            return
        most_a10 = self.site.least_a10()
        if read_by_vehicle_ma(line.duty_bp) <= most_a10 * 100:
            self._pausing = False
        elif most_a10 == 0 and not self._pausing:
            # The state table takes one step after the other: from x2 to B2, then to B1
            self._pausing = True
        else:
            self.world.violate("duty %d bp above the limit of %d", line.duty_bp, most_a10)

    def _overdue(self):
        late = self.world.overdue()
        if late:
            self.world.violate("closed in spite of " + late)
