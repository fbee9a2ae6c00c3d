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
            await self.pause(POLL_MS)
        elif word in _STATION_WORDS:
            self._command_station(step)
        elif word in _OUTLET_WORDS:
            _OUTLET_WORDS[word](self._outlet(step), *step.arguments)
        elif word == "fault":
            self._fault(step)
        else:
            _WORLD_WORDS[word](self.world, *step.arguments)

    async def pause(self, ms):
        """Let `ms` pass, or less."""
        await asyncio.sleep_ms(ms)

    async def _run(self, us):
        until_us = self.world.clock.now_us + us
        while True:
            left_us = until_us - self.world.clock.now_us
            if left_us <= 0:
                return
            await self.pause(min(1000, (left_us + 999) // 1000))

    async def _wait(self, step):
        wanted, limit_us = step.arguments
        clock = self.world.clock
        until_us = clock.now_us + (self.limit_ms * 1000 if limit_us is None else limit_us)
        while not self._is(step, wanted):
            if clock.now_us >= until_us:
                raise step.error("timed out waiting for %s, %s" % (wanted, self._situation(step)))
            await self.pause(POLL_MS)

    def _is(self, step, wanted):
        station = self._need_station(step)
        if wanted in STATUSES:
            return station.connector_status(step.outlet) == wanted
        return station.cp_state(step.outlet) == wanted

    def _expect(self, step):
        what, wanted = step.arguments
        if what == "contactor":
            met = self._outlet(step).contactor.closed == (wanted == "closed")
        elif what == "s2":
            met = self._outlet(step).vehicle.s2_closed == (wanted == "closed")
        else:
            met = self._is(step, wanted)
        if not met:
            raise step.error("expected %s, %s" % (wanted, self._situation(step)))

    def _situation(self, step):
        outlet = self._outlet(step)
        text = "contactor is %s, s2 is %s" % (
            "closed" if outlet.contactor.closed else "open",
            "closed" if outlet.vehicle.s2_closed else "open",
        )
        if self.station is None:
            return text
        return "status is %s, cp is %s, %s" % (
            self.station.connector_status(step.outlet),
            self.station.cp_state(step.outlet),
            text,
        )

    def _outlet(self, step):
        try:
            return self.world.outlet(step.outlet)
        except ValueError as error:
            raise step.error(str(error))

    def _fault(self, step):
        name, on = step.arguments
        try:
            self.world.set_fault(name, on, step.outlet)
        except ValueError as error:
            raise step.error(str(error))

    def _need_station(self, step):
        if self.station is None:
            raise step.error("needs a station, and there is none")
        return self.station

    def _command_station(self, step):
        station = self._need_station(step)
        if step.word == "authorize":
            station.authorize_local(connector=step.outlet)
        elif step.word == "stop":
            station.stop_local(connector=step.outlet)
        elif step.word == "reset":
            station.reset_faults()
        elif step.outlet == 1:
            station.unlock()
        else:
            station.unlock(connector=step.outlet)


def _flash(world, what, count, torn):
    if what == "rot":
        world.flash.rot(count)
    else:
        world.flash.cut_in(count, torn)


# Words that act on one outlet
_OUTLET_WORDS = {
    "plug": lambda outlet: outlet.vehicle.plug(),
    "unplug": lambda outlet: outlet.vehicle.unplug(),
    "s2": lambda outlet, position: outlet.vehicle.force_s2(position),
    "need": lambda outlet, wh: outlet.vehicle.set_need_wh(wh),
    "vehicle": lambda outlet, mode: outlet.vehicle.set_mode(mode),
    "phases": lambda outlet, phases: outlet.vehicle.set_phases(phases),
    "temperature": lambda outlet, c10: outlet.set_temperature(c10),
    "pilot": lambda outlet, amplitude_mv: outlet.set_noise(amplitude_mv),
}
# Words that act on the world alone
_WORLD_WORDS = {
    "freeze": lambda world, us: world.freeze(us),
    "mains": lambda world, present: world.set_mains(present),
    "type": lambda world, data: world.serial.type(data),
    "voltage": lambda world, millivolts: world.set_voltage(millivolts),
    "flash": _flash,
}
