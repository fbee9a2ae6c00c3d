"""One charge ordered by the central system, and one thing that dies at a certain moment of it; all moments in turn.

The bridge dies at each point of its commits; the central system dies with each call that comes to it, before
it has taken it or when it has and its answer is on the way.
"""

from .bench import VERSIONS, Bench
from .driver import Driver
from .place import Place

BRIDGE, UNTAKEN, TAKEN = "bridge", "untaken", "taken"
WHAT = (BRIDGE, UNTAKEN, TAKEN)
_CHARGE_S = 25
# Greeted, let in, and with the rules that the central system sets
_READY_S = 8


class CentralCutBench(Bench):
    """Dies at the moment `at` (0: nothing does) of a charge that is ready to begin."""

    SAMPLES_S = (5,)
    SETTLE_S = 200.0

    def __init__(self, seed, version, what, at, defect=None):
        super().__init__(seed, Place, defect)
        self.version = version
        self.kinds = ()
        self.what = what
        self.at = at
        self.moments = 0

    async def _trouble(self):
        central = self.centrals[0]
        # Early answers are another run's matter
        central.behaviour.starts.clear()
        self.power_on()
        await self.wait(_READY_S)
        before = self._passed()
        if self.at and self.what == BRIDGE:
            self.bridge.fuse.after(self.at)
        elif self.at:
            central.die_with(self.at, self.what == TAKEN)
        await Driver(self).visit_of_central(_CHARGE_S)
        self.moments = self._passed() - before
        return {"cut": 1} if self.at else {}

    def _passed(self):
        return self.bridge.fuse.points if self.what == BRIDGE else len(self.centrals[0].calls)


def run_one(version, what, at, defect=None):
    """Result of one death; its seed says which."""
    bench = CentralCutBench(1, version, what, at, defect)
    result = bench.run()
    died = bench.bridge.starts if what == BRIDGE else bench.centrals[0].starts
    if at and died < 2:
        result.misses.append("moment %d was never reached" % at)
    return result._replace(seed="%s, %s %d" % (version, what, at))


def count(version, what):
    """Moments of a charge in which nothing dies."""
    bench = CentralCutBench(1, version, what, 0)
    result = bench.run()
    if result.misses:
        raise RuntimeError("without a death: %s" % result.misses)
    return bench.moments


def run_all(pool):
    """Results of every death."""
    jobs = [
        (version, what, at)
        for version in VERSIONS
        for what in WHAT
        for at in range(1, count(version, what) + 1)
    ]
    return pool.map(_job, jobs)


def _job(job):
    return run_one(*job)
