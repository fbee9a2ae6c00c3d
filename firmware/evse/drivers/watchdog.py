"""Hardware watchdog (layer L4): liveness only, never the way a contactor is opened."""

from machine import WDT


class Watchdog:
    """Starts at once and cannot be stopped."""

    def __init__(self, timeout_ms):
        self._wdt = WDT(timeout=timeout_ms)

    def feed(self):
        """Another `timeout_ms` of life."""
        self._wdt.feed()
