"""One simulated pile as a program: clock, world, board, firmware, and the world's words on stdin.

Runs on both interpreters. Options are key=value words: board, seed, speed (1.0 real time, 0 as fast
as it can), scenario (text, or @file), dir (the pile's file system, where its settings lie, and beside
them the raw flash of its journal, so that both outlive this program).
"""

import asyncio
import os
import sys

from pilesim import current, scenario
from pilesim.chip import ResetRequest
from pilesim.memory import MeterMemory, provision
from pilesim.world import World

CPYTHON = sys.implementation.name == "cpython"
# From reset to the first line of the program
BOOT_US = 300_000
FLASH_FILE = "journal.flash"
_PRINT_MS = 20
OPTIONS = ("seed", "speed", "scenario", "dir")
_FIRMWARE = ("evse", "board", "main", "boot")


async def run_firmware(board, started):
    """The one place where the simulator enters the firmware; what boot.py and main.py do on the pile.

    Calls `started(station)` with the object that scenarios talk to.
    """
    board.safe_outputs()
    from evse.app.station import Station

    station = Station(board)
    started(station)
    await station.run()


def wiring_of(board):
    """The board whose data the world is wired by; a build has no more of them than its firmware asks for."""
    return board


def read_options(words):
    """Dict of key=value words; raises ValueError naming a word without '='."""
    options = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator:
            raise ValueError("'%s' is not key=value" % word)
        options[key] = value
    return options


def run_pile(board_name, options):
    """Run board `board_name` until a scenario says quit or the firmware ends; 0, or 1 after an error."""
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise ValueError("option %s, allowed: board %s" % (unknown[0], " ".join(OPTIONS)))
    world = World(seed=int(options.get("seed", "1")))
    world.on_event = _print_event
    world.clock.on_error = _print_error
    real = _install(world)
    speed_permille = int(float(options.get("speed", "1")) * 1000)
    steps = scenario.parse(_scenario_text(options.get("scenario", "")))
    runner = scenario.Runner(world, steps, on_step=_print_step)
    if "dir" in options:
        os.chdir(options["dir"])
        if provision():
            _say("provisioned", "with the bench's public key")
        world.flash.keep_in(FLASH_FILE)
    if speed_permille:
        world.clock.pace(real, speed_permille)
    remembered = 0
    while True:
        _forget_firmware()
        pile = _Pile(runner)
        try:
            import board as module

            board = getattr(module, "BOARD", module)
            world.wire(wiring_of(board))
            if "dir" in options:
                remembered = _remember_meters(world, remembered)
            _say("board", "name=%s seed=%d" % (board_name, world.seed))
            _run_asyncio(pile.run(board))
            return pile.status
        except ResetRequest:
            _print_waiting()
            world.clock.advance(BOOT_US)


def _remember_meters(world, remembered):
    """Give the meters after the first `remembered` their files: the board says how many there are."""
    for outlet in world.outlets[remembered:]:
        MeterMemory(outlet.meter, outlet.number)
    return len(world.outlets)


class _Pile:
    """The tasks of one run of the firmware."""

    def __init__(self, runner):
        self.status = 0
        self._runner = runner
        # The station of an earlier run died with its chip
        runner.station = None
        self._over = None

    def _started(self, station):
        self._runner.station = station

    async def run(self, board):
        self._over = asyncio.Event()
        tasks = [
            asyncio.create_task(self._guard(run_firmware(board, self._started), "firmware")),
            asyncio.create_task(self._guard(self._run_scenario(), "scenario")),
            asyncio.create_task(self._read_words()),
            asyncio.create_task(self._print_lines()),
        ]
        await self._over.wait()
        for task in tasks:
            task.cancel()
        _print_waiting()

    async def _guard(self, coroutine, name):
        """Run one task; an error in it, or the firmware's end, ends the pile."""
        try:
            await coroutine
        except scenario.ScenarioError as error:
            _say("error", str(error))
            self.status = 1
        except Exception as error:
            _print_error(error)
            _say("error", "%s: %r" % (name, error))
            self.status = 1
        else:
            if name == "scenario" and not self._runner.quit:
                return
        self._over.set()

    async def _run_scenario(self):
        while self._runner.station is None:
            await asyncio.sleep_ms(scenario.POLL_MS)
        await self._runner.run()

    async def _print_lines(self):
        # The firmware writes its lines in pieces; the world's go between them, not into them
        while True:
            station = self._runner.station
            if station is None or not station.console.mid_line:
                _print_waiting()
            await asyncio.sleep_ms(_PRINT_MS)

    async def _read_words(self):
        next_line = _open_stdin()
        while True:
            line = await next_line()
            if not line:
                return
            try:
                for step in scenario.parse(line.decode()):
                    await self._runner.carry_out(step)
            except scenario.ScenarioError as error:
                _say("error", str(error))
            if self._runner.quit:
                self._over.set()


def _scenario_text(option):
    if not option.startswith("@"):
        return option
    with open(option[1:]) as file:
        return file.read()


def _forget_firmware():
    """A reset starts the program from nothing, module state included."""
    for name in list(sys.modules):
        if name.split(".")[0] in _FIRMWARE:
            del sys.modules[name]


# What differs between the interpreters


def _install(world):
    """Make the world current; the real time to pace it by."""
    if CPYTHON:
        from pilesim import host

        host.install(world)
        return host.RealTime()
    current.use(world)
    import time

    return time.RealTime()


def _run_asyncio(coroutine):
    if CPYTHON:
        from pilesim import host

        host.run(coroutine)
        return
    asyncio.new_event_loop()
    asyncio.run(coroutine)


def _open_stdin():
    """An async function that gives the next line of stdin as bytes, b"" at its end."""
    if not CPYTHON:
        return asyncio.StreamReader(sys.stdin.buffer).readline
    from pilesim import host_stdin

    return host_stdin.open_stdin()


# Lines on stdout, until they can be printed whole

_waiting = []


def _say(event, text):
    clock = current.clock
    now_us = 0 if clock is None else clock.now_us
    line = "world: %d.%03d %s %s" % (now_us // 1_000_000, now_us // 1000 % 1000, event, text)
    _waiting.append(line.rstrip())


def _print_waiting():
    while _waiting:
        print(_waiting.pop(0))


def _print_event(entry):
    event = entry[1]
    facts = entry[2]
    _say(event, " ".join(["%s=%s" % (key, facts[key]) for key in sorted(facts)]))


def _print_step(step):
    _say("step", step.place)


def _print_error(error):
    if CPYTHON:
        import traceback

        traceback.print_exception(error)
    else:
        sys.print_exception(error)


def main(words):
    """Run with key=value words; exit status."""
    # The directory it was started in must not shadow a module of the pile
    if "" in sys.path:
        sys.path.remove("")
    if CPYTHON:
        sys.stdout.reconfigure(line_buffering=True)
    options = read_options(words)
    try:
        return run_pile(options.pop("board", "devkitc"), options)
    except (ValueError, KeyboardInterrupt) as error:
        print("pilesim: %s" % (error or "interrupted"))
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
