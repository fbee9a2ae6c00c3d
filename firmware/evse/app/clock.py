"""Time on the pile: uptime always, UTC once the bridge or a time server has told it."""

from time import ticks_diff, ticks_ms

# A correction below this is the network's delay, not a step of the clock
_STEP_S = 2
# A time server may only trim what the bridge has told: its answers are not signed
_TRIM_S = 60


class Clock:
    """Uptime in whole seconds, and UTC as an offset to it."""

    def __init__(self):
        self.up_s = 0
        self.greeted_s = None  # UTC when the bridge first answered this start; None before
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
    def up_ms(self):
        """Uptime in milliseconds."""
        return self.up_s * 1000 + self._up_ms

    @property
    def known(self):
        """True once UTC is known from anybody."""
        return self._offset_s is not None

    def utc_s(self):
        """Seconds since 1970, or None while unknown."""
        return None if self._offset_s is None else self.up_s + self._offset_s

    def set_by_bridge(self, utc_s):
        """Take the bridge's signed time; returns the step in seconds (0 when none was made)."""
        # A bridge whose clock was put back must be obeyed again
        self.greeted_s = utc_s if self.greeted_s is None else min(self.greeted_s, utc_s)
        return self._set(utc_s)

    def set_by_server(self, utc_s):
        """Take a time server's word as far as it may be believed; returns the step in seconds."""
        if self.greeted_s is not None and abs(utc_s - self.utc_s()) > _TRIM_S:
            return 0
        return self._set(utc_s)

    def _set(self, utc_s):
        offset_s = utc_s - self.up_s
        if self._offset_s is None:
            self._offset_s = offset_s
            return 0
        step_s = offset_s - self._offset_s
        if -_STEP_S <= step_s <= _STEP_S:
            return 0
        self._offset_s = offset_s
        return step_s
