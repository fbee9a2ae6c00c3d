"""Outputs low: contactors open, pilots at -12 V. Stays loaded for the end of main.py.

The pins come from `pins`, which the build makes from the board; no slot is asked.
"""

from machine import Pin
from pins import PINS


def outputs_low():
    """Drive every output low that must be whenever nobody is in charge."""
    for pin in PINS:
        Pin(pin, Pin.OUT, value=0)
