"""The world's words while the firmware has the program: carried out between its steps, as callbacks."""

from pilesim import scenario

# Under the name that the pile's programs import it by
_STATION = "evse.app.station"


def _once():
    yield


class _Runner(scenario.Runner):
    """A Runner without asyncio: its pauses last until it is asked again."""

    async def pause(self, ms):
        """Until the next step of its coroutine."""
        await _once()


class Words:
    """Words of the supervisor, one line after the other; `say(event, text)` tells of them."""

    def __init__(self, world, line, say):
        self._line = line
        self._say = say
        self._runner = _Runner(world, ())
        self._clock = world.clock
        self._running = None
        self._event = world.clock.event(self._due)
        self._due(world.clock.now_us)

    def found(self, station):
        """The firmware has made its station: authorize, stop, wait and others are for it."""
        self._runner.station = station

    def carry_out_now(self, text):
        """Words that need neither time nor a station, without telling of them."""
        for step in scenario.parse(text):
            try:
                self._runner.carry_out(step).send(None)
            except StopIteration:
                pass

    def _due(self, now_us):
        # A word may let time pass, which only a callback may
        self._event.at(now_us + scenario.POLL_MS * 1000)
        self._clock.schedule(self._step, None)

    def _step(self, _argument):
        if self._running is None:
            text = self._line.poll()
            if text is None:
                return
            self._begin(text)
        self._go_on()
        if self._running is None:
            self._line.send("=done")

    def _begin(self, text):
        self._running = self._carry_out(text)

    async def _carry_out(self, text):
        for step in scenario.parse(text):
            self._say("step", " ".join(text.split()))
            await self._runner.carry_out(step)

    def _go_on(self):
        try:
            self._running.send(None)
        except StopIteration:
            self._running = None
        except scenario.ScenarioError as error:
            self._running = None
            self._say("error", str(error))
        if self._runner.quit:
            self._line.send("=quit")


def watch_for_station(builtins, found):
    """Call found(station) for every Station that is made after its class has been imported; the old import."""
    load = builtins.__import__

    def watch(*arguments):
        module = load(*arguments)
        if arguments[0] == _STATION:
            builtins.__import__ = load
            # A build deletes its modules when they are imported, and the class need not be from there
            station = module.Station
            make = station.__init__

            def made(self, *values, **words):
                make(self, *values, **words)
                found(self)

            station.__init__ = made
        return module

    builtins.__import__ = watch
    return load
