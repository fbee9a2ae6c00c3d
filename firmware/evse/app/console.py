"""What the station says on its serial port: one short line per event, stamped with the uptime.

Lines wait in memory and go out a piece at a time, because a UART takes 87 us for a character and the
contactor may be closed.
"""

import sys

_MOST_LINES = 24
# 64 characters are under 6 ms at 115200 baud
_PIECE = 64


class Console:
    """Event lines on stdout."""

    def __init__(self, clock):
        self.dropped = 0
        self._clock = clock
        self._lines = []
        self._rest = ""

    def say(self, text, *values):
        """Queue one event; `text` is a % format. The newest lines are dropped when nobody drains."""
        if len(self._lines) >= _MOST_LINES:
            self.dropped += 1
            return
        line = text % values if values else text
        self._lines.append("[%5d s] %s\n" % (self._clock.up_s, line))

    @property
    def mid_line(self):
        """True while a line has been written in part."""
        return bool(self._rest)

    def drain(self):
        """Write one piece of what waits; called by the control loop."""
        if not self._rest:
            if not self._lines:
                return
            self._rest = self._lines.pop(0)
        piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
        sys.stdout.write(piece)

    def flush(self):
        """Write all that waits; only where nothing is energised any more."""
        while self._rest or self._lines:
            self.drain()
