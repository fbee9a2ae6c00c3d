"""Run every test_* function of the given modules under MicroPython; the last line counts them.

Usage: micropython run_micropython.py test_pilot test_charging ..
"""

import gc
import sys


def run(names):
    """Number of failed tests."""
    passed = failed = 0
    for name in names:
        module = __import__(name)
        for key in sorted(dir(module)):
            if not key.startswith("test_"):
                continue
            try:
                getattr(module, key)()
                passed += 1
            except Exception as error:
                failed += 1
                print("FAILED %s.%s" % (name, key))
                sys.print_exception(error)
        # The next one finds the heap as the first did
        del module, sys.modules[name]
        gc.collect()
    print("%d passed, %d failed" % (passed, failed))
    return failed


sys.exit(1 if run(sys.argv[1:]) else 0)
