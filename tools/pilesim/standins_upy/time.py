"""MicroPython's `time` on the current world's clock; calendar time passes through.

Also replaces the built-in `_asyncio` before asyncio is imported: that one reads the host's ticks, and
with their period, behind the back of this module.
"""

import sys

import utime
import virtual_tasks
from utime import clock, gmtime, localtime, mktime, time, time_ns

from pilesim import current
from pilesim.clock import TICKS_MASK, TICKS_US, ticks_add, ticks_diff

sys.modules["_asyncio"] = virtual_tasks

__all__ = ("clock", "gmtime", "localtime", "mktime", "ticks_add", "ticks_diff", "time", "time_ns")


def ticks_ms():
    """Milliseconds of the virtual clock, wrapping at 2**30."""
    clock = current.clock
    return utime.ticks_ms() if clock is None else clock.ticks_ms()


def ticks_us():
    """Microseconds of the virtual clock, wrapping at 2**30."""
    clock = current.clock
    if clock is None:
        return utime.ticks_us()
    # Clock.ticks_us() in one call instead of three: each sample of a burst asks for it
    clock.now_us = now_us = clock.now_us + TICKS_US
    if now_us >= clock.next_us:
        clock.run_events()
    return now_us + clock.ticks_offset_us & TICKS_MASK


ticks_cpu = ticks_us


def sleep_us(us):
    """Busy wait: virtual time passes, no callback runs."""
    if current.clock is None:
        utime.sleep_us(us)
    else:
        current.clock.advance(us)


def sleep_ms(ms):
    """Wait, running due callbacks."""
    if current.clock is None:
        utime.sleep_ms(ms)
    else:
        current.clock.sleep_ms(ms)


def sleep(seconds):
    """Wait, running due callbacks."""
    sleep_ms(int(seconds * 1000))


class RealTime:
    """The host's time, for Clock.pace()."""

    def now_us(self):
        """Monotonic microseconds."""
        return utime.ticks_us()

    def wait_us(self, us):
        """Sleep."""
        utime.sleep_us(us)
