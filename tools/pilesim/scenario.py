"""Carries the words of a scenario out on a world and a station, on both interpreters."""

import asyncio

from evse.core.messages import STATUSES
from pilesim.scenario_words import ScenarioError, parse

__all__ = ("Runner", "ScenarioError", "parse")

POLL_MS = 20
DEFAULT_LIMIT_MS = 60_000
_STATION_WORDS = ("authorize", "stop", "reset", "unlock")


class Runner:
    """Carries steps out on a world and a station, and can go on after a chip reset where it stood."""

    def __init__(self, world, steps, station=None, limit_ms=DEFAULT_LIMIT_MS, on_step=None):
        self.world = world
        self.station = station
        self.limit_ms = limit_ms
        self.position = 0
        self.quit = False
        self._steps = steps
        self._on_step = on_step

    async def run(self):
        """Carry out what is left; True when `quit` was among it."""
        while self.position < len(self._steps) and not self.quit:
            step = self._steps[self.position]
            # Counted before it is done: after a reset a freeze is not done twice, a wait is
            if step.word != "wait":
                self.position += 1
            await self.carry_out(step)
            if step.word == "wait":
                self.position += 1
        return self.quit

    async def carry_out(self, step):
        """Do one step; raises ScenarioError when a check fails or a wait times out."""
        if self._on_step is not None:
            self._on_step(step)
        word = step.word
        if word == "run":
            await self._run(step.arguments[0])
        elif word == "wait":
            await self._wait(step)
        elif word == "expect":
            self._expect(step)
        elif word == "quit":
            self.quit = True
        elif word == "repeat":
            self.position = 0
            # A scenario that takes no time would otherwise never let anything else run
            await asyncio.sleep_ms(POLL_MS)
        elif word in _STATION_WORDS:
            self._command_station(step)
        else:
            _WORLD_WORDS[word](self.world, *step.arguments)

    async def _run(self, us):
        until_us = self.world.clock.now_us + us
        while True:
            left_us = until_us - self.world.clock.now_us
            if left_us <= 0:
                return
            await asyncio.sleep_ms(min(1000, (left_us + 999) // 1000))

    async def _wait(self, step):
        wanted, limit_us = step.arguments
        clock = self.world.clock
        until_us = clock.now_us + (self.limit_ms * 1000 if limit_us is None else limit_us)
        while not self._is(step, wanted):
            if clock.now_us >= until_us:
                raise step.error("timed out waiting for %s, %s" % (wanted, self._situation()))
            await asyncio.sleep_ms(POLL_MS)

    def _is(self, step, wanted):
        station = self._need_station(step)
        if wanted in STATUSES:
            return station.connector_status(1) == wanted
        return station.cp_state(1) == wanted

    def _expect(self, step):
        what, wanted = step.arguments
        if what == "contactor":
            met = self.world.contactor.closed == (wanted == "closed")
        elif what == "s2":
            met = self.world.vehicle.s2_closed == (wanted == "closed")
        else:
            met = self._is(step, wanted)
        if not met:
            raise step.error("expected %s, %s" % (wanted, self._situation()))

    def _situation(self):
        world = self.world
        text = "contactor is %s, s2 is %s" % (
            "closed" if world.contactor.closed else "open",
            "closed" if world.vehicle.s2_closed else "open",
        )
        if self.station is None:
            return text
        return "status is %s, cp is %s, %s" % (
            self.station.connector_status(1),
            self.station.cp_state(1),
            text,
        )

    def _need_station(self, step):
        if self.station is None:
            raise step.error("needs a station, and there is none")
        return self.station

    def _command_station(self, step):
        station = self._need_station(step)
        if step.word == "authorize":
            station.authorize_local(connector=1)
        elif step.word == "stop":
            station.stop_local(connector=1)
        elif step.word == "reset":
            station.reset_faults()
        else:
            station.unlock()


def _pilot_noise(world, amplitude_mv):
    """An amplitude, None the one that stands, 0 none."""
    if amplitude_mv:
        world.line.noise_mv = amplitude_mv
    world.set_fault("noise", amplitude_mv != 0)


def _flash(world, what, count, torn):
    if what == "rot":
        world.flash.rot(count)
    else:
        world.flash.cut_in(count, torn)


# Words that act on the world alone
_WORLD_WORDS = {
    "plug": lambda world: world.vehicle.plug(),
    "unplug": lambda world: world.vehicle.unplug(),
    "s2": lambda world, position: world.vehicle.force_s2(position),
    "need": lambda world, wh: world.vehicle.set_need_wh(wh),
    "vehicle": lambda world, mode: world.vehicle.set_mode(mode),
    "fault": lambda world, name, on: world.set_fault(name, on),
    "freeze": lambda world, us: world.freeze(us),
    "mains": lambda world, present: world.set_mains(present),
    "voltage": lambda world, millivolts: world.set_voltage(millivolts),
    "temperature": lambda world, c10: world.set_temperature(c10),
    "pilot": _pilot_noise,
    "flash": _flash,
}
