"""Connector lock: a motor on an H-bridge and a contact that tells when the bolt is home."""

from machine import Pin


class LockHBridge:
    """`a` drives towards locked, `b` towards unlocked; the feedback is 0 when the bolt is home."""

    def __init__(self, a_pin, b_pin, feedback_pin, pull_up=True):
        self._a = Pin(a_pin, Pin.OUT, value=0)
        self._b = Pin(b_pin, Pin.OUT, value=0)
        self._feedback = (
            Pin(feedback_pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(feedback_pin, Pin.IN)
        )

    def drive(self, direction):
        """Power the motor: core.lock LOCK (1), UNLOCK (-1) or REST (0)."""
        # Off before on: never both sides at once
        if direction <= 0:
            self._a(0)
        if direction >= 0:
            self._b(0)
        if direction > 0:
            self._a(1)
        elif direction < 0:
            self._b(1)

    def is_locked(self):
        """True when the bolt is home."""
        return self._feedback() == 0
