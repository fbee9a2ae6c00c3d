"""First code after a reset: contactor released, pilot at -12 V, before anything can fail or take time.

Then the slot. Nothing in the root of the file system stands in the way of what is imported.
"""

import sys

sys.path[:] = ["/loader", ".frozen"]

from safe import outputs_low  # noqa: E402 - found only now

outputs_low()

import slots  # noqa: E402 - nothing comes before the outputs

slots.enter()
# What only the choice needed
del slots, sys.modules["slots"], sys.modules["pins"]
