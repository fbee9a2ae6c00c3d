"""What runs in the simulated chip from power-up to the prompt, as in stock MicroPython on an ESP32.

The process is MicroPython's unix port with -i, which gives the prompt when this has returned. Everything
of the simulator is imported first; then the littlefs in the chip's flash takes the place of the host's files.
"""

import asyncio
import builtins
import gc
import json
import select
import socket
import sys
import time

# The stand-ins, and what stock firmware has frozen: found in sys.modules, whatever sys.path says
import esp32
import machine
import micropython
import network  # noqa: F401
import onewire  # noqa: F401
import umqtt.simple
import vfs

from pilesim import current, esp32_partition
from pilesim.chip import ResetRequest
from pilesim.memory import MeterMemory
from pilesim.pile import BOOT_US
from pilesim.serial import partitions, rom
from pilesim.serial.board_sys import BoardSys, traceback
from pilesim.serial.control_line import ControlLine
from pilesim.serial.file_flash import FileFlash
from pilesim.serial.words import Words, watch_for_station
from pilesim.world import World

_FLASH_FILE = "flash.bin"
_FILES = "vfs"
_BOOT_PY = "# This file is executed on every boot (including wake-boot from deepsleep)\n"
_CTRL_C = 3
# A longer time at the prompt is not made up for
_MOST_LAG_US = 60_000_000
_unread = select.poll()
_unread.register(sys.stdin, select.POLLIN)
_PATH = ("", ".frozen", "/lib")


def power_up(descriptor, space):
    """Start the chip as the supervisor orders it; returns when the prompt comes, in the globals `space`."""
    micropython.kbd_intr(-1)
    line = ControlLine(descriptor)
    order = json.loads(line.read())
    try:
        world, words = _world(order, line)
    except Exception as error:
        line.send("=failed %s" % traceback(error, sys).replace("\n", " | "))
        line.read()
    sys.modules["sys"] = BoardSys(sys)
    kept = tuple(sys.modules)
    line.send("=ready")
    raw = order["raw"]
    while True:
        _forget_program(kept, space)
        try:
            _mount()
            if _run("boot.py", space, line) and not raw:
                load = watch_for_station(builtins, words.found)
                _run("main.py", space, line)
                builtins.__import__ = load
            break
        except ResetRequest as reset:
            words.found(None)
            if reset.cause != machine.SOFT_RESET:
                raw = False
                while _unread.poll(0):
                    sys.stdin.buffer.read(1)
            print(rom.starting(reset.cause), end="")
            world.clock.advance(BOOT_US)
    micropython.kbd_intr(-1)
    _follow_real_time(world)
    line.prompting = True
    line.send("=prompt")
    line.read()


def _world(order, line):
    """(World, Words) around the chip, wired by the source of the board."""
    world = World(seed=order["seed"])
    # The port is this process's own
    world.serial = None
    clock = world.clock

    def say(event, text):
        now_us = clock.now_us
        stamp = "world: %d.%03d" % (now_us // 1_000_000, now_us // 1000 % 1000)
        line.send(" ".join((stamp, event, text)).rstrip())

    def tell(entry):
        facts = entry[2]
        say(entry[1], " ".join(["%s=%s" % (key, facts[key]) for key in sorted(facts)]))
        if entry[1] == "reset" and line.prompting:
            # The supervisor ends this process: nothing of the program may run on
            line.send("=reset %d" % facts["cause"])
            while True:
                line.read()

    current.use(world)
    world.chip.cause = order["cause"]
    _partition(world, open(_FLASH_FILE, "r+b"))  # noqa: SIM115
    import board

    world.wire(getattr(board, "BOARD", board))
    # Never mounted: no program of the pile gets there
    files = vfs.VfsPosix()
    for outlet in world.outlets:
        MeterMemory(outlet.meter, outlet.number, files)
    words = Words(world, line, say)
    for text in order["words"]:
        words.carry_out_now(text)
    world.on_event = tell
    clock.on_error = sys.print_exception
    if order["speed_permille"]:
        clock.pace(time.RealTime(), order["speed_permille"])
    say("board", "name=%s seed=%d" % (order["board"], order["seed"]))
    return world, words


def _partition(world, file):
    """Lay the world's partitions over the chip's flash."""
    file.seek(partitions.TABLE_AT)
    world.partitioned = False
    for row in partitions.parse(file.read(partitions.TABLE_BYTES)):
        at, size, label = row[2:]
        if label == esp32_partition.LABEL:
            world.partitioned = True
            world.journal_at = at
            world.fit_flash(size)
            world.flash.keep_at(file, at)
        else:
            flash = FileFlash(file, at, size, world.clock.advance)
            world.partitions += (row + (flash,),)


def _forget_program(kept, space):
    """Nothing is left in the interpreter of what ran before, be it only the simulator's view of the firmware."""
    for name in list(sys.modules):
        if name not in kept or name.split(".")[0] in ("evse", "board"):
            del sys.modules[name]
    for name in list(space):
        if not name.startswith("__"):
            del space[name]
    micropython.kbd_intr(-1)
    asyncio.new_event_loop()
    # The link puts its own buffer there
    umqtt.simple.socket = socket
    sys.path[:] = _PATH
    sys.argv[:] = ()
    try:
        vfs.umount("/")
    except OSError:
        # The chip has no file system
        pass
    gc.collect()


def _mount():
    """The partition `vfs` as `/`; a blank one is formatted, any other that is no file system complained of."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=_FILES)
    if not found:
        return
    device = found[0]
    try:
        vfs.mount(device, "/")
    except OSError:
        _format(device)


def _format(device):
    sector = bytearray(device.ioctl(5, 0))
    device.readblocks(0, sector)
    micropython.kbd_intr(_CTRL_C)
    while sector != b"\xff" * len(sector):
        print(
            "The filesystem appears to be corrupted: format it, or erase the flash and begin anew."
        )
        time.sleep(3)
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(vfs.VfsLfs2(device), "/")
    with open("boot.py", "w") as file:
        file.write(_BOOT_PY)


def _run(name, space, line):
    """Run a file of the chip as the port does; false after an exception, whose traceback it has printed."""
    try:
        with open(name) as file:
            text = file.read()
    except OSError:
        return True
    done = False
    try:
        micropython.kbd_intr(_CTRL_C)
        exec(compile(text, name, "exec"), space)
        done = True
    except ResetRequest:
        raise
    except SystemExit:
        line.send("=reset %d" % machine.SOFT_RESET)
        line.read()
    except BaseException as error:
        print(traceback(error, sys), end="")
    micropython.kbd_intr(-1)
    return done


def _follow_real_time(world):
    """Have the world where real time is whenever a program at the prompt asks for the time or a pin."""
    clock = world.clock
    chip = world.chip
    own = clock.ticks_ms, clock.sleep_ms, chip.pad

    def caught_up(function):
        def follow(value=None):
            clock.catch_up(_MOST_LAG_US)
            clock.run_callbacks()
            return function() if value is None else function(value)

        return follow

    clock.ticks_ms, clock.sleep_ms, chip.pad = [caught_up(function) for function in own]
