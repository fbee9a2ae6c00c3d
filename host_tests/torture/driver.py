"""The driver: plugs in, starts by the platform or at the pile, lets it charge, stops in one of many ways, leaves.

A driver never leaves a vehicle behind: whatever failed, the plug is pulled in the end.
"""

CONNECTOR = "31010100010101"
_TRIES = 6


class Driver:
    """`charge()` is one visit."""

    def __init__(self, bench):
        self.visits = 0
        self._bench = bench
        self._random = bench.random

    async def charge(self):
        """From plug to plug."""
        bench, chance = self._bench, self._random
        vehicle = bench.pile.vehicle
        self.visits += 1
        vehicle.power_w = chance.randrange(20000, 41000)
        vehicle.stubborn = chance.random() < 0.3
        vehicle.plugged = vehicle.hungry = True
        bench.say("driver: plugs in, %d W" % vehicle.power_w)
        await bench.wait(chance.uniform(0.5, 3))
        ref = await (self._order() if chance.random() < 0.75 else self._start_here())
        if ref is not None:
            await bench.wait(chance.uniform(8, 45))
            await self._end(ref)
        await bench.wait(chance.uniform(0.1, 4))
        vehicle.unplug()
        bench.say("driver: unplugs")
        await bench.wait(chance.uniform(3, 10))

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
            station = bench.pile.station
            if station is not None and station.authorize_local(ref="") == "":
                return ""
            await bench.wait(2)
        return None

    async def _end(self, ref):
        bench, chance = self._bench, self._random
        way = chance.choice(("remote", "remote", "here", "unplug", "full"))
        bench.say("driver: ends by %s" % way)
        if way == "remote" and ref:
            for _ in range(_TRIES):
                if await bench.platform.stop(ref, CONNECTOR):
                    break
                await bench.wait(chance.uniform(0.5, 3))
        elif way == "here" and bench.pile.station is not None:
            bench.pile.station.stop_local()
        elif way == "full":
            bench.pile.vehicle.hungry = False
