"""DL/T 645-2007 frames: encode a read request, find and check the answer. No I/O.

Addresses are 12 digit strings as printed on the meter; identifiers are DI3..DI0 as one integer.
"""

from micropython import const

READ = 0x11
READ_ADDRESS = 0x13
ANSWER = 0x80
ERROR = 0x40
WILDCARD = "AAAAAAAAAAAA"

# One phase B or C is 0x100 or 0x200 further, all three in one block are at 0xFF00
ENERGY_IMPORT = 0x00010000  # forward active total, 0.01 kWh
VOLTAGE_A = 0x02010100  # 0.1 V
CURRENT_A = 0x02020100  # 0.001 A
POWER = 0x02030000  # total active, 0.1 W
FREQUENCY = 0x02800002  # 0.01 Hz
BLOCK = 0xFF00

# DI3 and DI2; a value has two bytes, but for energy and what has a sign
_ENERGY = const(0x0001)
_SIGNED = (0x0202, 0x0203)
_OFFSET = const(0x33)
# Of an error answer; the other bits are about passwords, baud rates and tariffs
_NO_DATA = const(0x02)


class FrameError(ValueError):
    """An answer that is no good reading; the text says why."""


class NoDataError(FrameError):
    """The meter does not know the identifier."""


def _address_bytes(address):
    return bytes(int(address[i : i + 2], 16) for i in range(10, -1, -2))


def encode(address, control, data=b""):
    """One frame with four wake-up bytes."""
    body = b"\x68" + _address_bytes(address) + b"\x68" + bytes((control, len(data)))
    body += bytes((value + _OFFSET) & 0xFF for value in data)
    return b"\xfe\xfe\xfe\xfe" + body + bytes((sum(body) & 0xFF, 0x16))


def encode_read(address, identifier):
    """Request to read one quantity."""
    return encode(address, READ, identifier.to_bytes(4, "little"))


def find_frame(buffer):
    """(frame, rest) of the first intact frame in `buffer`, or (None, what may still become one).

    Garbage, wake-up bytes and frames with a wrong checksum are skipped; search goes on at the
    next 68 so that noise never hides a good frame behind it.
    """
    start = 0
    unfinished = -1  # first place that may still become a frame; a whole one behind it wins
    while True:
        start = buffer.find(b"\x68", start)
        if start < 0 or len(buffer) - start < 12:
            first = unfinished if unfinished >= 0 else start
            return None, buffer[first:] if first >= 0 else b""
        size = buffer[start + 9]
        if buffer[start + 7] != 0x68 or size > 200:
            start += 1
            continue
        end = start + 12 + size
        if len(buffer) < end:
            if unfinished < 0:
                unfinished = start
            start += 1
            continue
        frame = buffer[start:end]
        if frame[-1] == 0x16 and sum(frame[:-2]) & 0xFF == frame[-2]:
            return frame, buffer[end:]
        start += 1


def frame_address(frame):
    """Address of a frame as 12 hexadecimal digits."""
    return "".join("%02X" % frame[i] for i in range(6, 0, -1))


def frame_data(frame):
    """(control, data without the 33 offset) of an intact frame."""
    return frame[8], bytes((value - _OFFSET) & 0xFF for value in frame[10:-2])


def _answer(frame, address, function):
    """Data of an answer of this meter to this function; FrameError when it is none."""
    control, data = frame_data(frame)
    if not control & ANSWER:
        raise FrameError("echo of a request")
    if address != WILDCARD and frame_address(frame) != address:
        raise FrameError("answer of meter %s, asked %s" % (frame_address(frame), address))
    if control & 0x1F != function:
        raise FrameError("control %02X with %d bytes" % (control, len(data)))
    if control & ERROR:
        code = data[0] if data else 0
        if code & _NO_DATA:
            raise NoDataError("meter error %02X: no such data" % code)
        raise FrameError("meter error %02X" % code)
    return data


def decode_read(frame, address, identifier):
    """Value of the answer in the quantity's own unit, of a block a tuple of three; FrameError when it is none."""
    data = _answer(frame, address, READ)
    kind = identifier >> 16
    signed = kind in _SIGNED
    size = 4 if kind == _ENERGY else 3 if signed else 2
    count = 3 if identifier & BLOCK == BLOCK else 1
    if len(data) != 4 + count * size:
        raise FrameError("control %02X with %d bytes" % (frame[8], len(data)))
    if int.from_bytes(data[:4], "little") != identifier:
        raise FrameError("another quantity")
    if count == 1:
        return _bcd(data[4:], signed)
    return tuple(_bcd(data[at : at + size], signed) for at in range(4, len(data), size))


def decode_address(frame):
    """Address that a meter tells as its own; FrameError when the frame does not tell one."""
    data = _answer(frame, WILDCARD, READ_ADDRESS)
    address = frame_address(frame)
    if data != _address_bytes(address) or not address.isdigit():
        raise FrameError("another address than that of meter %s" % address)
    return address


def _bcd(data, signed):
    value = 0
    negative = False
    for index in range(len(data) - 1, -1, -1):
        byte = data[index]
        if signed and index == len(data) - 1:
            negative = bool(byte & 0x80)
            byte &= 0x7F
        if byte >> 4 > 9 or byte & 15 > 9:
            raise FrameError("not BCD: %02X" % byte)
        value = value * 100 + (byte >> 4) * 10 + (byte & 15)
    return -value if negative else value
