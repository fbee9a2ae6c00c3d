"""Frames of DL/T 645-2007 as the meter's side builds and reads them, independent of the firmware's code.

68 | address, low byte first | 68 | control | length | data, each byte +33 | sum | 16
"""

START = 0x68
END = 0x16
OFFSET = 0x33
WILDCARD = b"\xaa\xaa\xaa\xaa\xaa\xaa"
READ = 0x11
READ_ADDRESS = 0x13
FROM_METER = 0x80
ERROR = 0x40
ERROR_NO_DATA = 0x02


def address_bytes(text):
    """Six bytes, low byte first, of twelve decimal digits."""
    return bytes([int(text[i : i + 2], 16) for i in range(10, -2, -2)])


def build(address, control, data):
    """Frame bytes without wake-up bytes."""
    frame = bytearray([START])
    frame += address
    frame.append(START)
    frame.append(control)
    frame.append(len(data))
    for value in data:
        frame.append((value + OFFSET) & 0xFF)
    frame.append(sum(frame) & 0xFF)
    frame.append(END)
    return bytes(frame)


def bcd(value, size):
    """`size` bytes of packed decimal digits, low byte first; negative sets the top bit of the last."""
    digits = abs(value)
    out = bytearray()
    for _ in range(size):
        out.append(digits // 10 % 10 << 4 | digits % 10)
        digits //= 100
    if value < 0:
        out[size - 1] |= 0x80
    return bytes(out)


def take(buffer):
    """(address, control, data) of the first whole frame in a bytearray, removed from it, or None.

    What cannot begin a frame is dropped; a bad sum or end costs one byte and the search goes on.
    """
    while True:
        begin = buffer.find(b"\x68")
        if begin < 0:
            buffer[:] = b""
            return None
        if begin:
            buffer[:] = buffer[begin:]
        if len(buffer) < 10:
            return None
        length = buffer[9]
        if buffer[7] == START and length <= 200:
            size = 12 + length
            if len(buffer) < size:
                return None
            if buffer[size - 1] == END and sum(buffer[: size - 2]) & 0xFF == buffer[size - 2]:
                address = bytes(buffer[1:7])
                control = buffer[8]
                data = bytes([(value - OFFSET) & 0xFF for value in buffer[10 : 10 + length]])
                buffer[:] = buffer[size:]
                return address, control, data
        buffer[:] = buffer[1:]
