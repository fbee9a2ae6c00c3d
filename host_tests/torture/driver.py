"""The driver: plugs in, starts by a platform, a card or at the pile, lets it charge, stops in one of many ways, leaves.

A driver never leaves a vehicle behind: whatever failed, the plug is pulled in the end.
"""

CONNECTOR = "31010100010101"
_TRIES = 6
_SHOWN_S = 1.5
# A reference with it is the token of a card or of a remote start, not the platform's
_TOKEN = "04"


class Driver:
    """`charge()` is one visit, `visit()` one without whims."""

    def __init__(self, bench):
        self.visits = 0
        self._bench = bench
        self._random = bench.random
        self._starts = ((self._order, self._start_here), (3, 1))
        if bench.centrals:
            ways = (self._order, self._start_here, self._remote_start, self._show_card)
            self._starts = (ways, (4, 1, 4, 3))

    async def charge(self):
        """From plug to plug, however it comes."""
        chance = self._random
        await self._plug(chance.uniform(0.5, 3))
        ref = await chance.choices(*self._starts)[0]()
        if ref is not None:
            if self._bench.centrals and chance.random() < 0.15:
                self._intrude()
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

    async def visit_of_central(self, seconds):
        """The same, ordered and stopped by the central system."""
        await self._plug(4)
        token = await self._remote_start()
        if token is not None:
            await self._bench.wait(seconds)
            await self._stop(token)
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

    def _token(self):
        return _TOKEN + "%012X" % self._random.getrandbits(48)

    async def _remote_start(self):
        """As _order, by the central system; the token stands for the reference."""
        bench, chance = self._bench, self._random
        central, token = bench.centrals[0], self._token()
        for _ in range(_TRIES):
            if await central.start(token):
                return token
            await bench.wait(chance.uniform(1, 5))
        return None

    async def _show_card(self):
        token = self._token()
        for _ in range(_TRIES):
            await self._present(token)
            await self._bench.wait(self._random.uniform(3, 12))
            tx = self._bench.pile.transaction
            if tx is not None:
                return token if tx.ref == token else ""
        return None

    async def _present(self, token):
        reader = self._bench.pile.place.reader
        self._bench.say("driver: shows card %s" % token)
        self._bench.shown.add(token)
        reader.present(bytes.fromhex(token))
        await self._bench.wait(_SHOWN_S)
        reader.remove()

    def _intrude(self):
        """Somebody else wants the same connector meanwhile, by either of two platforms."""
        bench, chance = self._bench, self._random
        if chance.random() < 0.5:
            start = bench.centrals[0].start(self._token())
        else:
            start = bench.platform.start(bench.platform.new_reference(), CONNECTOR)
        bench.side(start, chance.uniform(1, 20))

    async def _stop(self, ref):
        central = ref.startswith(_TOKEN)
        for _ in range(_TRIES):
            if central and self._random.random() < 0.3 and ref in self._bench.shown:
                # The same card ends it, if it still runs; another charge it would begin
                if self._bench.pile.transaction is not None:
                    await self._present(ref)
                return
            stop = self._bench.centrals[0].stop(ref) if central else self._order_stop(ref)
            if await stop:
                return
            await self._bench.wait(self._random.uniform(0.5, 3))

    def _order_stop(self, ref):
        return self._bench.platform.stop(ref, CONNECTOR)

    async def _end(self, ref, way):
        bench = self._bench
        bench.say("driver: ends by %s" % way)
        if way == "remote" and ref:
            await self._stop(ref)
        elif way == "here":
            bench.pile.stop_here()
        elif way == "full":
            bench.pile.vehicle.fill()
