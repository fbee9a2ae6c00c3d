"""The simulated pile's surroundings on the host: serial port, power, resets, the flash chip, the world's words.

Runs the chip as a process, again after each reset. Words come on stdin, what the world does goes to stdout.
"""

import asyncio
import fcntl
import mmap
import os
import re
import signal
import sys

from pilesim import host_stdin
from pilesim.chip import PWRON_RESET, SOFT_RESET
from pilesim.serial import partitions, rom, stand_in_stock
from pilesim.serial.chip_process import ChipFailure, ChipProcess
from pilesim.serial.ports import Ports
from pilesim.serial.word_queue import WordQueue

FLASH_FILE = "flash.bin"
TTY_LINK = "tty"
# esptool's SYNC: stands for the circuit of a board that pulls EN and BOOT
SYNC = b"\xc0\x00\x08\x24\x00"
_FLASH_MB = {"esp32s3": 8}
_COMMON_FLASH_MB = 4
_ROM_LINE_S = 1.0


class Supervisor:
    """One pile in directory `folder`; `command` and `environment` start MicroPython, `order` is what it gets."""

    def __init__(self, folder, board_source, command, environment, order):
        self._folder = folder
        self._command = command
        self._environment = environment
        self._order = {**order, "dir": str(folder)}
        self._chip_kind, megabytes = chip_of(board_source)
        self._flash_file = _open_flash(folder / FLASH_FILE, megabytes << 20)
        self._flash = mmap.mmap(self._flash_file.fileno(), 0)
        self._ports = None
        self._chip = None
        self._loader = None
        self._powered = True
        self._boot_held = False
        self._quit = False
        # Set by whatever ends the state that the chip is in
        self._changed = asyncio.Event()
        self._tail = b""
        self._unread = b""
        self._words = WordQueue(
            {
                "press_reset": self._change,
                "power on": lambda: self._switch(True),
                "power off": lambda: self._switch(False),
                "bootloader": self._hold_boot,
                "quit": self._end,
            },
            lambda text: _say("world: error %s" % text),
        )

    async def run(self, first_words=""):
        """Until the word `quit` or a signal; exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        self._ports = Ports(self._take)
        await self._ports.listen()
        link = self._folder / TTY_LINK
        link.unlink(missing_ok=True)
        link.symlink_to(self._ports.path)
        _say("serial: %s" % self._ports.path)
        _say("serial: %s" % self._ports.url)
        reader = asyncio.create_task(self._read_words())
        try:
            self._words.take(first_words)
            return await self._live()
        finally:
            reader.cancel()
            link.unlink(missing_ok=True)
            self._ports.close()
            self._flash.close()
            self._flash_file.close()

    # What the chip does

    async def _live(self):
        cause = PWRON_RESET
        raw = False
        while not self._quit:
            self._changed.clear()
            if not self._powered:
                self._words.runs(None)
                await self._changed.wait()
            elif self._boot_held:
                await self._load()
            else:
                self._ports.write(rom.starting(cause).encode())
                if not partitions.bootable(self._flash):
                    await self._complain()
                else:
                    try:
                        cause, raw = await self._run_chip(cause, raw)
                        continue
                    except ChipFailure as failure:
                        _say("pilesim: the simulated chip failed: %s" % failure)
                        return 1
            cause, raw = PWRON_RESET, False
        return 0

    async def _run_chip(self, cause, raw):
        """(cause of the next start, whether at the raw prompt)."""
        order = {**self._order, "cause": cause, "raw": raw, "words": self._words.lasting}
        chip = self._chip = ChipProcess(
            self._command, self._environment, order, self._ports.write, self._obey
        )
        # A soft reset keeps what has come in meanwhile
        chip.feed(self._unread)
        self._unread = b""
        self._words.runs(chip)
        end = asyncio.ensure_future(chip.run())
        change = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((end, change), return_when=asyncio.FIRST_COMPLETED)
            if not end.done():
                return PWRON_RESET, False
            cause = end.result()
        finally:
            self._chip = None
            self._words.changes()
            change.cancel()
            end.cancel()
            chip.kill()
        if cause == SOFT_RESET:
            self._unread = chip.leftover
        return cause, cause == SOFT_RESET and chip.raw

    async def _complain(self):
        """What the ROM says of flash without an application."""
        self._words.runs(None)
        while not self._changed.is_set():
            self._ports.write(rom.NO_IMAGE.encode())
            await self._wait(_ROM_LINE_S)

    async def _load(self):
        """The ROM's loader, until it is told to run what is in the flash."""
        from pilesim.serial.rom_loader import RomLoader

        self._boot_held = False
        self._ports.write((rom.loading() + rom.WAITING).encode())
        self._loader = RomLoader(self._flash, self._chip_kind)
        data, self._unread = self._unread, b""
        self._feed_loader(data)
        self._words.runs(None)
        await self._changed.wait()
        self._loader = None

    def _feed_loader(self, data):
        self._ports.write(self._loader.feed(data))
        if self._loader.done:
            self._change()

    async def _wait(self, seconds):
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            pass

    # What the host sends

    def _take(self, data):
        if self._loader is not None:
            self._feed_loader(data)
            return
        if self._boot_held:
            self._unread += data
            return
        seen = self._tail + data
        at = seen.find(SYNC)
        self._tail = seen[-len(SYNC) + 1 :]
        if at >= 0 and self._powered:
            self._tail = b""
            self._unread = seen[at:]
            self._hold_boot()
        elif self._chip is not None:
            self._chip.feed(data)

    def _hold_boot(self):
        self._boot_held = True
        self._change()

    # Words

    async def _read_words(self):
        next_line = host_stdin.open_stdin()
        while line := await next_line():
            self._words.take(line.decode(errors="replace"))

    def _switch(self, on):
        if on != self._powered:
            self._powered = on
            self._change()

    def _change(self):
        """End the state that the chip is in."""
        self._changed.set()
        self._words.changes()

    def _obey(self, line):
        """A line of the chip's process."""
        if line == "=done":
            self._words.done()
        elif line == "=quit":
            self._end()
        else:
            _say(line)

    def _end(self):
        self._quit = True
        self._changed.set()


def chip_of(board_source):
    """(chip, megabytes of flash) as board.py says."""
    text = board_source.read_text()
    chip = re.search(r'^    CHIP = "(\w+)"', text, re.MULTILINE)
    size = re.search(r"^    FLASH_MB = (\d+)", text, re.MULTILINE)
    name = chip.group(1) if chip else "esp32"
    return name, int(size.group(1)) if size else _FLASH_MB.get(name, _COMMON_FLASH_MB)


def _open_flash(path, size):
    """The open file of the chip's flash, blank when there is none; BlockingIOError when another pile has it."""
    if not path.exists():
        path.write_bytes(b"\xff" * size)
    file = path.open("r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(folder, board_source, command, environment, order, first_words=""):
    """Run a pile until it is ended; exit status."""

    async def start():
        return await supervisor.run(first_words)

    try:
        os.makedirs(folder, exist_ok=True)
        stand_in_stock.lay_out(folder, chip_of(board_source)[0])
        supervisor = Supervisor(folder.resolve(), board_source, command, environment, order)
    except BlockingIOError:
        _say("pilesim: another simulated pile has %s; end it first" % (folder / FLASH_FILE))
        return 2
    except OSError as error:
        _say("pilesim: %s; name another folder with --dir" % error)
        return 2
    return asyncio.run(start())
