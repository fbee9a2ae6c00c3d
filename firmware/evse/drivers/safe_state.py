"""Outputs low before anything else runs and after everything else failed."""

from machine import Pin


def outputs_low(*pins):
    """Drive each GPIO low: coil released, pilot at -12 V."""
    for pin in pins:
        Pin(pin, Pin.OUT, value=0)
