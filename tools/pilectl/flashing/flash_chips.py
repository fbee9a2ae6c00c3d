"""How the chips of the boards are flashed: names, offsets and sizes, and what MicroPython calls its image."""

from __future__ import annotations

from typing import Any, NamedTuple

# That common flash chips have
SIZES_MB = (4, 8, 16, 32)


class FlashChip(NamedTuple):
    """One chip, as esptool and as MicroPython's download page know it."""

    # Number in the header of an image
    number: int
    # As esptool prints it
    title: str
    bootloader_at: int
    # Of the common modules; a board with another flash says FLASH_MB in its board.py
    flash_mb: int
    # The stock image is STOCK-date-version.bin
    stock: str


FLASH_CHIPS = {
    "esp32": FlashChip(0, "ESP32", 0x1000, 4, "ESP32_GENERIC"),
    "esp32s2": FlashChip(2, "ESP32-S2", 0x1000, 4, "ESP32_GENERIC_S2"),
    "esp32s3": FlashChip(9, "ESP32-S3", 0x0, 8, "ESP32_GENERIC_S3"),
    "esp32c3": FlashChip(5, "ESP32-C3", 0x0, 4, "ESP32_GENERIC_C3"),
    "esp32c6": FlashChip(13, "ESP32-C6", 0x0, 4, "ESP32_GENERIC_C6"),
}
# Of other chips too, so that an image for one of them is called by its name
TITLES = {
    **{chip.number: chip.title for chip in FLASH_CHIPS.values()},
    12: "ESP32-C2",
    16: "ESP32-H2",
    18: "ESP32-P4",
    20: "ESP32-C61",
    23: "ESP32-C5",
}


def flash_mb(board: Any) -> int:
    """Size of a board's flash."""
    return int(getattr(type(board), "FLASH_MB", FLASH_CHIPS[board.CHIP].flash_mb))


def write_arguments(chip: str, port: str, baud: int, file: str, at: int = 0) -> list[str]:
    """Arguments of esptool that write `file`, whose own header says mode, frequency and size already."""
    return [
        *("--chip", chip),
        *("--port", port),
        *("--baud", str(baud)),
        *("--before", "default-reset", "--after", "hard-reset"),
        *("write-flash", "--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"),
        *(f"{at:#x}", file),
    ]
