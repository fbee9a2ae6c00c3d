"""One moment: something happens at an exact random microsecond, and what the pile does is measured."""

import asyncio

from evse.core import faults

# The tick's period four times over: every phase of tick, PWM period and control loop
PHASE_US = 20_000
# What a design rule allows while energised, back to back: collection, one C call, one page program
_COLLECT_US = 10_000
STALL_US = _COLLECT_US + 10_000 + 3_000
_COLLECT_APART_US = 1_000_000


class Moment:
    """Handed to a row's story inside a forked child. `wrong` collects what must not be.

    `complete` ones of a fault also wait for its name and the main contacts, `thorough` ones for the light.
    """

    def __init__(self, r, rng, complete=True, thorough=True):
        self.r = r
        self.rng = rng
        self.complete = complete
        self.thorough = thorough
        self.world = r.world
        self.station = r.station
        self.loop = r.station.loop
        self.event_us = None
        self.wrong = []
        self._told_from = len(r.lines)

    @property
    def now_us(self):
        """Virtual time."""
        return self.world.clock.now_us

    def require(self, condition, text):
        """Note `text` as wrong unless the condition holds."""
        if not condition:
            self.wrong.append(text)

    # Making things happen

    def at(self, at_us, action):
        """Call `action()` at an exact microsecond of the world."""
        event = self.world.clock.event(lambda _now_us: action())
        event.at(at_us)

    def arm(self, action):
        """Let `action(moment)` happen at a random microsecond of the next 20 ms; returns that time."""
        at_us = self.now_us + 1 + self.rng.randrange(PHASE_US)

        def happen():
            self.event_us = self.world.clock.now_us
            action(self)

        self.at(at_us, happen)
        return at_us

    def stall(self, at_us, us):
        """Hold the interpreter from `at_us` on: no callback runs, the world goes on."""
        clock = self.world.clock
        self.at(at_us, lambda: clock.schedule(clock.freeze, us))

    def stall_around(self, at_us):
        """Every allowed stall, back to back, beginning up to 25 ms before the event or 7 ms after."""
        begin_us = at_us + self.rng.randrange(-STALL_US - 2000, 7000)
        self.stall(max(begin_us, self.now_us + 1), STALL_US)

    def stall_now_and_then(self):
        """A collection at random times from now on, as a pile does that charges for hours."""

        def hold():
            self.stall(self.now_us + 1, _COLLECT_US)
            self.at(self.now_us + self.rng.randrange(_COLLECT_APART_US), hold)

        hold()

    async def do(self, action):
        """Call `action(moment)` as the firmware's own task would, at a random time of the next 20 ms."""
        await asyncio.sleep((1 + self.rng.randrange(PHASE_US)) / 1_000_000)
        self.event_us = self.now_us
        return action(self)

    # Letting time pass

    async def run(self, ms):
        """Let virtual time pass."""
        await asyncio.sleep(ms / 1000)

    async def until(self, condition, within_ms):
        """Wait for a condition; False when it does not come."""
        end_us = self.now_us + within_ms * 1000
        step_s = 0.002 if within_ms <= 1000 else 0.02
        while not condition():
            if self.now_us >= end_us:
                return False
            await asyncio.sleep(step_s)
        return True

    # Looking

    def watch(self, condition, every_us=100):
        """A list that gets the time at which `condition()` first holds, looked at every `every_us`."""
        clock = self.world.clock
        found = []

        def look(now_us):
            if condition():
                found.append(now_us)
            else:
                event.at(now_us + every_us)

        event = clock.event(look)
        event.at(clock.now_us + 1)
        return found

    def since_event(self, at_us):
        """Microseconds from the event to `at_us`; None when it was earlier or there was no event."""
        if self.event_us is None or at_us is None or at_us < self.event_us:
            return None
        return at_us - self.event_us

    @property
    def open_command_us(self):
        """From the event to the coil's switch-off by the firmware, None when it did not come."""
        contactor = self.world.contactor
        return None if contactor.relay else self.since_event(contactor.last_open_command_us)

    @property
    def contacts_us(self):
        """From the event to the opening of the main contacts, None when they did not open."""
        contactor = self.world.contactor
        return None if contactor.closed else self.since_event(contactor.main_opened_us)

    def told(self, name):
        """True when the console has told fault `name` since the child began; its sentence may follow later."""
        line = "fault %s" % name
        return any(text == line for _us, text in self.r.lines[self._told_from :])

    def names(self):
        """Names of the faults that are active."""
        return faults.names(self.loop.faults.active)
