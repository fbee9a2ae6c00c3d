"""CPython shim of MicroPython's `micropython` module."""

import gc

from pilesim import current


def const(value):
    """The value."""
    return value


def native(function):
    """The function as it is."""
    return function


viper = native


def schedule(function, argument):
    """Queue a soft callback; RuntimeError when the queue is full."""
    if not current.clock.schedule(function, argument):
        raise RuntimeError("schedule queue full")


def heap_lock():
    """Nothing to lock here; the allocation tests run on MicroPython."""
    return 0


heap_unlock = heap_lock


def kbd_intr(character):
    """Accepted."""


def alloc_emergency_exception_buf(size):
    """Accepted."""


def opt_level(level=None):
    """Accepted."""
    return 0


def mem_info(verbose=None):
    """Print what the collector knows."""
    print("gc counts", gc.get_count())
