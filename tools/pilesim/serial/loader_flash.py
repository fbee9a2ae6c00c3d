"""A chip's flash as its loaders see it, and the frames that they answer in."""

import functools
import hashlib
import operator
import struct

SECTOR_BYTES = 4096
END, ESCAPE = b"\xc0", b"\xdb"
HEAD = struct.Struct("<BBHI")
# Reasons in an answer
OK, INVALID, FAILED, CHECKSUM, WRITE, READ, LENGTH, DEFLATE = 0, 5, 6, 7, 8, 9, 0xA, 0xB


class LoaderError(Exception):
    """A command that a loader refuses; `reason` of the above."""

    def __init__(self, reason):
        self.reason = reason


class LoaderFlash:
    """`content` is anything whose slices can be read and set. Erasing sets, programming only clears bits."""

    def __init__(self, content):
        self.size = len(content)
        self._content = content

    def erase(self, at, count):
        """Set all sectors that `count` bytes from `at` touch."""
        self._check(at, count, FAILED)
        if count:
            start, end = at - at % SECTOR_BYTES, at + count
            end = min(end + -end % SECTOR_BYTES, self.size)
            self._content[start:end] = b"\xff" * (end - start)

    def program(self, at, data):
        """Clear bits. What pads a last block changes nothing, and may lie behind the end."""
        data = data.rstrip(b"\xff")
        self._check(at, len(data), WRITE)
        old = int.from_bytes(self._content[at : at + len(data)], "little")
        new = old & int.from_bytes(data, "little")
        self._content[at : at + len(data)] = new.to_bytes(len(data), "little")

    def read(self, at, count):
        """`count` bytes from `at`."""
        self._check(at, count, READ)
        return bytes(self._content[at : at + count])

    def md5(self, at, count):
        """Hash of `count` bytes from `at`."""
        self._check(at, count, READ)
        return hashlib.md5(self._content[at : at + count])

    def _check(self, at, count, reason):
        if at + count > self.size:
            raise LoaderError(reason)


class Frames:
    """Takes what a host sends apart into frames; what stands between them is dropped."""

    def __init__(self):
        # None outside of a frame
        self._frame = None

    def take(self, data):
        """The frames that `data` ends."""
        found = []
        for number, part in enumerate(data.split(END)):
            if number:
                if self._frame:
                    frame = self._frame.replace(b"\xdb\xdc", END)
                    found.append(bytes(frame.replace(b"\xdb\xdd", ESCAPE)))
                    self._frame = None
                else:
                    self._frame = bytearray()
            if self._frame is not None:
                self._frame += part
        return found


def framed(data):
    """`data` as one frame."""
    return END + data.replace(ESCAPE, b"\xdb\xdd").replace(END, b"\xdb\xdc") + END


def answer(command, value, data, reason, status_bytes=4):
    """The frame that answers `command`."""
    data += bytes((reason != OK, reason, 0, 0))[:status_bytes]
    return framed(HEAD.pack(1, command, len(data), value) + data)


def counted(body, length):
    """The data of a block, which says its own length."""
    data = body[16:]
    if len(data) != length:
        raise LoaderError(LENGTH)
    return data


def checksum(data):
    """What a host sends along with a block."""
    return functools.reduce(operator.xor, data, 0xEF)
