"""`python -m mutation`: puts each defect in, in a copy, and tells which test caught it. 1 if one survives."""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from .runner import Copy
from .table import DEFECTS


def main():
    """Returns 1 when the tests fail without a defect, or a defect was not caught."""
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--only", default="", help="defects whose file or meaning has this text")
    parser.add_argument("--jobs", type=int, default=2, help="copies at work at a time")
    options = parser.parse_args()
    chosen = [d for d in DEFECTS if options.only in d.file or options.only in d.breaks]
    if not chosen:
        parser.error("--only %s: no defect has this text" % options.only)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copies = SimpleQueue()
        for number in range(options.jobs):
            copies.put(Copy(Path(folder) / str(number)))
        tests = list(dict.fromkeys(test for defect in chosen for test in defect.tests))
        copy = copies.get()
        baseline = copy.baseline(tests)
        copies.put(copy)
        if baseline.status != "survived":
            print(baseline.output)
            print("the tests fail without a defect: %s %s" % (baseline.status, baseline.test))
            return 1

        def run(defect):
            mine = copies.get()
            try:
                return mine.run(defect)
            finally:
                copies.put(mine)

        left = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for defect, result in zip(chosen, pool.map(run, chosen), strict=True):
                left += result.status != "caught"
                line = (result.seconds, defect.file, defect.breaks, result.test or result.status)
                print("%5.1f s  %-36s %-46s %s" % line, flush=True)
    took_s = time.monotonic() - began_s
    print("%d defects, %d caught, %.0f s" % (len(chosen), len(chosen) - left, took_s))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
