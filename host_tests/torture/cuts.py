"""Cuts the power at every flash operation of a charge, once in each torn mode.

Two charges are cut so: a short one with the whole firmware, from an empty flash on, and a long one on the thin
board with a flash so small that sectors are erased and used again. A first run without a cut counts the
operations; then each run has one cut, comes back, ends its charge, and its books are compared.
"""

from functools import partial

from pilesim.nor_flash import TORN

from .bench import Bench
from .driver import Driver
from .place import SmallPlace
from .world_place import WorldPlace

# Place, seconds of charging
SHORT, LONG = (WorldPlace, 30), (SmallPlace, 300)


class CutBench(Bench):
    """One charge by the platform, with one cut at the flash operation `at` (0: none)."""

    SAMPLES_S = (5,)
    WITH_CENTRAL = False

    def __init__(self, seed, charge, at, mode):
        super().__init__(seed, charge[0])
        self.at = at
        self.mode = mode
        self.operations = 0
        self._charge_s = charge[1]

    async def _trouble(self):
        flash = self.pile.flash
        if self.at:
            flash.cut_after(self.at, self.mode)
        self.power_on()
        await Driver(self).visit(self._charge_s)
        self.operations = flash.operations
        return {"cut": 1} if self.at else {}

    def _off_s(self):
        return 1.0


def run_one(seed, charge, at, mode):
    """Result of one cut; its seed says which."""
    bench = CutBench(seed, charge, at, mode)
    result = bench.run()
    if at and not bench.pile.cuts:
        result.misses.append("operation %d was never reached" % at)
    return result._replace(seed="%d, %s, %d %s" % (seed, charge[0].__name__, at, mode))


def count(seed, charge):
    """Flash operations of a charge without a cut, from an empty flash to the last acknowledgement."""
    bench = CutBench(seed, charge, 0, "")
    result = bench.run()
    if result.misses:
        raise RuntimeError("without a cut: %s" % result.misses)
    return bench.operations


def run_all(pool, seed):
    """Results of every cut of both charges."""
    jobs = []
    for charge in (SHORT, LONG):
        operations = range(1, count(seed, charge) + 1)
        jobs += [(charge, at, mode) for at in operations for mode in TORN]
    return pool.map(partial(_job, seed), jobs)


def _job(seed, job):
    return run_one(seed, *job)
