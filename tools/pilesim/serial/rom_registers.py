"""What a host sees of a chip through the ROM loader's register commands: kind, MAC, clock, flash chip.

The registers are those that esptool asks for; any other reads what was written to it, or 0.
"""

import struct
from collections import namedtuple

_TWO = struct.Struct("<II")
_FOUR = struct.Struct("<IIII")

# Of the flash chip that is simulated: Winbond, standard SPI NOR
_VENDOR, _KIND = 0xEF, 0x40
_SFDP = b"SFDP\x06\x01\x01\xff"
_CRYSTAL_HZ = 40_000_000
_FIRST_BAUD = 115_200
_KIND_REGISTER = 0x40001000
# Of the command register: run the command that the others describe
_RUN = 1 << 18
# Commands of the flash chip
_READ_ID, _READ_SFDP = 0x9F, 0x5A
# Where the parts of a command lie, from the SPI unit's base: run, address
_COMMAND, _ADDRESS = 0x00, 0x04
# What the first ESP32 measures its own oscillator by: both together say that the crystal has 40 MHz
_ESP32_CALIBRATION = {0x3FF5F06C: 800 << 7, 0x3FF5A010: 128}

# number: in image headers. kind: told by a register, or 0 where GET_SECURITY_INFO does. mac: its two words.
# spi: base of the flash's SPI unit; usr2 and w0: the command byte and the first data word from there.
# address_high: whether the address stands at the top of its word. divider: of UART0's clock
Chip = namedtuple("Chip", "number kind mac spi usr2 w0 address_high divider info_bytes")
CHIPS = {
    "esp32": Chip(0, 0x00F01D83, 0x3FF5A004, 0x3FF42000, 0x24, 0x80, True, 0x3FF40014, 0),
    "esp32s2": Chip(2, 0x000007C6, 0x3F41A044, 0x3F402000, 0x20, 0x58, False, 0x3F400014, 12),
    "esp32s3": Chip(9, 0, 0x60007044, 0x60002000, 0x20, 0x58, False, 0x60000014, 20),
    "esp32c3": Chip(5, 0, 0x60008844, 0x60002000, 0x20, 0x58, False, 0x60000014, 20),
    "esp32c6": Chip(13, 0, 0x600B0844, 0x60003000, 0x20, 0x58, False, 0x60000014, 20),
}


class Registers:
    """The registers of a chip of CHIPS with `flash_bytes` of flash and the MAC address `mac` (6 bytes)."""

    def __init__(self, chip, flash_bytes, mac):
        if chip not in CHIPS:
            raise ValueError("chip %s: allowed %s" % (chip, " ".join(CHIPS)))
        self.chip = CHIPS[chip]
        number = int.from_bytes(mac, "big")
        self._words = {
            _KIND_REGISTER: self.chip.kind,
            self.chip.mac: number & 0xFFFFFFFF,
            self.chip.mac + 4: number >> 32,
        }
        if chip == "esp32":
            self._words.update(_ESP32_CALIBRATION)
        self.set_baud(_FIRST_BAUD)
        # A flash tells its size as a power of two
        self._id = _VENDOR | _KIND << 8 | (flash_bytes.bit_length() - 1) << 16

    def set_baud(self, baud):
        """The line runs at `baud` from now on."""
        self._words[self.chip.divider] = _CRYSTAL_HZ // max(baud, 1)

    @property
    def tells_security(self):
        """Whether this chip knows the command."""
        return self.chip.info_bytes > 0

    def security_info(self, _body):
        """The command of that name: flags, encryption counter, seven key purposes, on newer chips number and revision."""
        return (bytes(12) + _TWO.pack(self.chip.number, 0))[: self.chip.info_bytes]

    def change_baud(self, body):
        """The command of that name: new rate, old rate."""
        self.set_baud(_TWO.unpack(body[:8])[0])
        return b""

    def write_all(self, body):
        """The command that writes registers: address, value, mask and delay of each."""
        for at in range(0, len(body), _FOUR.size):
            address, value, mask, _delay_us = _FOUR.unpack(body[at : at + _FOUR.size])
            self.write(address, value, mask)
        return b""

    def read(self, address):
        """The word at `address`."""
        return self._words.get(address, 0)

    def write(self, address, value, mask):
        """Set the bits of `mask`."""
        value = self.read(address) & ~mask | value & mask
        if address == self.chip.spi + _COMMAND and value & _RUN:
            self._ask_flash()
            value &= ~_RUN
        self._words[address] = value

    def _ask_flash(self):
        chip = self.chip
        command = self.read(chip.spi + chip.usr2) & 0xFF
        answer = 0
        if command == _READ_ID:
            answer = self._id
        elif command == _READ_SFDP:
            at = self.read(chip.spi + _ADDRESS) >> (8 if chip.address_high else 0)
            answer = int.from_bytes(_SFDP[at : at + 4].ljust(4, b"\xff"), "little")
        self._words[chip.spi + chip.w0] = answer
