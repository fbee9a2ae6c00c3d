"""One random walk: lives of random devices, ticks and loop steps in the order that one interpreter gives them."""

import contextlib
import sys

from evse.core import charging, faults, pilot_profiles
from pilesim import host
from pilesim.world import World as SimulatedWorld

from . import world as model
from .actors import Actors
from .breakages import KINDS
from .chaos import AIMS, NEEDS, Chaos
from .checks import Checks
from .device import choose_device
from .site import Site
from .world import LOOP_US, TICK_US, World

with host.installed(SimulatedWorld(1)):
    # For the import only: the walk gives the tick its own clock
    from evse.app.connector_loop import build_loop
    from evse.control import safety_tick

# What one process walks at a stretch: a violation within it shows again with its own seed and steps
STEPS_PER_WALK = 200000
_LIFE_MS = 90000
# One step in so many is interrupted by a tick at a line of it
_PREEMPTED = 250
# What a broken part raises; any other error in a tick is a mistake, in the firmware or in these checks
_BROKEN_PART = (OSError, RuntimeError)
_LINES = 130


class ViolationError(Exception):
    """Something happened that must never; the text says what, when and how to see it again."""


class Walk:
    """Determined by its seed; `counters` tell what it has met."""

    def __init__(self, seed):
        self.world = World(seed)
        self.counters = self.world.counters
        self._kinds = []
        self._aims = {}
        self._device = None
        self._stored = 0  # lock-outs on file, as the firmware has it
        self._locked_out = 0  # as it is
        self._dt_rest_us = 0

    def run(self, steps):
        """Walk for so many ticks; ViolationError when something must not have happened."""
        world = self.world
        with clock_of(world):
            while world.ticks < steps:
                self._begin_life()
                self._live(steps)
        return self.counters

    # Lives

    def _begin_life(self):
        world = self.world
        random = world.random
        kind = self._choose_kind()
        world.forget_events()
        # A while without power
        world.advance(world.now_us + random.randrange(5000))
        if self._is_another(kind):
            self._device = choose_device(random, kind)
            self._stored = self._locked_out = 0
        site, actors = self._power_up(self._device)
        self._chaos = Chaos(actors)
        vehicle = random.choice((0, 0, 0, 1, 2))
        if vehicle and site.proximity:
            site.proximity.plug(at_once=True)
        site.line.change(vehicle=vehicle)
        if site.lock:
            site.lock.change(home=random.random() < 0.3)
        world.log("life: %s, %s", kind, self._device)
        world.count("lives")
        for actor in (actors.driver(), actors.session(), actors.interpreter()):
            world.spawn(actor)
        world.spawn(self._chaos.life(kind))

    def _power_up(self, device):
        world = self.world
        profile = pilot_profiles.load(device["settings"]["profile"])
        site = Site(world, profile, device)
        checks = Checks(world, site, profile)
        site.judge_by(checks)
        loop = build_loop(site.board(), device["settings"], site.permit, self._stored)
        site.loop = checks.loop = loop
        checks.tick = loop.tick
        checks.locked_out = self._locked_out
        site.line.ventilated = device["settings"]["ventilated"]
        loop.tick._last_us = world.ticks_us()
        world.power_up()
        self.checks, self.site, self.loop = checks, site, loop
        self._actors = Actors(world, site, loop)
        self._state = None
        self._end_us = world.now_us + _LIFE_MS * 1000
        site.line.change(vehicle=0)
        site.power.change()
        site.load.set()
        world.spawn(site.load.metering())
        return site, self._actors

    def _choose_kind(self):
        # Each in turn, and again those that have not brought their fault about
        random = self.world.random
        if not self._kinds:
            self._kinds = list(KINDS)
            random.shuffle(self._kinds)
            self._aims = AIMS if self.counters else {}
        missed = [
            kind for kind, name in self._aims.items() if "fault " + name not in self.counters
        ]
        if missed and random.random() < 0.4:
            return random.choice(missed)
        return self._kinds.pop()

    def _is_another(self, kind):
        device = self._device
        if device is None or kind in NEEDS or device["missing"]:
            return True
        return self.world.random.random() < (0.1 if self._locked_out else 0.6)

    # Time of one life

    def _live(self, steps):
        world = self.world
        tick_us = world.now_us + world.random.randrange(TICK_US)
        loop_us = world.now_us + world.random.randrange(LOOP_US)
        while not self._chaos.over and world.ticks < steps and world.now_us < self._end_us:
            due_us = min(tick_us, loop_us)
            world.advance(max(due_us, world.busy_until_us, world.now_us))
            if world.busy_until_us > world.now_us:
                continue
            if tick_us <= loop_us:
                if world.timer_off_until_us <= world.now_us:
                    self._tick()
                # The timer keeps its grid, what it missed is one call
                missed = max(0, world.now_us - tick_us) // TICK_US
                tick_us += (missed + 1) * TICK_US
            elif world.loop_off_until_us > world.now_us:
                loop_us = world.loop_off_until_us
            else:
                self._loop_step()
                loop_us = world.now_us + LOOP_US
            self._raise_violation()

    def _raise_violation(self):
        if self.world.violation:
            raise ViolationError(self._report())

    def _tick(self):
        checks = self.checks
        self.world.ticks += 1
        checks.tick_begins()
        tick = self.loop.tick
        tick.run()
        if tick.error is not None and not isinstance(tick.error, _BROKEN_PART):
            raise tick.error
        checks.tick_ends()

    def _loop_step(self):
        world, loop, checks = self.world, self.loop, self.checks
        inbox, world.inbox = world.inbox, []
        for action in inbox:
            action()
        elapsed_us = world.now_us - world.last_loop_us + self._dt_rest_us
        dt_ms = elapsed_us // 1000
        self._dt_rest_us = elapsed_us - dt_ms * 1000
        checks.loop_begins()
        if world.random.randrange(_PREEMPTED):
            raised, _cleared = loop.step(dt_ms)
        else:
            raised, _cleared = self._preempted(loop.step, dt_ms)
        checks.loop_ends()
        self._stored, self._locked_out = loop.faults.lockouts, checks.locked_out
        if raised:
            for name in faults.names(raised):
                world.count("fault " + name)
                world.log("fault %s", name)
        if loop.machine.state != self._state:
            self._state = loop.machine.state
            world.count("state " + charging.NAMES[self._state])
            world.log("state %s", charging.NAMES[self._state])
        self._follow_session()

    def _follow_session(self):
        # As the session does: a fault that ends a transaction ends it, and so does the driver
        loop, actors = self.loop, self._actors
        over = loop.faults.ending or not loop.vehicle_present
        if over and loop.wants_energy and not actors.stubborn:
            actors.want(False)
        if not loop.wants_energy and loop.unplugged and loop.register.implausible:
            loop.register.restart()

    def _preempted(self, step, dt_ms):
        # The timer's callback runs between any two lines of the step
        left = self.world.random.randrange(1, _LINES)

        def trace(_frame, event, _argument):
            nonlocal left
            if event == "line" and left > 0:
                left -= 1
                if not left:
                    sys.settrace(None)
                    self.world.count("steps interrupted")
                    self._tick()
            return trace if left > 0 else None

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return step(dt_ms)
        finally:
            sys.settrace(before)

    def _report(self):
        world = self.world
        lines = [
            "seed %d, tick %d, %.3f ms: %s"
            % (world.seed, world.ticks, world.now_us / 1000, world.violation)
        ]
        for at_us, text, values in world.events:
            lines.append("%14.3f ms  %s" % (at_us / 1000, text % values if values else text))
        lines.append("again: make properties SEED=%d STEPS=%d" % (world.seed, world.ticks + 1))
        return "\n".join(lines)


@contextlib.contextmanager
def clock_of(world):
    """The tick reads the clock of this world."""
    before = safety_tick.ticks_us, safety_tick.ticks_diff
    safety_tick.ticks_us, safety_tick.ticks_diff = world.ticks_us, model.ticks_diff
    try:
        yield
    finally:
        safety_tick.ticks_us, safety_tick.ticks_diff = before
