"""Under MicroPython: runs a tree of firmware in the simulated world, and watches its heap if asked to.

The tree is a list of folders: those of the sources, or the one of a build. A sample collects first, so that
it counts what is held; it is taken at the exact time of the world whatever the firmware does there, at
distances that fall on no beat of its own. The world keeps no trace meanwhile. Last line: figures as JSON.

Usage: micropython tree_in_world.py TREE[,TREE] SAMPLE_MS key=value ..
"""

import asyncio
import gc
import json
import socket
import sys

# The chip's modules are the world's, though the firmware asks for them
import esp32
import machine
import micropython

# What stock firmware has frozen is loaded before anything is counted
import umqtt.simple
from pilesim import pile, world

LOADED = (asyncio.Event, asyncio.Lock, asyncio.open_connection, umqtt.simple, machine, esp32)


def taken():
    """Bytes in use; twice, because a finaliser frees in the second round."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


class Scales:
    """Weighs the stand-ins that the firmware makes: a chip has them too, but not in its heap, or smaller."""

    def __init__(self, kinds):
        self.bytes = 0
        for kind in kinds:
            if hasattr(kind, "__init__"):
                self._put_on(kind)

    def _put_on(self, kind):
        make = kind.__init__

        def weighed(*values, **words):
            before = taken()
            make(*values, **words)
            self.bytes += taken() - before

        kind.__init__ = weighed


class Watch:
    """Bytes in use before the firmware came, when the scenario began, at most, and after the firmware."""

    def __init__(self, sample_ms):
        self.before = self.begun = self.most = self.after = 0
        self.most_ms = 0
        self.samples = 0
        self._sample_us = sample_ms * 1000
        self._clock = None
        self._event = None

    def begins(self, clock):
        """The world stands and the firmware comes next."""
        if self.before:
            return
        self._clock = clock
        self._event = clock.event(self._sample)
        self.before = taken()
        print("@before")
        micropython.qstr_info()

    def started(self):
        """The Station is made; its tasks begin."""
        print("made", taken() - self.before)
        self._event.at(self._clock.now_us + self._sample_us)

    def at_step(self, step):
        """A vehicle is about to come: until now the pile only started."""
        if step.word == "plug" and not self.begun:
            self.begun = taken()

    def _sample(self, now_us):
        held = taken()
        self.samples += 1
        if held > self.most:
            self.most = held
            self.most_ms = now_us // 1000
        self._event.at(now_us + self._sample_us)

    def ends(self, runner):
        """The firmware is gone, as after the loss of power; what is left is the world's."""
        print("@after")
        micropython.qstr_info()
        self._event.cancel()
        runner.world.replace_chip("PWRON_RESET")
        runner.station = None
        runner.world.board = None
        # The link put its own buffer there
        umqtt.simple.socket = socket
        pile._forget_firmware()
        asyncio.new_event_loop()
        self.after = taken()


def run(trees, sample_ms, words):
    """Status of the pile; prints the figures when samples were asked for."""
    watch = Watch(sample_ms)
    scales = (
        Scales(
            (
                machine.Pin,
                machine.ADC,
                machine.PWM,
                machine.Timer,
                machine.UART,
                machine.WDT,
                esp32.Partition,
                esp32.RMT,
            )
        )
        if sample_ms
        else None
    )
    runners = []
    # The simulator itself took some tables from the sources; the firmware must come from the tree
    sys.path[:] = [path for path in sys.path if not path.endswith("/firmware")]
    sys.path[3:3] = trees
    if sample_ms:
        world.TRACE_SIZE = 0
        forget, make, start = pile._forget_firmware, pile._Pile, pile._Pile._started

        def forget_firmware():
            forget()
            gc.collect()

        def make_pile(runner):
            runners.append(runner)
            watch.begins(runner.world.clock)
            return make(runner)

        def started(self, station):
            start(self, station)
            watch.started()

        pile._forget_firmware = forget_firmware
        pile._Pile = make_pile
        make._started = started
        pile._print_step = watch.at_step
    status = pile.main(words)
    if sample_ms:
        watch.ends(runners[-1])
        runners.clear()
        print("standins", scales.bytes)
        print(
            json.dumps(
                {
                    name: getattr(watch, name)
                    for name in ("before", "begun", "most", "most_ms", "after", "samples")
                }
            )
        )
    return status


sys.exit(run(sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3:]))
