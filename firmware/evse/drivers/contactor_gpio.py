"""Contactor coil on a GPIO, mirror contact on another."""

from machine import Pin


class ContactorGpio:
    """The mirror contact is normally closed to ground with a pull-up: 1 means closed, or wire broken."""

    def __init__(self, coil_pin, mirror_pin):
        self._coil = Pin(coil_pin, Pin.OUT, value=0)
        self._mirror = Pin(mirror_pin, Pin.IN, Pin.PULL_UP)

    def close(self):
        """Energise the coil; it is held only while the dead-man is fed."""
        self._coil(1)

    def open(self):
        """Release the coil."""
        self._coil(0)

    def is_closed(self):
        """True when the mirror contact says that the main contacts are closed."""
        return self._mirror() == 1
