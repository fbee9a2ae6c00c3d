"""Under MicroPython: runs a tree of firmware in the simulated world, and watches its heap if asked to.

The tree is a list of folders: those of the sources, or the one of a build. A sample collects first, so that
it counts what is held; it is taken at its time of the world whatever the firmware does there, at distances
that fall on no beat of its own. The world keeps no trace meanwhile. Last line: figures as JSON, in bytes.

Usage: micropython tree_in_world.py TREE[,TREE] SAMPLE_MS key=value ..
"""

import asyncio
import gc
import json
import socket
import sys

# The chip's modules are the world's, though the firmware asks for them; the others stock firmware has frozen
import esp32
import machine
import micropython
import umqtt.simple

from pilesim import pile, world

LOADED = (asyncio.Event, asyncio.Lock, asyncio.open_connection, asyncio.gather)
STAND_INS = (
    machine.Pin,
    machine.ADC,
    machine.PWM,
    machine.Timer,
    machine.UART,
    machine.WDT,
    esp32.Partition,
    esp32.RMT,
)


def taken():
    """Bytes in use; twice, because a finaliser frees in the second round."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


class Watch:
    """Samples of one run.

    `before`: with the world and without firmware. `begun`: when the scenario's first word that is no
    waiting came. `most`: the largest sample. `after`: when the firmware is gone. `stand_ins`: what the
    world's chip keeps for the parts that the firmware made.
    """

    def __init__(self, sample_ms):
        self.before = self.begun = self.most = self.most_ms = self.after = self.stand_ins = 0
        self.samples = 0
        self._sample_us = sample_ms * 1000
        self._clock = None
        self._event = None
        for kind in STAND_INS:
            self._weigh(kind)

    def _weigh(self, kind):
        make = kind.__init__

        def weighed(*values, **words):
            before = taken()
            make(*values, **words)
            self.stand_ins += taken() - before

        kind.__init__ = weighed

    def begins(self, clock):
        """The world stands and the firmware comes next."""
        self._clock = clock
        self._event = clock.event(self._sample)
        print("@names")
        micropython.qstr_info(1)
        self.before = taken()

    def started(self):
        """The Station is made, its tasks begin."""
        self._event.at(self._clock.now_us + self._sample_us)

    def at_step(self, step):
        """One word of the scenario."""
        if step.word != "run" and not self.begun:
            self.begun = taken()

    def _sample(self, now_us):
        held = taken()
        self.samples += 1
        if held > self.most:
            self.most = held
            self.most_ms = now_us // 1000
        self._event.at(now_us + self._sample_us)

    def ends(self, runner):
        """The firmware goes, as by a loss of power; what is left is the world's, and names."""
        print("@names")
        micropython.qstr_info(1)
        self._event.cancel()
        runner.world.replace_chip(machine.PWRON_RESET)
        runner.world.board = runner.station = None
        # The link put its own buffer there
        umqtt.simple.socket = socket
        pile._forget_firmware()
        asyncio.new_event_loop()
        self.after = taken()


def _look(watch):
    """Let the simulator call the watch; returns the list that gets its runners."""
    runners = []
    make, start = pile._Pile, pile._Pile._started

    def make_pile(runner):
        if not runners:
            runners.append(runner)
            watch.begins(runner.world.clock)
        return make(runner)

    def started(self, station):
        start(self, station)
        watch.started()

    world.TRACE_SIZE = 0
    pile._Pile = make_pile
    make._started = started
    pile._print_step = watch.at_step
    return runners


def _wire_by_source(words):
    """Let the simulator wire the world by the source of the board, whatever a build has left of it."""
    name = pile.read_options(words).get("board", "devkitc")
    sys.path.insert(0, "boards/" + name)
    from board import BOARD

    sys.path.pop(0)
    pile._forget_firmware()
    pile.wiring_of = lambda board: BOARD


def run(trees, sample_ms, words):
    """Exit status of the simulated pile."""
    _wire_by_source(words)
    # The simulator has taken tables of the sources; the firmware must come from the tree
    sys.path[:] = [path for path in sys.path if not path.endswith("/firmware")]
    sys.path[3:3] = trees
    if not sample_ms:
        return pile.main(words)
    watch = Watch(sample_ms)
    runners = _look(watch)
    status = pile.main(words)
    watch.ends(runners.pop())
    names = ("before", "begun", "most", "most_ms", "after", "stand_ins", "samples")
    print(json.dumps({name: getattr(watch, name) for name in names}))
    return status


sys.exit(run(sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3:]))
