"""PileLink firmware: an AC charging station (IEC 61851-1, GB/T 18487.1) on MicroPython."""

__version__ = "0.1.0"
