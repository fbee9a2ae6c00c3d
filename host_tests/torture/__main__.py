"""`python -m torture --runs 1000 --seed 1`: seeded runs in two processes, then what they amounted to.

With `--cuts`: the power of the whole firmware is cut at every flash operation of a charge, in all torn modes; then
bridge and central system die at every moment of a charge that the central system ordered.
A run that misses prints its seed, its sentences and the end of its log; `--runs 1 --seed SEED --log` prints all of it.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain

from . import central_cuts, cuts
from .bench import Bench
from .faults import HARDER, KINDS, LEAST
from .place import Place
from .world_place import WorldPlace

_TAIL = 80
_WHOLE = 20


def one(seed, harder=False):
    """Result of one seed; every twentieth is the whole firmware's."""
    bench = Bench(seed, Place if seed % _WHOLE else WorldPlace)
    if harder:
        bench.kinds = KINDS + HARDER
    return bench.run()


def failures(result):
    """Sentences of a result, for one that had too few faults as well."""
    count = sum(result.faults.values())
    few = ["%d faults, must be %d at least" % (count, LEAST)] if count < LEAST else []
    return result.misses + few


def show(result, whole):
    """Print what missed, and the log."""
    for sentence in failures(result):
        print("seed %s: %s" % (result.seed, sentence))
    for us, text in result.log if whole else result.log[-_TAIL:]:
        print("%10.3f  %s" % (us / 1_000_000, text))


def main():
    """Returns 1 when any book did not agree."""
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="how many seeds")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--log", action="store_true", help="print the whole log of every run")
    parser.add_argument("--cuts", action="store_true", help="cut at every flash operation instead")
    parser.add_argument("--harder", action="store_true", help="with faults.HARDER, which lose Wh")
    options = parser.parse_args()
    began_s = time.monotonic()
    total, missed = {}, []
    with ProcessPoolExecutor(options.jobs) as pool:
        if options.cuts:
            every = (cuts.run_all(pool, options.seed), central_cuts.run_all(pool))
            results = chain.from_iterable(every)
        else:
            seeds = range(options.seed, options.seed + options.runs)
            chunk = 4 if options.runs > 8 else 1
            results = pool.map(partial(one, harder=options.harder), seeds, chunksize=chunk)
        for result in results:
            for table in (result.figures, result.faults):
                for name, value in table.items():
                    total[name] = total.get(name, 0) + value
            total["runs"] = total.get("runs", 0) + 1
            wrong = result.misses if options.cuts else failures(result)
            if wrong:
                missed.append(result.seed)
            if wrong or options.log:
                show(result, options.log)
                sys.stdout.flush()
    for name in sorted(total):
        print("%-28s %d" % (name, total[name]))
    print("%.0f s; runs that missed: %d" % (time.monotonic() - began_s, len(missed)))
    kind = " ARGS=--cuts" if options.cuts else " ARGS=--harder" if options.harder else ""
    for seed in {options.seed} if options.cuts else missed[:10]:
        if missed:
            print("again: make torture SEED=%s%s" % (seed, kind))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
