"""Lets tests of other rooms import from the bench's."""

import sys

from interpreters import ROOT

sys.path.append(str(ROOT / "host_tests" / "bench"))

import heap_charge

__all__ = ("heap_charge",)
