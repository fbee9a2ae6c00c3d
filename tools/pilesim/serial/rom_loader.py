"""The serial loader in a chip's ROM, without I/O, as esptool uses it; with esptool's own stub once that is loaded.

Frames are SLIP; requests and answers have an 8-byte head. Flash is NOR: a begin erases, data only clears
bits, and what was written before the power goes stays written.
"""

import struct

from pilesim.serial.downloads import Download
from pilesim.serial.loader_flash import (
    CHECKSUM,
    HEAD,
    INVALID,
    LENGTH,
    OK,
    Frames,
    LoaderError,
    LoaderFlash,
    answer,
    checksum,
    framed,
)
from pilesim.serial.rom_registers import Registers
from pilesim.serial.stub_loader import GREETING, StubLoader

# The body of esptool's first frame; a port that shall fall into the loader by itself waits for it
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
_TWO = struct.Struct("<II")
_SYNC_ANSWERS = _REFUSALS = 8
# Anything but 0, which would say that a stub answers
_SYNC_VALUE = 0x20120707
_SLOW_READ_BYTES = 64
_MAC = b"\x24\x0a\xc4\x00\x00\x01"
_SYNC, _READ_REGISTER, _SECURITY_INFO = 0x08, 0x0A, 0x14
_WITH_CHECKSUM = (0x03, 0x07, 0x11)


class RomLoader:
    """The loader of a `chip` (esp32, esp32s2, ...) over `flash`, anything whose slices can be read and set.

    `done` says that the host has asked to run the application; whoever feeds the loader restarts the chip.
    """

    def __init__(self, flash, chip, mac=_MAC):
        self.done = False
        self._flash = LoaderFlash(flash)
        self._registers = Registers(chip, self._flash.size, mac)
        self._frames = Frames()
        self._stub = None
        download = Download(self._flash)
        self._commands = {
            0x02: download.begin,
            0x03: download.data,
            0x04: self._flash_end,
            0x05: self._nothing,
            0x06: self._memory_end,
            0x07: self._nothing,
            _SYNC: self._nothing,
            0x09: self._registers.write_all,
            _READ_REGISTER: self._nothing,
            0x0B: self._nothing,
            0x0D: self._nothing,
            0x0E: self._read_slow,
            0x0F: self._registers.change_baud,
            0x10: download.begin_compressed,
            0x11: download.compressed_data,
            0x12: self._flash_end,
            0x13: lambda body: self._flash.md5(*_TWO.unpack(body[:8])).hexdigest().encode(),
        }
        if self._registers.tells_security:
            self._commands[_SECURITY_INFO] = self._registers.security_info

    def feed(self, data):
        """Take bytes of the host; returns what the chip sends."""
        sent = b""
        for frame in self._frames.take(bytes(data)):
            sent += self._take(frame) if self._stub is None else self._take_by_stub(frame)
        return sent

    def _take(self, frame):
        if len(frame) < HEAD.size:
            return b""
        direction, command, length, check = HEAD.unpack(frame[: HEAD.size])
        body = frame[HEAD.size :]
        if direction or length != len(body):
            return b""
        if command not in self._commands:
            # The ROM says so eight times, and not to which command
            return answer(0, 0, b"", INVALID) * _REFUSALS
        value, data, reason = 0, b"", OK
        if command in _WITH_CHECKSUM and checksum(body[16:]) != check & 0xFF:
            reason = CHECKSUM
        else:
            try:
                data = self._commands[command](body)
            except LoaderError as error:
                reason = error.reason
            except struct.error:
                reason = INVALID
        if command == _SYNC:
            return answer(command, _SYNC_VALUE, b"", reason) * _SYNC_ANSWERS
        if command == _READ_REGISTER and len(body) == 4:
            value = self._registers.read(int.from_bytes(body, "little"))
        sent = answer(command, value, data, reason)
        return sent if self._stub is None else sent + framed(GREETING)

    def _take_by_stub(self, frame):
        stub = self._stub
        sent = stub.take(frame)
        if stub.over:
            self._stub = None
            self.done = stub.over == "run"
        return sent

    def _nothing(self, _body):
        return b""

    def _memory_end(self, body):
        # What was loaded is taken for the stub; without an entry nothing is started
        stay, entry = _TWO.unpack(body[:8])
        if entry and not stay:
            self._stub = StubLoader(self._flash, self._registers)
        return b""

    def _flash_end(self, body):
        # 0 restarts, 1 runs the application; either way the loader ends
        if len(body) < 4:
            raise LoaderError(INVALID)
        self.done = True
        return b""

    def _read_slow(self, body):
        at, count = _TWO.unpack(body[:8])
        if count > _SLOW_READ_BYTES:
            raise LoaderError(LENGTH)
        return self._flash.read(at, count).ljust(_SLOW_READ_BYTES, b"\x00")
