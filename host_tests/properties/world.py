"""Time and truth of a walk: an event queue, the causes that demand an opening, what happened last."""

from collections import deque
from heapq import heappop, heappush
from itertools import count
from random import Random

from evse.core import faults

TICK_US = 5000
LOOP_US = 20000
_MASK = (1 << 30) - 1
_HALF = 1 << 29
_OPEN_MS = {row[0]: row[faults.FIELDS.index("open_ms")] for row in faults.TABLE}


def ticks_diff(later, earlier):
    """Difference of two readings of `ticks_us`, as MicroPython has it."""
    return ((later - earlier + _HALF) & _MASK) - _HALF


class Cause:
    """Something that demands an opening: since when, within what, and the delays up to its start."""

    __slots__ = ("by_loop", "delay_us", "limit_us", "since_us")

    def __init__(self, since_us, limit_us, by_loop, delay_us):
        self.since_us = since_us
        self.limit_us = limit_us
        self.by_loop = by_loop
        self.delay_us = delay_us


class World:
    """The clock, the queue and the causes. Parts and actors of a walk share one."""

    def __init__(self, seed):
        self.seed = seed
        self.random = Random(seed)
        self.now_us = 0
        self.ticks = 0
        self.violation = None  # the first one
        self.in_tick = False
        # In this tick: readings that were wrong, and bursts that did not show the line
        self.spikes = self.spoilt_bursts = 0
        self.in_loop = False
        self.causes = {}
        self.events = deque(maxlen=40)
        self.inbox = []  # done by the control loop's task before its next step
        self.counters = {}
        self.busy_until_us = 0  # the interpreter is held
        self.loop_off_until_us = 0
        self.timer_off_until_us = 0
        self.last_tick_us = 0
        self.last_loop_us = 0
        self._tick_delay_us = 0
        self._loop_delay_us = 0
        # Any value of the counter may meet any moment, its wrap included
        self._offset_us = self.random.randrange(1 << 30)
        self._queue = []
        self._order = count()

    # Time

    def ticks_us(self):
        """What the firmware reads."""
        return (self.now_us + self._offset_us) & _MASK

    def at(self, at_us, action):
        """Call `action` when the clock reaches `at_us`."""
        heappush(self._queue, (at_us, next(self._order), action))

    def after_ms(self, ms, action):
        """Call `action` in `ms`."""
        heappush(self._queue, (self.now_us + int(ms * 1000), next(self._order), action))

    def spawn(self, actor):
        """Run a generator that yields how many ms it waits."""
        try:
            ms = next(actor)
        except StopIteration:
            return
        self.after_ms(ms, lambda: self.spawn(actor))

    def advance(self, until_us):
        """Let time pass; everything due happens at its own microsecond."""
        queue = self._queue
        while queue and queue[0][0] <= until_us:
            at_us, _, action = heappop(queue)
            self.now_us = max(self.now_us, at_us)
            action()
        self.now_us = max(self.now_us, until_us)

    def forget_events(self):
        """The life ends: nothing that was to come comes."""
        self._queue.clear()
        self.inbox.clear()
        self.causes.clear()

    # Delays

    def note_tick(self):
        """A tick begins."""
        late_us = self.now_us - self.last_tick_us - TICK_US
        if late_us > 0:
            self._tick_delay_us += late_us
        self.last_tick_us = self.now_us

    def note_loop(self):
        """A step of the control loop begins."""
        late_us = self.now_us - self.last_loop_us - LOOP_US
        if late_us > 0:
            self._loop_delay_us += late_us
        self.last_loop_us = self.now_us
        # From here on its silence counts
        self.cause("control_lost", True)
        self.restart_cause("control_lost")

    def _delay_us(self, by_loop):
        # Up to this moment, a delay that is going on included
        delay_us = self._tick_delay_us + max(0, self.now_us - self.last_tick_us - TICK_US)
        if by_loop:
            delay_us += self._loop_delay_us + max(0, self.now_us - self.last_loop_us - LOOP_US)
        return delay_us

    def power_up(self):
        """No delay of an earlier life counts."""
        self.last_tick_us = self.last_loop_us = self.now_us
        self.busy_until_us = self.loop_off_until_us = self.timer_off_until_us = 0

    # Causes

    def cause(self, name, present, limit_ms=None, by_loop=False):
        """State whether a cause is there; `by_loop`: the control loop has a part in the reaction.

        Without `limit_ms` it is that of the fault of this name.
        """
        if not present:
            self.causes.pop(name, None)
            return
        if limit_ms is None:
            limit_ms = _OPEN_MS[name]
        standing = self.causes.get(name)
        if standing is None or standing.limit_us > limit_ms * 1000:
            self.causes[name] = Cause(
                self.now_us, int(limit_ms * 1000), by_loop, self._delay_us(by_loop)
            )

    def restart_cause(self, name):
        """What stands was hidden for a moment: its time begins anew."""
        standing = self.causes.get(name)
        if standing is not None:
            standing.since_us = self.now_us
            standing.delay_us = self._delay_us(standing.by_loop)

    def overdue(self):
        """Sentence about a cause whose time is over, or None."""
        for name, cause in self.causes.items():
            age_us = self.now_us - cause.since_us
            if age_us > cause.limit_us:
                allowed_us = cause.limit_us + self._delay_us(cause.by_loop) - cause.delay_us
                if age_us > allowed_us:
                    return "%s for %.1f ms, allowed %.1f" % (
                        name,
                        age_us / 1000,
                        allowed_us / 1000,
                    )
        return None

    # What happened

    def log(self, text, *values):
        """Remember an event for the report of a violation."""
        self.events.append((self.now_us, text, values))

    def count(self, name, by=1):
        """Coverage."""
        self.counters[name] = self.counters.get(name, 0) + by

    def violate(self, text, *values):
        """Note the first thing that must never happen."""
        if self.violation is None:
            self.violation = text % values if values else text
