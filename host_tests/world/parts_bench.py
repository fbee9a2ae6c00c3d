"""A chip in virtual time for drivers of single parts, and what their calls take."""

import contextlib
import sys

from pilesim import host
from pilesim.standins import onewire
from pilesim.world import World

# Where a test needs a pin and which one does not matter
PIN = 4


@contextlib.contextmanager
def bare_chip(seed=1):
    """A world whose chip nothing is wired to, with what stock MicroPython freezes."""
    world = World(seed)
    host.install(world)
    before = sys.modules.get("onewire")
    sys.modules["onewire"] = onewire
    try:
        yield world
    finally:
        del sys.modules["onewire"]
        if before is not None:
            sys.modules["onewire"] = before
        host.uninstall()


def timed(world, call, *arguments):
    """(microseconds, result) of a call; the result of a failing one is its OSError."""
    start_us = world.clock.now_us
    try:
        result = call(*arguments)
    except OSError as error:
        result = error
    return world.clock.now_us - start_us, result
