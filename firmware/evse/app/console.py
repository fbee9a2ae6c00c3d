"""What the station says on its serial port: one short line per event, stamped with the uptime."""


class Console:
    """Event lines on stdout; short, because the UART is slow and the contactor may be closed."""

    def __init__(self, clock):
        self._clock = clock

    def say(self, text, *values):
        """Print one event; `text` is a % format."""
        print("[%5d s] %s" % (self._clock.up_s, text % values if values else text))
