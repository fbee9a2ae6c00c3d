"""Stand-ins for MicroPython's stock images: right by their form, with nonsense for programs.

The simulated chip brings its own MicroPython; it only wants to see that an image was flashed. `pilectl flash` writes
a stand-in to no real board, by its mark.
"""

import hashlib
import struct

from pilectl.flashing.flash_chips import FLASH_CHIPS
from pilectl.flashing.stock_image import STAND_IN

FILE = "stock.bin"

# Partition tables as MicroPython's ports/esp32 has them: with the file system named, and without
NAMED = (
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, 0x10000, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x200000),
)
UNNAMED = (
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, 0x10000, 0x210000),
)
# Where a program's segments may lie in memory, by chip
_RAM = {
    "esp32": 0x3FFB0000,
    "esp32s2": 0x3FFB0000,
    "esp32s3": 0x3FC88000,
    "esp32c3": 0x3FC80000,
    "esp32c6": 0x40800000,
}


def nonsense(size, seed):
    """`size` bytes that do not compress."""
    return hashlib.shake_128(seed.encode()).digest(size)


def program(chip, size, seed, number=None, flash_4mb=True):
    """An ESP image of about `size` bytes with right checksum and hash; `number` is another chip's."""
    number = FLASH_CHIPS[chip].number if number is None else number
    data = nonsense(size - size % 4, seed)
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20 if flash_4mb else 0, _RAM[chip])
    head += struct.pack("<BBBBHBHHIB", 0xEE, 0, 0, 0, number, 0, 0, 0xFFFF, 0, 1)
    body = head + struct.pack("<II", _RAM[chip], len(data)) + data
    check = 0xEF
    for byte in data:
        check ^= byte
    body += bytes(15 - len(body) % 16) + bytes((check,))
    return body + hashlib.sha256(body).digest()


def table(rows):
    """The bytes of a partition table."""
    data = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", kind, subtype, at, size, name.encode(), 0)
        for name, kind, subtype, at, size in rows
    )
    return data + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()


def stock(chip, rows=NAMED, app_bytes=24_000, number=None, seed="app"):
    """A whole stock image for `chip`, as one downloads it: from the bootloader to the program's end."""
    base = FLASH_CHIPS[chip].bootloader_at
    flash = bytearray(b"\xff" * 0x10000)
    bootloader = program(chip, 6000, "bootloader", number)
    flash[base : base + len(bootloader)] = bootloader
    flash[0x8000 : 0x8000 + len(table(rows))] = table(rows)
    return bytes(flash[base:]) + program(chip, app_bytes, seed, number)


def lay_out(folder, chip):
    """Write a stand-in with its SHA-256 beside it into the folder of a simulated board, unless one is there."""
    path = folder / FILE
    if not path.exists():
        # Its mark stands behind the program, where neither the chip nor esptool looks
        data = stock(chip) + STAND_IN
        path.with_name(FILE + ".sha256").write_text(
            "%s  %s\n" % (hashlib.sha256(data).hexdigest(), FILE)
        )
        path.write_bytes(data)
