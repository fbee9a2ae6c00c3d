"""Contactor coil on a GPIO, its feedback on another."""

from machine import Pin


class ContactorGpio:
    """`closed_level` is what the feedback reads while the main contacts are closed.

    1: mirror contact, normally closed to ground; a broken wire reads closed.
    0: voltage on the output, sensed by an optocoupler; a broken wire reads open.
    """

    def __init__(self, coil_pin, feedback_pin, closed_level=1, pull_up=True):
        self._coil = Pin(coil_pin, Pin.OUT, value=0)
        self._feedback = (
            Pin(feedback_pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(feedback_pin, Pin.IN)
        )
        self._closed_level = closed_level

    def close(self):
        """Energise the coil; it is held only while the dead-man is fed."""
        self._coil(1)

    def open(self):
        """Release the coil."""
        self._coil(0)

    def is_closed(self):
        """True when the feedback says that the main contacts are closed."""
        return self._feedback() == self._closed_level
