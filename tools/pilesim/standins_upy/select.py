"""MicroPython's `select` whose waiting is the clock's idling; asyncio waits only here."""

import sys

import uselect
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT

from pilesim import current

__all__ = ("POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "poll")

_NOTHING = ()


class poll:  # noqa: N801 - the module's name for it
    """Poller of real files that lets virtual time pass while it waits."""

    def __init__(self):
        self._real = uselect.poll()
        self._files = 0
        self._found = _NOTHING
        self._serial = None

    def register(self, stream, events=POLLIN | POLLOUT):
        """Poll a file; the pile's serial port may be the world's."""
        if stream is sys.stdin and current.world is not None and current.world.serial is not None:
            self._serial = current.world.serial
            return
        self._files += 1
        self._real.register(stream, events)

    def modify(self, stream, events):
        """Change what a file is polled for."""
        self._real.modify(stream, events)

    def unregister(self, stream):
        """Stop polling a file."""
        self._files -= 1
        self._real.unregister(stream)

    def ipoll(self, wait_ms=-1, flags=0):
        """Ready (stream, events) pairs after at most `wait_ms` of virtual time, -1 for ever."""
        if self._serial is not None:
            # A look at the UART takes no time that counts
            return ((self._serial, POLLIN),) if self._serial.ready else _NOTHING
        clock = current.clock
        self._found = _NOTHING
        if clock is None:
            return self._real.poll(wait_ms)
        if wait_ms == 0:
            clock.step()
            self._look(0)
        else:
            until_us = None if wait_ms < 0 else clock.until_ticks_ms(wait_ms)
            clock.idle(until_us, self._look)
        return self._found

    def poll(self, wait_ms=-1, flags=0):
        """The same as a list."""
        return list(self.ipoll(wait_ms))

    def _look(self, wait_us):
        if wait_us == 0 and not self._files:
            return False
        self._found = self._real.poll(-1 if wait_us < 0 else (wait_us + 999) // 1000)
        return len(self._found) > 0
