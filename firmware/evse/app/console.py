"""What the station says on its serial port: one short line per event, stamped with the uptime.

Lines wait in memory and go out a piece at a time, because a UART takes 87 us for a character and the
contactor may be closed. The events among them are kept in a ring, for whoever comes later.
"""

import sys

from ..core.event_ring import EventRing

_MOST_LINES = 24
# 64 characters are under 6 ms at 115200 baud
_PIECE = 64
_RING_BYTES = 1024


class Console:
    """Event lines on stdout, and `events`, the last of them."""

    def __init__(self, clock):
        self.dropped = 0
        self.events = EventRing(_RING_BYTES)
        self.typing = False  # somebody types: no line may begin
        self.lines = []  # not yet begun
        self._clock = clock
        self._rest = ""

    def say(self, text, *values):
        """One event, kept and queued; `text` is a % format. The newest lines are dropped when nobody drains."""
        line = text % values if values else text
        self.events.add(self._clock.up_s, line)
        self.remark(line)

    def remark(self, line):
        """Queue a line that is not kept: it comes too often."""
        if len(self.lines) >= _MOST_LINES:
            self.dropped += 1
            return
        self.lines.append("[%5d s] %s\n" % (self._clock.up_s, line))

    @property
    def mid_line(self):
        """True while a line has been written in part."""
        return bool(self._rest)

    def drain(self):
        """Write one piece of what waits; called by the control loop."""
        if not self._rest:
            if self.typing or not self.lines:
                return
            self._rest = self.lines.pop(0)
        piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
        sys.stdout.write(piece)

    def flush(self):
        """Write all that waits; only where nothing is energised any more."""
        self.typing = False
        while self._rest or self.lines:
            self.drain()
