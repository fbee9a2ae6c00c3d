"""The serial loader in a chip's ROM, without I/O, as far as esptool uses it without its own stub.

Frames are SLIP; requests and answers have an 8-byte head. Flash is NOR: a begin erases, data only clears
bits, and what was written before the power goes stays written.
"""

import hashlib
import struct
import zlib

from pilesim.serial.rom_registers import Registers

# The body of esptool's first frame; a port that shall fall into the loader by itself waits for it
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
SECTOR_BYTES = 4096
_HEAD = struct.Struct("<BBHI")
_FOUR = struct.Struct("<IIII")
_TWO = struct.Struct("<II")
_END, _ESCAPE = b"\xc0", b"\xdb"
_SYNC_ANSWERS = 8
# Anything but 0, which would say that a stub answers
_SYNC_VALUE = 0x20120707
_CHECKSUM_START = 0xEF
_SLOW_READ_BYTES = 64
_MAC = b"\x24\x0a\xc4\x00\x00\x01"
# Reasons in the answer
OK, INVALID, FAILED, CHECKSUM, WRITE, READ, LENGTH, DEFLATE = 0, 5, 6, 7, 8, 9, 0xA, 0xB


class RomError(Exception):
    """A command that the ROM refuses; `reason` of the above."""

    def __init__(self, reason):
        self.reason = reason


class RomLoader:
    """The loader of a `chip` (esp32, esp32s2, ...) over `flash`, anything whose slices can be read and set.

    `done` says that the host has asked to run the application; whoever feeds the loader restarts the chip.
    """

    def __init__(self, flash, chip, mac=_MAC):
        self.done = False
        self._flash = flash
        self._size = len(flash)
        self._registers = Registers(chip, self._size, mac)
        self._frame = None
        self._escaped = False
        # Of the download under way: where the next data go, block size, last block, decompressor
        self._start = self._block = 0
        self._last = -1
        self._at = 0
        self._inflate = None
        self._commands = {
            0x02: self._flash_begin,
            0x03: self._flash_data,
            0x04: self._flash_end,
            0x08: self._nothing,
            0x09: self._write_register,
            0x0A: self._nothing,
            0x0B: self._nothing,
            0x0D: self._nothing,
            0x0E: self._read_slow,
            0x0F: self._change_baud,
            0x10: self._deflate_begin,
            0x11: self._deflate_data,
            0x12: self._flash_end,
            0x13: self._md5,
        }
        if self._registers.chip.info_bytes:
            self._commands[0x14] = self._security_info

    def feed(self, data):
        """Take bytes of the host; returns what the chip sends."""
        answer = b""
        for byte in bytes(data):
            frame = self._take(byte)
            if frame is not None:
                answer += self._answer(frame)
        return answer

    def _take(self, byte):
        """One more byte; the frame that it ends, or None."""
        if byte == _END[0]:
            frame, self._frame, self._escaped = self._frame, bytearray(), False
            if frame:
                self._frame = None
                return bytes(frame)
        elif self._frame is not None:
            if self._escaped:
                self._escaped = False
                self._frame += _END if byte == 0xDC else _ESCAPE
            elif byte == _ESCAPE[0]:
                self._escaped = True
            else:
                self._frame.append(byte)
        return None

    def _answer(self, frame):
        if len(frame) < _HEAD.size:
            return b""
        direction, command, length, checksum = _HEAD.unpack(frame[: _HEAD.size])
        body = frame[_HEAD.size :]
        if direction or length != len(body):
            return b""
        if command not in self._commands:
            # The ROM says so eight times, and not to which command
            return _packed(0, 0, b"", INVALID) * _SYNC_ANSWERS
        value, data, reason = 0, b"", OK
        if command in (0x03, 0x11) and _xor(body[16:]) != checksum & 0xFF:
            reason = CHECKSUM
        else:
            try:
                data = self._commands[command](body)
            except RomError as refused:
                reason = refused.reason
            except struct.error:
                reason = INVALID
        if command == 0x08:
            return _packed(command, _SYNC_VALUE, b"", reason) * _SYNC_ANSWERS
        if command == 0x0A and len(body) == 4:
            value = self._registers.read(int.from_bytes(body, "little"))
        return _packed(command, value, data, reason)

    def _nothing(self, _body):
        return b""

    def _security_info(self, _body):
        chip = self._registers.chip
        # Flags, encryption counter, seven key purposes; newer chips add their number and revision
        return (bytes(12) + _TWO.pack(chip.number, 0))[: chip.info_bytes]

    def _write_register(self, body):
        for at in range(0, len(body), _FOUR.size):
            address, value, mask, _delay_us = _FOUR.unpack(body[at : at + _FOUR.size])
            self._registers.write(address, value, mask)
        return b""

    def _change_baud(self, body):
        self._registers.set_baud(_TWO.unpack(body[:8])[0])
        return b""

    def _flash_begin(self, body):
        erase_bytes, _blocks, self._block, self._start = _FOUR.unpack(body[:16])
        self._erase(self._start, erase_bytes)
        self._inflate, self._last = None, -1
        return b""

    def _flash_data(self, body):
        length, sequence = _TWO.unpack(body[:8])
        self._program(self._start + sequence * self._block, _counted(body, length))
        return b""

    def _deflate_begin(self, body):
        self._flash_begin(body)
        self._inflate, self._at = zlib.decompressobj(), self._start
        return b""

    def _deflate_data(self, body):
        length, sequence = _TWO.unpack(body[:8])
        data = _counted(body, length)
        if self._inflate is None:
            raise RomError(FAILED)
        if sequence != self._last:
            try:
                data = self._inflate.decompress(data)
            except zlib.error:
                raise RomError(DEFLATE)
            self._program(self._at, data)
            self._at += len(data)
            self._last = sequence
        return b""

    def _flash_end(self, body):
        # 0 restarts, 1 runs the application; either way the loader ends
        if len(body) < 4:
            raise RomError(INVALID)
        self.done = True
        return b""

    def _md5(self, body):
        at, count = _TWO.unpack(body[:8])
        self._check(at, count, READ)
        return hashlib.md5(self._flash[at : at + count]).hexdigest().encode()

    def _read_slow(self, body):
        at, count = _TWO.unpack(body[:8])
        if count > _SLOW_READ_BYTES:
            raise RomError(LENGTH)
        self._check(at, count, READ)
        return bytes(self._flash[at : at + count]).ljust(_SLOW_READ_BYTES, b"\x00")

    def _check(self, at, count, reason):
        if at + count > self._size:
            raise RomError(reason)

    def _erase(self, at, count):
        self._check(at, count, FAILED)
        start = at - at % SECTOR_BYTES
        end = min(at + count + -(at + count) % SECTOR_BYTES, self._size) if count else start
        self._flash[start:end] = b"\xff" * (end - start)

    def _program(self, at, data):
        # The last block is padded, and what pads it changes nothing
        data = data.rstrip(b"\xff")
        self._check(at, len(data), WRITE)
        old = int.from_bytes(self._flash[at : at + len(data)], "little")
        new = old & int.from_bytes(data, "little")
        self._flash[at : at + len(data)] = new.to_bytes(len(data), "little")


def _counted(body, length):
    data = body[16:]
    if len(data) != length:
        raise RomError(LENGTH)
    return data


def _xor(data):
    found = _CHECKSUM_START
    for byte in data:
        found ^= byte
    return found


def _packed(command, value, data, reason):
    data += bytes((reason != OK, reason, 0, 0))
    frame = _HEAD.pack(1, command, len(data), value) + data
    return _END + frame.replace(_ESCAPE, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END
