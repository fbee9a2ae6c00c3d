"""The driver: plugs in, starts by the platform or at the pile, lets it charge, stops in one of many ways, leaves.

A driver never leaves a vehicle behind: whatever failed, the plug is pulled in the end.
"""

CONNECTOR = "31010100010101"
_TRIES = 6


class Driver:
    """`charge()` is one visit, `visit()` one without whims."""

    def __init__(self, bench):
        self.visits = 0
        self._bench = bench
        self._random = bench.random

    async def charge(self):
        """From plug to plug, however it comes."""
        chance = self._random
        await self._plug(chance.uniform(0.5, 3))
        ref = await (self._order() if chance.random() < 0.75 else self._start_here())
        if ref is not None:
            await self._bench.wait(chance.uniform(8, 45))
            way = chance.choice(("remote", "remote", "here", "unplug", "full"))
            await self._end(ref, way)
        await self._leave(chance.uniform(0.1, 4))
        await self._bench.wait(chance.uniform(3, 10))

    async def visit(self, seconds):
        """A charge as it should be: ordered, so many seconds of it, stopped by the platform."""
        await self._plug(4)
        ref = await self._order()
        if ref is not None:
            await self._bench.wait(seconds)
            await self._end(ref, "remote")
        await self._leave(8)

    async def _plug(self, wait_s):
        self.visits += 1
        self._bench.say("driver: plugs in")
        self._bench.pile.vehicle.plug(self._random)
        await self._bench.wait(wait_s)

    async def _leave(self, after_s):
        await self._bench.wait(after_s)
        self._bench.say("driver: unplugs")
        self._bench.pile.vehicle.unplug()

    async def _order(self):
        """The reference that runs, None when nothing could be started."""
        bench, chance = self._bench, self._random
        platform = bench.platform
        ref = platform.new_reference()
        for _ in range(_TRIES):
            if chance.random() < 0.2:
                # The platform says it twice
                bench.side(platform.start(ref, CONNECTOR), chance.uniform(0, 12))
            accepted = await platform.start(ref, CONNECTOR)
            if accepted:
                return ref
            if accepted is False:
                ref = platform.new_reference()
            await bench.wait(chance.uniform(1, 5))
        return None

    async def _start_here(self):
        bench = self._bench
        for _ in range(_TRIES):
            if bench.pile.start_here():
                return ""
            await bench.wait(2)
        return None

    async def _end(self, ref, way):
        bench, chance = self._bench, self._random
        bench.say("driver: ends by %s" % way)
        if way == "remote" and ref:
            for _ in range(_TRIES):
                if await bench.platform.stop(ref, CONNECTOR):
                    break
                await bench.wait(chance.uniform(0.5, 3))
        elif way == "here":
            bench.pile.stop_here()
        elif way == "full":
            bench.pile.vehicle.fill()
