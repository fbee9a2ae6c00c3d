"""Cuts the power of the whole firmware at every flash operation of a charge, once in each torn mode.

A first run without a cut counts the operations; then each run has one cut, comes back, ends its charge, and its
books are compared.
"""

from functools import partial

from .bench import Bench
from .driver import Driver
from .world_place import WorldPlace

MODES = ("none", "half", "all")
_CHARGE_S = 30


class CutBench(Bench):
    """One charge by the platform, with one cut at the flash operation `at` (0: none)."""

    def __init__(self, seed, at, mode, place=WorldPlace):
        super().__init__(seed, place)
        self.at = at
        self.mode = mode
        self.operations = 0

    async def _trouble(self):
        flash = self.pile.flash
        if self.at:
            flash.cut_after(self.at, self.mode)
        self.power_on()
        await Driver(self).visit(_CHARGE_S)
        self.operations = flash.operations
        return {"cut": 1} if self.at else {}

    def _off_s(self):
        return 1.0


def run_one(seed, place, at, mode):
    """Result of one cut; its seed says which."""
    bench = CutBench(seed, at, mode, place)
    result = bench.run()
    if at and not bench.pile.cuts:
        result.misses.append("operation %d was never reached" % at)
    return result._replace(seed="%d, operation %d, %s" % (seed, at, mode))


def count(seed, place=WorldPlace):
    """Flash operations of a charge without a cut, from an empty flash to the last acknowledgement."""
    bench = CutBench(seed, 0, "", place)
    result = bench.run()
    if result.misses:
        raise RuntimeError("without a cut: %s" % result.misses)
    return bench.operations


def run_all(pool, seed, place=WorldPlace):
    """Results of every cut."""
    jobs = [(at, mode) for at in range(1, count(seed, place) + 1) for mode in MODES]
    return pool.map(partial(_job, seed, place), jobs)


def _job(seed, place, job):
    return run_one(seed, place, *job)
