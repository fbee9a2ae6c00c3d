"""Presses of a push button: debounced, short on release, long while it is still held."""

from micropython import const

NONE = const(0)
SHORT = const(1)
LONG = const(2)
STUCK = const(3)  # held for longer than a person does: jammed or shorted

DEBOUNCE_MS = const(30)
LONG_MS = const(3000)
STUCK_MS = const(30000)

# One look after a stall is one look
_LOOK_MS = const(100)


class ButtonPress:
    """A button that is down from the start says nothing before it was released, save that it is stuck."""

    def __init__(self):
        self.stuck = False
        self._down = True
        self._held_ms = LONG_MS
        self._differs_ms = -1

    def step(self, active, dt_ms):
        """Advance by `dt_ms`; returns SHORT, LONG or STUCK once each, else NONE."""
        dt_ms = min(dt_ms, _LOOK_MS)
        if self._down:
            self._held_ms = min(self._held_ms + dt_ms, STUCK_MS)
        if self._turned(active, dt_ms):
            self._down = active
            self.stuck = False
            held_ms, self._held_ms = self._held_ms, 0
            return SHORT if not active and held_ms < LONG_MS else NONE
        if not self._down:
            return NONE
        if self._held_ms >= STUCK_MS:
            if self.stuck:
                return NONE
            self.stuck = True
            return STUCK
        return LONG if self._held_ms >= LONG_MS > self._held_ms - dt_ms else NONE

    def _turned(self, active, dt_ms):
        if active == self._down:
            self._differs_ms = -1
        elif self._differs_ms < 0:
            self._differs_ms = 0
        else:
            self._differs_ms += dt_ms
        if self._differs_ms < DEBOUNCE_MS:
            return False
        self._differs_ms = -1
        return True
