"""Under MicroPython: bytes of heap that names take in an interpreter which knows nothing else yet.

Names come on stdin, a JSON list. Prints what micropython.qstr_info() says before and after.
"""

import json
import sys

import micropython

names = json.load(sys.stdin)
micropython.qstr_info()
for name in names:
    # Asking for an attribute makes a name known
    hasattr(0, name)
micropython.qstr_info()
