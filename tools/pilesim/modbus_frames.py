"""Frames of Modbus RTU as the meter's side reads and builds them, independent of the firmware's code.

address | function | data | CRC, low byte first
"""

import struct

EXCEPTION = 0x80
ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
NOT_A_NUMBER = b"\x7f\xc0\x00\x00"


def crc(data):
    """Two bytes, low byte first: polynomial A001, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def sealed(body):
    """A frame of its bytes without CRC."""
    body = bytes(body)
    return body + crc(body)


def request_of(frame):
    """(address, function, register, count) of a read request, or None."""
    frame = bytes(frame)
    if len(frame) != 8 or crc(frame[:6]) != frame[6:]:
        return None
    return (frame[0], frame[1], frame[2] << 8 | frame[3], frame[4] << 8 | frame[5])


def answer(address, function, data):
    """Answer with the registers' bytes."""
    return sealed(bytes([address, function, len(data)]) + data)


def refusal(address, function, code):
    """Exception."""
    return sealed([address, function | EXCEPTION, code])


def single(value, divisor=1):
    """Four bytes of the IEEE 754 single nearest to value / divisor, high byte first."""
    return struct.pack(">f", value / divisor)
