"""`python -m properties --steps 10000000 --seed 1`: walks over seeds in two processes, then what they met."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from .walk import STEPS_PER_WALK, ViolationError, Walk


def walk(seed, steps):
    """(seed, counters, sentence of the violation or None)."""
    one = Walk(seed)
    try:
        one.run(steps)
    except ViolationError as violated:
        return seed, one.counters, str(violated)
    return seed, one.counters, None


def main():
    """Returns 1 when a walk was violated."""
    parser = argparse.ArgumentParser(prog="properties", description=__doc__)
    parser.add_argument("--steps", type=int, default=10000000, help="safety ticks in all")
    parser.add_argument("--seed", type=int, default=1, help="of the first walk")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    began_s = time.monotonic()
    walks = -(-options.steps // STEPS_PER_WALK)
    seeds = range(options.seed, options.seed + walks)
    lengths = [STEPS_PER_WALK] * (walks - 1) + [options.steps - STEPS_PER_WALK * (walks - 1)]
    total, violated = {}, []
    with ProcessPoolExecutor(options.jobs) as pool:
        for _seed, counters, sentence in pool.map(walk, seeds, lengths):
            for name, value in counters.items():
                total[name] = total.get(name, 0) + value
            if sentence:
                violated.append(sentence)
                print(sentence, end="\n\n", flush=True)
    for name in sorted(total):
        print("%-36s %d" % (name, total[name]))
    took_s = time.monotonic() - began_s
    print("%d ticks in %d walks, %.0f s" % (options.steps, walks, took_s))
    print("violations: %d" % len(violated))
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
