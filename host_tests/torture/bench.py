"""One run: everything put together, faults for a while, then calm until all is settled, then the books.

`Bench(seed).run()` gives a Result. Every random decision comes from one Random(seed), there is one event loop
and no thread, so that the same seed gives the same log.
"""

import asyncio
import contextlib
import os
import random
import tempfile
from collections import namedtuple
from pathlib import Path

from pilebridge import config
from pilebridge.platforms.ocpp import dialer

from . import books, central_faults, faults, fixed
from .bridge import Bridge
from .broker import Broker
from .central import Central
from .driver import Driver
from .network import Network
from .pile import Pile, witnessed
from .platform import Platform
from .settings import bridge_settings
from .weather import Weather

# Midnight in China of the day the runs begin in
_DAY_S = 1763568000
# Edges of the tariff's periods, so that some charges lie across one
_EDGES_S = (0, 8 * 3600, 22 * 3600)
VERSIONS = ("ocpp1.6", "ocpp2.0.1")
# Every so many runs have no central system
_ALONE = 8

Result = namedtuple("Result", "seed misses faults log figures")


class Bench:
    """`place(random)` makes the pile's place; `defect(bench)` gives rows for fixed.replaced(): code made wrong on purpose."""

    # Settings of the pile that a run draws from
    SAMPLES_S = (5, 7, 15, 60)
    WITH_CENTRAL = True
    # How long calm may take to settle everything
    SETTLE_S = 1300.0

    def __init__(self, seed, place, defect=None):
        self.seed = seed
        self.random = chance = random.Random(seed)
        self.place = place(chance)
        self.clock = self.place.clock
        self.processes = []
        self.log = []
        self.shown = set()  # cards
        self.stepped = False  # the bridge's clock was set
        self.kinds = faults.KINDS
        self.step_s = 0.0  # of the bridge's clock
        self.back_s = 0.0  # by which it was set back in all
        self.healing = False
        self.misses = None
        self._sides = set()
        self._defect = defect
        # Of OCPP, by turns, also among every so many runs
        self.version = VERSIONS[(seed + seed // 20) % 2]
        if not self.WITH_CENTRAL or seed % _ALONE == 0:
            self.version = ""
        if self.version:
            self.kinds += central_faults.KINDS
        self._began_s = _DAY_S + chance.choice(_EDGES_S) - chance.uniform(0, 600)

    def run(self):
        """Play it and compare the books."""
        here = os.getcwd()
        with tempfile.TemporaryDirectory(dir=_memory()) as folder:
            os.chdir(folder)
            try:
                with fixed.installed(self.clock, self.seed, self.wall_s, self.place.world):
                    self._build(folder)
                    rows = (
                        *witnessed(self),
                        (asyncio, "open_connection", self.network.open),
                        *((dialer, "connect", each.connect) for each in self.centrals),
                        *(self._defect(self) if self._defect else ()),
                    )
                    with fixed.replaced(*rows), fixed.logged(self.say):
                        counts = fixed.run(self._play(), self.processes)
                        return Result(
                            self.seed, self.misses, counts, self.log, books.figures(self)
                        )
            finally:
                os.chdir(here)

    def _build(self, folder):
        self.weather = Weather(self.random)
        self.broker = Broker(self.weather, self.say)
        self.network = Network(self.weather, self.broker.accept)
        self.pile = Pile(self)
        self.centrals = [Central(self, self.version)] if self.version else []
        settings = bridge_settings(self.version)
        self.bridge = Bridge(self, config.parse(settings, Path(folder)))
        self.platform = Platform(self.wall_s, self.bridge.transport, self.say)
        self.driver = Driver(self)

    @property
    def now_s(self):
        """Virtual seconds since the run began."""
        return self.clock.now_us / 1_000_000

    def wall_s(self):
        """UTC as the bridge's clock has it."""
        return self.true_s() + self.step_s

    def true_s(self):
        """UTC."""
        return self._began_s + self.now_s

    def step_clock(self, seconds):
        """Set the bridge's clock."""
        self.stepped = True
        self.step_s += seconds
        self.back_s += max(0.0, -seconds)

    def say(self, text):
        """One line of the run's log, until its books are compared."""
        if self.misses is None:
            self.log.append((self.clock.now_us, text))

    async def wait(self, seconds):
        """Let virtual time pass."""
        await asyncio.sleep(seconds)

    def side(self, work, after_s):
        """Run a coroutine beside the run, some time from now."""

        async def later():
            await asyncio.sleep(after_s)
            await work

        task = asyncio.create_task(later())
        self._sides.add(task)
        task.add_done_callback(self._sides.discard)

    def pile_died(self):
        """Its power comes back."""
        asyncio.get_running_loop().call_later(self._off_s(), self.pile.on)

    def central_died(self):
        """It is started again."""
        wait_s = 0.5 if self.healing else self.random.uniform(0.5, 15)
        asyncio.get_running_loop().call_later(wait_s, self.centrals[0].on)

    def bridge_died(self):
        """It is started again, and the other ends of its connections may learn of it."""
        for central in self.centrals:
            central.bridge_died(silently=self.random.random() < 0.3)
        wait_s = 0.5 if self.healing else self.random.uniform(0.5, 15)
        asyncio.get_running_loop().call_later(wait_s, self.bridge.on)

    def _off_s(self):
        chance = self.random
        roll = 0 if self.healing else chance.random()
        if roll < 0.75:
            return chance.uniform(0.3, 12)
        if roll < 0.97:
            return chance.uniform(12, 120)
        return chance.uniform(3600, 7200)

    async def _play(self):
        counts = await self._trouble()
        self.healing = True
        await self._heal()
        misses = books.compare(self) if await self._settled() else [self._unsettled()]
        for process in self.processes:
            misses += ["%s failed: %s" % (process.name, text) for text in process.failed[:3]]
        self.misses = misses
        return counts

    def power_on(self):
        """Bridge and pile start."""
        for central in self.centrals:
            central.on()
        self.bridge.on()
        self.pile.on()

    async def _trouble(self):
        """What happens before all is well; the faults by name."""
        self.power_on()
        await self.wait(self.random.uniform(3, 8))
        over = asyncio.Event()
        driving = asyncio.create_task(self._drive(over))
        counts = await faults.inflict(self)
        over.set()
        await driving
        return counts

    async def _drive(self, over):
        while not over.is_set():
            await self.driver.charge()

    async def _heal(self):
        """Everything is well from now on."""
        self.say("bench: heals")
        for task in list(self._sides):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.weather.calm()
        self.platform.mood = ""
        for central in self.centrals:
            central.calm()
        self.broker.start()
        self.pile.flash.heal()
        self.bridge.fuse.after(0)
        self.power_on()
        # A bridge that lost the pile's `online` only hears it again on a new connection
        self.network.reset()

    async def _settled(self):
        # What the bridge dated before its clock was set back may wait until that time has come again
        end_s = self.now_s + self.SETTLE_S + self.back_s
        often_s = self.now_s + 120
        while self.now_s < end_s:
            if books.settled(self):
                return True
            await self.wait(1 if self.now_s < often_s else 10)
        return False

    def _unsettled(self):
        return "not settled in time: %s" % books.waiting(self)


class AloneBench(Bench):
    """Without a central system."""

    WITH_CENTRAL = False


def _memory():
    return "/dev/shm" if os.path.isdir("/dev/shm") else None
