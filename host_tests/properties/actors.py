"""Who acts in a walk: the driver with the vehicle, the session and the operator, the interpreter's delays."""

from evse.control.stall_permit import StallRefusedError
from evse.core import faults, limits
from evse.core.pilot import DRIVE_PWM
from evse.core.pilot_profiles import A, B, C, D

from .world import TICK_US

_CURRENTS_A10 = (60, 61, 100, 160, 250, 320, 509, 510, 511, 524, 525, 630, 700, 799, 10000)
_PAUSES_A10 = (0, 59)
SLOTS = (limits.SUPPLY, limits.SCHEDULE, limits.PLATFORM, limits.SITE, limits.TECHNICIAN)
_TOLD = (
    faults.SETTINGS_INVALID,
    faults.CLOCK_UNKNOWN,
    faults.JOURNAL_FULL,
    faults.TASK_FAILED,
    faults.JOURNAL_FAILED,
    faults.JOURNAL_DAMAGED,
    faults.KEY_MISSING,
    faults.READER_FAILED,
)


class Actors:
    """Generators that yield how many ms they wait; all of one life."""

    def __init__(self, world, site, loop):
        self.world = world
        self.site = site
        self.loop = loop
        self.mood = world.random.choice((30, 300, 3000))  # mean ms between two disturbances
        self.stubborn = world.random.random() < 0.3  # wants energy whatever happens
        self.calm = False  # vehicle and session stay as they are
        self.sleepy = False  # closes S2 only after the pilot has left its PWM once
        self._woken = False

    def driver(self):
        """Plugs, closes and opens S2, asks for ventilation, unplugs; mostly obeys a stop."""
        random, line = self.world.random, self.site.line
        obedience = random.choice((0.0, 0.05, 0.5))
        while True:
            yield random.uniform(30, 150)
            chance = random.random()
            pwm = line.drive == DRIVE_PWM
            if self.calm:
                continue
            if line.vehicle == A:
                if chance < 0.3 and (self.site.proximity is None or self.site.proximity.is_free()):
                    self.show(C if chance < 0.02 else B)
            elif line.vehicle == B:
                self._with_s2_open(chance, pwm)
            elif not pwm and chance < obedience:
                self.show(B)
            else:
                self._with_s2_closed(chance)

    def _with_s2_open(self, chance, pwm):
        asleep = self.sleepy and not self._woken
        self._woken |= asleep and self.site.line.drive != DRIVE_PWM and self.loop.wants_energy
        if pwm and chance < 0.25 and not asleep:
            self.show(self._energy_state())
        elif chance > 0.998:
            self.show(C)
        elif chance > 0.996:
            self.unplug()

    def _with_s2_closed(self, chance):
        random, line = self.world.random, self.site.line
        if chance > 0.997:
            self.show(B)
        elif chance > 0.993:
            self.unplug()
        elif chance > 0.99:
            self.show(self._energy_state())
        elif chance > 0.97:
            self.show(line.vehicle)
        elif chance > 0.965 and line.odd_mv is None:
            self.world.log("odd level")
            line.change(odd_mv=random.randint(-1500, 12500))
            self.world.after_ms(
                random.choice((1, 6, 12, 50, 700)), lambda: line.change(odd_mv=None)
            )

    def _energy_state(self):
        line = self.site.line
        if self.world.random.random() < 0.2 and D in line.ranges.windows:
            return D
        return C

    def show(self, state):
        """The vehicle shows another state."""
        self.world.log("vehicle shows %s", "ABCDE"[state])
        self.site.line.change(vehicle=state)
        if state != A and self.site.proximity:
            self.site.proximity.plug()

    def unplug(self):
        """Pull the plug, if the lock lets it go."""
        if self.site.lock is None or not self.site.lock.home:
            self._woken = False
            self.show(A)
            if self.site.proximity:
                self.site.proximity.pull()

    def session(self):
        """Wants energy, sets limits, resets, unlocks, takes the connector out of service, holds the permit."""
        random, world, loop = self.world.random, self.world, self.loop
        while True:
            yield random.uniform(50, 200)
            chance = random.random()
            if self.calm:
                continue
            if not loop.wants_energy and self.site.line.vehicle != A and chance < 0.4:
                self.ask(lambda: self.want(True))
            elif chance < 0.005:
                self.ask(lambda: self.want(False))
            elif chance < 0.06:
                self.ask(self._limit)
            elif chance < 0.064:
                self.ask(lambda: self._serve(False))
                world.after_ms(random.uniform(20, 2000), lambda: self.ask(self._serve))
            elif chance < 0.07:
                self.ask(self.reset)
            elif chance < 0.074:
                self.ask(self.unlock)
            elif chance < 0.10:
                self.ask(self.hold_permit)
            elif chance < 0.105:
                self.ask(lambda: setattr(loop, "causes", random.choice((0, *_TOLD))))
            elif chance < 0.107 and self.site.phase_contactor:
                self.ask(lambda: self.wish(random.choice((1, 3))))

    def ask(self, action):
        """Have something done between two steps of the control loop, as commands are."""
        self.world.inbox.append(action)

    def want(self, wants):
        """What the session tells the control loop."""
        if wants != self.loop.wants_energy:
            self.world.log("wants energy %s", wants)
            self.loop.wants_energy = wants

    def wish(self, phases):
        """How many phases a command asks for."""
        self.world.log("wish for %d phases", phases)
        self.loop.protection.phases.wish = phases

    def reset(self):
        """A reset at the pile."""
        self.world.log("reset %s", faults.names(self.loop.reset_faults()))

    def unlock(self):
        """A technician ends lock-outs."""
        cleared = self.loop.unlock()
        if cleared:
            self.world.log("unlock %s", faults.names(cleared))
        self.loop_checks().locked_out &= ~cleared

    def loop_checks(self):
        """The judge, who keeps his own account of lock-outs."""
        return self.site.line.checks

    def hold_permit(self, hold_ms=None):
        """Ask to hold the interpreter."""
        site, world = self.site, self.world
        if site.held:
            return
        try:
            site.held = site.permit.hold("walk")
        except StallRefusedError:
            world.count("permits refused")
            return
        world.count("permits held")
        world.log("permit held")
        if site.power.pin:
            world.violate("a stall permit was given while the coil was on")
        world.after_ms(hold_ms or world.random.uniform(5, 300), self._release_permit)
        if world.random.random() < 0.5:
            self.stall(world.random.uniform(5, 900))

    def _release_permit(self):
        held, self.site.held = self.site.held, None
        if held:
            held.__exit__(None, None, None)

    def _serve(self, serves=True):
        self.world.log("in service %s", serves)
        self.loop.in_service = serves

    def _limit(self):
        random, site = self.world.random, self.site
        slot = random.choice(SLOTS)
        if random.random() < 0.08:
            a10 = random.choice(_PAUSES_A10)
            site.set_limit(slot, a10, random.randint(1, 3000), random.choice(_CURRENTS_A10))
        elif random.random() < 0.5:
            a10 = random.choice(_CURRENTS_A10)
            site.set_limit(slot, a10, random.randint(1, 6000), random.choice(_CURRENTS_A10))
        else:
            a10 = random.choice(_CURRENTS_A10)
            site.set_limit(slot, a10)
        self.world.log("limit %s %d", limits.NAMES[slot], a10)

    def interpreter(self):
        """Allowed stalls, spikes and noise, at a pace that the mood sets."""
        random, site = self.world.random, self.site
        while True:
            yield random.expovariate(1 / self.mood)
            chance = random.random()
            if chance < 0.6:
                # One after the other: together they would be more than is allowed
                if self.world.now_us > self.world.busy_until_us + TICK_US:
                    self.stall(random.uniform(0.1, 28))
            elif chance < 0.7:
                self.world.loop_off_until_us = self.world.now_us + random.randint(1000, 200000)
            elif chance < 0.8:
                site.line.spike = 1
            elif chance < 0.85:
                site.power.spike = 1
            elif chance < 0.95:
                random.choice(self._inputs()).spike = 1
            else:
                site.line.noise_until_us = self.world.now_us + random.randint(1000, 60000)

    def _inputs(self):
        site = self.site
        parts = (site.emergency_stop, site.pe_monitor, site.mains_monitor, site.residual_current)
        return [part for part in (*parts, site.proximity) if part]

    def stall(self, ms):
        """The interpreter is held."""
        world = self.world
        if ms > 20:
            world.log("stall of %.1f ms", ms)
        world.busy_until_us = max(world.busy_until_us, world.now_us + int(ms * 1000))
