"""Under MicroPython: what boot.py, main.py and small stations find in place of a chip, and what they did to it."""

import os
import time

LOG = []  # what was done to the chip, in order
PAUSES = []
RAN = []  # what the small stations have said


class Reset(BaseException):
    """machine.reset()."""


class Watchdog(BaseException):
    """The watchdog has had enough of a program that hangs."""


class Machine:
    """In place of machine."""

    class Pin:
        OUT = 1

        def __init__(self, number, mode=None, value=None):
            LOG.append(("pin", number, value))

    class WDT:
        def __init__(self, timeout):
            LOG.append(("watchdog", timeout))

    @staticmethod
    def reset():
        LOG.append(("reset",))
        raise Reset


class Time:
    """In place of time: nobody waits; after some pauses somebody presses Ctrl-C."""

    ticks_ms, ticks_add, ticks_diff = time.ticks_ms, time.ticks_add, time.ticks_diff

    @staticmethod
    def sleep(seconds):
        PAUSES.append(seconds)
        LOG.append(("sleep", seconds))
        if len(PAUSES) > 3:
            raise KeyboardInterrupt


class Record:
    """In place of `record`, which the small stations import."""

    ran = RAN

    @staticmethod
    def hang():
        # Nobody feeds it: it was armed, else the program would hang for ever
        if ("watchdog", 120000) in LOG:
            raise Watchdog
        raise AssertionError("hangs without a watchdog")


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def tree_of(folder, below=""):
    found = {}
    for name, kind, *_ in os.ilistdir(folder):
        if kind == 0x4000:
            found.update(tree_of(folder + "/" + name, below + name + "/"))
        else:
            found[below + name] = read(folder + "/" + name)
    return found
