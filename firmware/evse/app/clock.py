"""Time on the pile: uptime always, UTC once the bridge has told it."""

from time import ticks_diff, ticks_ms

# A correction below this is the network's delay, not a step of the clock
_STEP_S = 2


class Clock:
    """Uptime in whole seconds, and UTC as an offset to it."""

    def __init__(self):
        self.up_s = 0
        self._up_ms = 0  # within the second
        self._last_ms = ticks_ms()
        self._offset_s = None

    def advance(self):
        """Milliseconds since the last call; call it at least once a minute."""
        now_ms = ticks_ms()
        dt_ms = ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._up_ms += dt_ms
        while self._up_ms >= 1000:
            self._up_ms -= 1000
            self.up_s += 1
        return dt_ms

    @property
    def known(self):
        """True once UTC is known."""
        return self._offset_s is not None

    def utc_s(self):
        """Seconds since 1970, or None while unknown."""
        return None if self._offset_s is None else self.up_s + self._offset_s

    def set_utc(self, utc_s):
        """Take the bridge's time; returns the step in seconds (0 when none was made)."""
        offset_s = utc_s - self.up_s
        if self._offset_s is None:
            self._offset_s = offset_s
            return 0
        step_s = offset_s - self._offset_s
        if -_STEP_S <= step_s <= _STEP_S:
            return 0
        self._offset_s = offset_s
        return step_s
