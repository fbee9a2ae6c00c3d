"""The command line of technician and operator. Device code that it imports finds MicroPython's own module here."""

import importlib.util
import sys
import types

if importlib.util.find_spec("micropython") is None:
    # Rules of core/ name their constants so, and need nothing else of it
    _module = types.ModuleType("micropython")
    _module.const = lambda value: value  # type: ignore[attr-defined]
    sys.modules["micropython"] = _module
