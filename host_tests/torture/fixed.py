"""Everything that would differ from run to run comes from the seed: time, randomness, the order of tasks."""

import asyncio
import contextlib
import gc
import os
import random
import sys
import time

from pilesim import current, host

from .process import task_factory


class _Bare:
    """The part of a simulated world that the stand-ins need here: its clock."""

    def __init__(self, clock):
        self.clock = clock


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
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False
        for process in processes:
            process.dispose()
        asyncio.set_event_loop(None)
        loop.close()
