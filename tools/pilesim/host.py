"""CPython's side: puts a world under the stand-in modules and runs asyncio on its clock.

install(world) once per test, run(coroutine), uninstall(). Modules of the firmware that are already
imported keep working, because every stand-in looks the current world up when it is called.
"""

import asyncio
import contextlib
import select
import selectors
import sys
import time
import types

from pilesim import clock as virtual
from pilesim import current
from pilesim.clock import TICKS_MASK, TICKS_US
from pilesim.standins import esp32, machine, network, onewire

_MODULES = {"machine": machine, "network": network, "esp32": esp32, "onewire": onewire}
_MISSING = object()
_saved = []
# Tasks of chips that were reset. They are kept, because dropping one runs its finally blocks, and
# no finally block runs when a real chip loses its power
_graveyard = []


def install(world):
    """Make `world` the current one and give CPython what MicroPython's time, asyncio and imports have."""
    if not _saved:
        for name, module in _MODULES.items():
            _saved.append((None, name, sys.modules.get(name, _MISSING)))
            sys.modules[name] = module
        for target, names in ((time, _TIME_NAMES), (asyncio, _ASYNCIO_NAMES)):
            for name, value in names.items():
                _saved.append((target, name, getattr(target, name, _MISSING)))
                setattr(target, name, value)
    current.use(world)
    return world


def uninstall():
    """Take everything back that install() put in place."""
    while _saved:
        target, name, old = _saved.pop()
        if target is None:
            sys.modules.pop(name, None)
            if old is not _MISSING:
                sys.modules[name] = old
        elif old is _MISSING:
            delattr(target, name)
        else:
            setattr(target, name, old)
    current.use(None)


@contextlib.contextmanager
def installed(world):
    """install() and uninstall() around a with block."""
    install(world)
    try:
        yield world
    finally:
        uninstall()


# The serial port


class _SerialPoll:
    """select.poll() of the firmware: it polls sys.stdin alone, which is the world's serial line."""

    def register(self, stream, events):
        assert stream is sys.stdin, "the pile polls its serial port alone"

    def ipoll(self, wait_ms):
        line = current.world.serial
        return ((line, select.POLLIN),) if line.ready else ()


class _Select(types.ModuleType):
    poll = _SerialPoll

    def __getattr__(self, name):
        return getattr(select, name)


_MODULES["select"] = _Select("select")


# Time


def _ticks_ms():
    return current.clock.ticks_ms()


def _ticks_us():
    # Clock.ticks_us() in one call instead of three: each sample of a burst asks for it
    clock = current.clock
    clock.now_us = now_us = clock.now_us + TICKS_US
    if now_us >= clock.next_us:
        clock.run_events()
    return now_us + clock.ticks_offset_us & TICKS_MASK


def _sleep_ms(ms):
    current.clock.sleep_ms(ms)


def _sleep_us(us):
    current.clock.advance(us)


class RealTime:
    """The host's time, for Clock.pace()."""

    def now_us(self):
        """Monotonic microseconds."""
        return time.monotonic_ns() // 1000

    def wait_us(self, us):
        """Sleep."""
        time.sleep(us / 1_000_000)


# asyncio


class ThreadSafeFlag:
    """MicroPython's flag: set from a callback, awaited by one task, cleared when it wakes."""

    def __init__(self):
        self._set = False
        self._waiter = None

    def set(self):
        """Wake the waiting task."""
        self._set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self):
        """Forget an earlier set()."""
        self._set = False

    async def wait(self):
        """Wait for set() and clear the flag."""
        while not self._set:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._set = False


async def _asyncio_sleep_ms(ms):
    await asyncio.sleep(ms / 1000)


async def _asyncio_wait_for_ms(awaitable, ms):
    return await asyncio.wait_for(awaitable, ms / 1000)


_TIME_NAMES = {
    "ticks_ms": _ticks_ms,
    "ticks_us": _ticks_us,
    "ticks_cpu": _ticks_us,
    "ticks_diff": virtual.ticks_diff,
    "ticks_add": virtual.ticks_add,
    "sleep_ms": _sleep_ms,
    "sleep_us": _sleep_us,
}
_ASYNCIO_NAMES = {
    "sleep_ms": _asyncio_sleep_ms,
    "wait_for_ms": _asyncio_wait_for_ms,
    "ThreadSafeFlag": ThreadSafeFlag,
}


class _IdleSelector(selectors.BaseSelector):
    """A selector whose waiting is the clock's idling."""

    def __init__(self, clock):
        self._clock = clock
        self._real = selectors.DefaultSelector()
        self._found = []
        self.loop = None

    def select(self, timeout=None):
        """Events of real files, after virtual time has passed."""
        clock = self._clock
        if timeout is not None and timeout <= 0:
            clock.step()
            return self._real.select(0)
        until_us = None
        if timeout is not None:
            until_us = clock.now_us + int(timeout * 1_000_000 + 0.5)
        self._found = []
        clock.idle(until_us, self._poll)
        return self._found

    def _poll(self, wait_us):
        # A callback may have made a task ready without any file being readable
        if self.loop._ready:
            return True
        # Only the loop's own pipe: what that tells of is in _ready already
        if wait_us == 0 and len(self._real.get_map()) == 1:
            return False
        self._found = self._real.select(None if wait_us < 0 else wait_us / 1_000_000)
        return bool(self._found)

    def register(self, fileobj, events, data=None):
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj):
        return self._real.unregister(fileobj)

    def modify(self, fileobj, events, data=None):
        return self._real.modify(fileobj, events, data)

    def close(self):
        self._real.close()

    def get_key(self, fileobj):
        return self._real.get_key(fileobj)

    def get_map(self):
        return self._real.get_map()


class WorldLoop(asyncio.SelectorEventLoop):
    """asyncio's loop in virtual time: loop.time() is the clock in seconds."""

    def __init__(self, clock):
        self._world_clock = clock
        selector = _IdleSelector(clock)
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = 1e-6

    def time(self):
        """Virtual seconds."""
        return self._world_clock.now_us / 1_000_000


def run(coroutine):
    """Run a coroutine in the current world's time and return its result.

    ResetRequest comes out when the chip was reset: all tasks then end where they stand.
    """
    loop = WorldLoop(current.clock)
    asyncio.set_event_loop(loop)
    main = loop.create_task(coroutine)
    try:
        result = loop.run_until_complete(main)
    except SystemExit:
        _bury(loop)
        raise
    except BaseException:
        _cancel(loop)
        raise
    else:
        _cancel(loop)
        return result
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _bury(loop):
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False
        _graveyard.append(task)


def _cancel(loop):
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
