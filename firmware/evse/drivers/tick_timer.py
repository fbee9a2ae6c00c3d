"""Hardware timer that calls the safety tick."""

from machine import Timer


class TickTimer:
    """One of the ESP32's four timers; its callback is soft, so lateness is for the tick to watch."""

    def __init__(self, number=0):
        self._timer = Timer(number)

    def start(self, callback, period_ms):
        """Call `callback(timer)` every `period_ms`."""
        self._timer.init(mode=Timer.PERIODIC, period=period_ms, callback=callback)

    def stop(self):
        """No more calls."""
        self._timer.deinit()
