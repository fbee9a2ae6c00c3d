"""What esptool's own program does in a chip's memory once the ROM has loaded it: the same, faster, and more."""

import hashlib
import struct

from pilesim.serial.downloads import Download
from pilesim.serial.loader_flash import HEAD, INVALID, OK, LoaderError, answer, checksum, framed

# Sent once, when it runs
GREETING = b"OHAI"
_TWO = struct.Struct("<II")
_FOUR = struct.Struct("<IIII")
_STATUS_BYTES = 2
_SYNC_ANSWERS = 8
_READ_REGISTER, _READ_FLASH = 0x0A, 0xD2


class StubLoader:
    """Over a LoaderFlash and the chip's Registers. `over` says how it ended: "rom" or "run", "" while it lives."""

    def __init__(self, flash, registers):
        self.over = ""
        self._flash = flash
        self._registers = registers
        # What is still to send of a read, and its hash
        self._reading = []
        self._digest = b""
        download = Download(flash, late=True)
        self._commands = {
            0x02: download.begin,
            0x03: download.data,
            0x04: self._end,
            0x09: registers.write_all,
            _READ_REGISTER: lambda _body: b"",
            0x0B: lambda _body: b"",
            0x0D: lambda _body: b"",
            0x0F: registers.change_baud,
            0x10: download.begin_compressed,
            0x11: download.compressed_data,
            0x12: self._end,
            0x13: lambda body: flash.md5(*_TWO.unpack(body[:8])).digest(),
            0xD0: self._erase_all,
            0xD1: self._erase_region,
            _READ_FLASH: self._read,
            0xD3: self._run,
        }

        if registers.tells_security:
            self._commands[0x14] = registers.security_info

    def take(self, frame):
        """Take one frame of the host; returns what the chip sends."""
        if self._reading and len(frame) == 4:
            return self._next()
        if len(frame) < HEAD.size:
            return b""
        _direction, command, _length, check = HEAD.unpack(frame[: HEAD.size])
        body = frame[HEAD.size :]
        if command == 0x08:
            return answer(command, 0, b"", OK, _STATUS_BYTES) * _SYNC_ANSWERS
        value, data, reason = 0, b"", OK
        if command not in self._commands or (
            command in (0x03, 0x11) and checksum(body[16:]) != check & 0xFF
        ):
            reason = INVALID
        else:
            try:
                data = self._commands[command](body)
            except LoaderError as error:
                reason = error.reason
        if command == _READ_REGISTER:
            value = self._registers.read(int.from_bytes(body[:4], "little"))
        sent = answer(command, value, data, reason, _STATUS_BYTES)
        return sent + self._next() if command == _READ_FLASH and not reason else sent

    def _end(self, body):
        # 0 is a soft reset, and the pins that chose the loader are still as they were
        if not int.from_bytes(body[:4], "little"):
            self.over = "rom"
        return b""

    def _run(self, _body):
        self.over = "run"
        return b""

    def _erase_all(self, _body):
        self._flash.erase(0, self._flash.size)
        return b""

    def _erase_region(self, body):
        self._flash.erase(*_TWO.unpack(body[:8]))
        return b""

    def _read(self, body):
        at, count, block, _ahead = _FOUR.unpack(body[:16])
        data = self._flash.read(at, count)
        self._digest = hashlib.md5(data).digest()
        self._reading = [data[start : start + block] for start in range(0, count, block)] + [b""]
        return b""

    def _next(self):
        """The next packet of a read; the last one is acknowledged too, and then comes the hash."""
        packet = self._reading.pop(0)
        return framed(packet or self._digest)
