"""The chip itself: reset, its cause, and randomness."""

import os

import machine

_CAUSES = (
    ("PWRON_RESET", "power_on"),
    ("HARD_RESET", "hard"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep_sleep"),
    ("SOFT_RESET", "soft"),
)


class Chip:
    """Reset, reset cause and a random number."""

    def reset(self):
        """Start anew; outputs fall to their pull-downs."""
        machine.reset()

    def reset_cause(self):
        """One of power_on, hard, watchdog, deep_sleep, soft, unknown."""
        cause = machine.reset_cause()
        for constant, name in _CAUSES:
            if getattr(machine, constant, None) == cause:
                return name
        return "unknown"

    def unique_id(self):
        """The chip's own number as hexadecimal text."""
        return "".join("%02x" % value for value in machine.unique_id())

    def random(self):
        """A number from 0 up to 1."""
        data = os.urandom(2)
        return (data[0] << 8 | data[1]) / 65536
