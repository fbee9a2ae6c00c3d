"""Beeps for a person at the pile: what each one says is how it sounds."""

from micropython import const

ACCEPTED = const(0)
REFUSED = const(1)
FAULT = const(2)

# Milliseconds on, off, on, ..
_PATTERNS = ((100,), (100, 100, 100, 100, 100), (1000,))


class Beep:
    """Plays one pattern at a time; a new one takes the place of the old."""

    def __init__(self):
        self._pattern = ()
        self._index = 0
        self._left_ms = 0

    def start(self, which):
        """Begin ACCEPTED, REFUSED or FAULT."""
        self._pattern = _PATTERNS[which]
        self._index = -1
        self._left_ms = 0

    def step(self, dt_ms):
        """Advance by `dt_ms`; True while it is to sound. A stall makes a beep longer, not unheard."""
        if self._index >= len(self._pattern):
            return False
        self._left_ms -= dt_ms
        if self._left_ms <= 0 or self._index < 0:
            self._index += 1
            if self._index == len(self._pattern):
                return False
            self._left_ms = self._pattern[self._index]
        return self._index % 2 == 0
