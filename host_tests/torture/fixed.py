"""Everything that would differ from run to run comes from the seed: time, randomness, the order of tasks."""

import asyncio
import contextlib
import gc
import logging
import os
import random
import sys
import time
import warnings

from pilesim import current, host

from .process import task_factory


class _Bare:
    """The part of a simulated world that the stand-ins need here: its clock."""

    def __init__(self, clock):
        self.clock = clock


class _Told(logging.Handler):
    """What the bridge logs, as lines of the run."""

    def __init__(self, say):
        super().__init__()
        self._say = say

    def emit(self, record):
        self._say("bridge: " + record.getMessage())
        if record.exc_info:
            self._say("bridge: %r" % record.exc_info[1])


@contextlib.contextmanager
def logged(say):
    """The bridge's log lines go to `say(text)` for as long as the block runs."""
    logger, handler = logging.getLogger("pilebridge"), _Told(say)
    saved = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(saved[0])
        logger.propagate = saved[1]


@contextlib.contextmanager
def replaced(*rows):
    """Attributes (owner, name, value) for as long as the block runs."""
    saved = [(owner, name, getattr(owner, name)) for owner, name, _value in rows]
    for owner, name, value in rows:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in saved:
            setattr(owner, name, value)


@contextlib.contextmanager
def installed(clock, seed, wall_s, world=None):
    """MicroPython's time and asyncio on `clock`; time.time() is `wall_s()`, randomness follows `seed`."""
    chance = random.Random("urandom %d" % seed)
    saved = random.getstate()
    random.seed("module %d" % seed)
    rows = (
        (time, "time", lambda: float(wall_s())),
        (time, "time_ns", lambda: int(wall_s() * 1_000_000_000)),
        (time, "monotonic", lambda: clock.now_us / 1_000_000),
        (os, "urandom", chance.randbytes),
        (random, "_urandom", chance.randbytes),
        # The firmware collects every two seconds; here it would only cost time
        (gc, "collect", lambda *_values: 0),
        # Finalizers of dead tasks run when the run is over, not whenever
        (sys, "unraisablehook", lambda _what: None),
    )
    with host.installed(world or _Bare(clock)), replaced(*rows):
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
            random.setstate(saved)


def run(coroutine, processes):
    """Run to the end in virtual time; then everything left ends where it stands. The result."""
    loop = host.WorldLoop(current.clock)
    loop.set_task_factory(task_factory)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(loop.create_task(coroutine))
    finally:
        # What the dead leave behind concerns nobody
        loop.set_exception_handler(lambda _loop, _what: None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for process in processes:
                process.dispose()
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False
        asyncio.set_event_loop(None)
        loop.close()
