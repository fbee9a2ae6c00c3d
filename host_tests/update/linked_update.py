"""Under MicroPython: a built tree in the simulated world, as the slot named first: SLOT, then as tree_in_world.py."""

import sys

# Where boot.py puts it
sys.path.insert(0, "/" + sys.argv.pop(1))
with open("host_tests/tree_in_world.py") as program:
    exec(program.read())
