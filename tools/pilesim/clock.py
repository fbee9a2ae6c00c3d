"""Virtual time: integer microseconds, world events at exact times, soft callbacks when Python idles.

Python code takes no time. Time passes in the documented cost of a stand-in access, in sleep_us and
sleep_ms, and while asyncio idles. World events (physics) run at their exact microsecond whatever
Python does; soft callbacks (machine.Timer, Pin.irq) only in sleep_ms and between asyncio steps.
"""

TICKS_PERIOD = 1 << 30
TICKS_MASK = TICKS_PERIOD - 1
TICKS_HALF = TICKS_PERIOD >> 1
# What a call of ticks_us() takes
TICKS_US = 2
FAR_US = 1 << 60
# The ESP32 port's scheduler queue; a full queue drops the event without a word
CALLBACK_DEPTH = 8
# One pass of asyncio's loop that does not idle, so that a task spinning on sleep_ms(0) ends some day
STEP_US = 10


def ticks_diff(later, earlier):
    """Signed difference of two ticks values, as MicroPython's."""
    return ((later - earlier + TICKS_HALF) & TICKS_MASK) - TICKS_HALF


def ticks_add(ticks, delta):
    """Ticks value moved by `delta`, as MicroPython's."""
    return (ticks + delta) & TICKS_MASK


class Event:
    """A moment at which the world changes: `action(now_us)`; re-armed with at(), at most one pending."""

    def __init__(self, clock, action):
        self._clock = clock
        self.action = action
        self.at_us = -1

    def at(self, at_us):
        """Arm for `at_us`, replacing an earlier time."""
        if self.at_us >= 0:
            self._clock.remove(self)
        self._clock.insert(self, at_us)

    def cancel(self):
        """Disarm; harmless when not armed."""
        if self.at_us >= 0:
            self._clock.remove(self)


class Clock:
    """The one clock of a world. `ticks_offset_us` lets a run start near the wrap of ticks_*."""

    def __init__(self, ticks_offset_us=0):
        self.now_us = 0
        # Time of the earliest event: stand-ins compare against it and call run_events() when reached
        self.next_us = FAR_US
        self.ticks_offset_us = ticks_offset_us
        # Strict: an exception in a soft callback propagates. The port only prints it; see `on_error`
        self.on_error = None
        self.dropped_callbacks = 0
        self._events = []
        self._callbacks = []
        self._in_callback = False
        self._real = None
        self._speed_permille = 1000
        self._real_start_us = 0
        self._virtual_start_us = 0

    # Events

    def event(self, action):
        """A disarmed Event calling `action(now_us)`."""
        return Event(self, action)

    def insert(self, event, at_us):
        """Arm `event`; same times run in the order they were armed."""
        at_us = max(at_us, self.now_us)
        event.at_us = at_us
        events = self._events
        place = len(events)
        while place and events[place - 1].at_us > at_us:
            place -= 1
        events.insert(place, event)
        self.next_us = events[0].at_us

    def remove(self, event):
        """Disarm `event`, which is armed."""
        event.at_us = -1
        self._events.remove(event)
        self.next_us = self._events[0].at_us if self._events else FAR_US

    def run_events(self):
        """Run every event up to now, each with the clock at its own time."""
        target_us = self.now_us
        events = self._events
        while events and events[0].at_us <= target_us:
            event = events.pop(0)
            self.next_us = events[0].at_us if events else FAR_US
            self.now_us = at_us = event.at_us
            event.at_us = -1
            event.action(at_us)
        self.now_us = target_us

    # Time passing

    def advance(self, us):
        """Let `us` pass without running callbacks: a busy wait, or the interpreter being held."""
        self.now_us += us
        if self.now_us >= self.next_us:
            self.run_events()

    freeze = advance

    def advance_to(self, at_us):
        """Let time pass up to `at_us`; never backward."""
        if at_us > self.now_us:
            self.advance(at_us - self.now_us)

    def sleep_ms(self, ms):
        """Wait `ms`, running due callbacks as the port's time.sleep_ms does."""
        self.idle(self.now_us + max(0, ms) * 1000, None)

    def idle(self, until_us, poll):
        """Let time pass until `until_us` (None: no end), running events and callbacks.

        `poll(wait_us)` waits in real time (0: only looks, -1: no limit) and returns true when there
        is something to do; that ends the idling early.
        """
        while True:
            self.run_callbacks()
            if poll is not None and poll(0):
                return
            if until_us is not None and self.now_us >= until_us:
                return
            next_us = self.next_us
            if until_us is not None and until_us < next_us:
                next_us = until_us
            if self._real is None:
                if next_us == FAR_US:
                    # Nothing in the world will ever happen again: only real I/O can
                    if poll is None or poll(-1):
                        return
                    continue
            elif self._wait_real(next_us, poll):
                return
            self.advance_to(next_us)

    def step(self):
        """One pass of asyncio's loop with tasks ready: due callbacks run, a little time passes."""
        self.advance(STEP_US)
        self.run_callbacks()

    # Pace

    def pace(self, real, speed_permille=1000):
        """Let virtual time follow `real` (now_us(), wait_us(us)); None runs as fast as it can.

        A host that stalls makes the world lag and then catch up; the firmware does not see the
        stall, because a busy PC says nothing about the pile and would fail its deadlines at random.
        """
        self._real = real
        self._speed_permille = speed_permille
        self._virtual_start_us = self.now_us
        self._real_start_us = 0 if real is None else real.now_us()

    def catch_up(self, most_us):
        """Go to where real time is; what is over `most_us` is forgotten."""
        if self._real is None:
            return
        lag_us = self._paced_us() - self.now_us
        if lag_us > most_us:
            self._virtual_start_us -= lag_us - most_us
        self.advance(max(0, min(lag_us, most_us)))

    def _paced_us(self):
        elapsed_us = self._real.now_us() - self._real_start_us
        return self._virtual_start_us + elapsed_us * self._speed_permille // 1000

    def _wait_real(self, next_us, poll):
        """Wait until real time has reached `next_us`; true when I/O ended the wait."""
        while True:
            lead_us = next_us - self._paced_us()
            if lead_us <= 0:
                return False
            wait_us = -1 if next_us == FAR_US else lead_us * 1000 // self._speed_permille + 1
            if poll is None:
                self._real.wait_us(wait_us)
            elif poll(wait_us):
                # I/O came: the world has moved by the time really waited, not to the idle's end
                self.advance_to(min(next_us, self._paced_us()))
                self.run_callbacks()
                return True

    # Soft callbacks

    def schedule(self, function, argument):
        """Queue a soft callback; false when the queue is full and it was dropped."""
        if len(self._callbacks) >= CALLBACK_DEPTH:
            self.dropped_callbacks += 1
            return False
        self._callbacks.append((function, argument))
        return True

    def forget_callbacks(self):
        """Empty the queue: the chip was reset."""
        self._callbacks.clear()
        self._in_callback = False

    def run_callbacks(self):
        """Run what is queued, back to back, never nested; what they queue may follow in the same pass."""
        if self._in_callback or not self._callbacks:
            return
        self._in_callback = True
        try:
            passes = CALLBACK_DEPTH
            while self._callbacks and passes:
                passes -= 1
                function, argument = self._callbacks.pop(0)
                self._run_one(function, argument)
        finally:
            self._in_callback = False

    def _run_one(self, function, argument):
        if self.on_error is None:
            function(argument)
            return
        try:
            function(argument)
        except Exception as error:
            self.on_error(error)

    # Ticks

    def ticks_ms(self):
        """Milliseconds, wrapping at 2**30."""
        return (self.now_us + self.ticks_offset_us) // 1000 & TICKS_MASK

    def ticks_us(self):
        """Microseconds, wrapping at 2**30; the call itself takes time."""
        self.advance(TICKS_US)
        return self.now_us + self.ticks_offset_us & TICKS_MASK

    def until_ticks_ms(self, dt_ms):
        """Virtual time at which ticks_ms() will have grown by `dt_ms`."""
        offset_us = self.ticks_offset_us
        return ((self.now_us + offset_us) // 1000 + dt_ms) * 1000 - offset_us
