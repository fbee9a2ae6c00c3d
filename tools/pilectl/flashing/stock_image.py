"""A stock MicroPython image, as downloaded: found, checked, taken apart into bootloader, table and program."""

from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path
from typing import NamedTuple

from .flash_chips import FLASH_CHIPS, TITLES
from .partition_table import TABLE_AT, TABLE_BYTES, Partition, TableError, app_of, parse

DOWNLOADS = "https://micropython.org/download/"
_IMAGE_MAGIC = 0xE9
_CHIP_NUMBER_AT = 12
# What marks an image that only has the form of one, for simulated boards
STAND_IN = b"PileLink's simulator: no program"


class StockImageError(Exception):
    """The image cannot be used; the text says why and what to do."""


class StockImage(NamedTuple):
    """The parts of an image that lie in flash, and its table."""

    bootloader: bytes
    table: list[Partition]
    app: bytes


def find(root: Path, chip: str) -> Path:
    """The newest image for `chip` under build/stock, by its published name; StockImageError."""
    name = FLASH_CHIPS[chip].stock
    folder = root / "build" / "stock"
    # Variants carry a word where the plain image has its date
    images = [
        path
        for path in folder.glob(f"{name}-*.bin")
        if re.match(r"\d{8}-", path.name[len(name) + 1 :])
    ]
    if not images:
        raise StockImageError(
            f"no stock MicroPython for the {FLASH_CHIPS[chip].title} in build/stock: download {name} from "
            f"{DOWNLOADS}{name}/ and name it with --image FILE (a board that runs MicroPython already: "
            "--files-only)"
        )
    return max(images, key=lambda path: path.name)


def check_sum(path: Path, data: bytes, wanted: str, unchecked: bool) -> None:
    """Refuse an image that is not the one meant: `wanted` in hex, or FILE.sha256; StockImageError."""
    beside = path.with_name(path.name + ".sha256")
    if not wanted and beside.exists():
        wanted = (beside.read_text(encoding="utf-8").split() or [""])[0]
    if not wanted:
        if unchecked:
            return
        raise StockImageError(
            f"nothing says what {path.name} should be: give its SHA-256 with --sha256 HEX or in {beside.name}, "
            "or --unchecked if you trust where it comes from"
        )
    if not re.fullmatch(r"[0-9a-fA-F]{64}", wanted):
        raise StockImageError(
            f"{wanted!r} is no SHA-256: 64 hexadecimal digits, as sha256sum prints them"
        )
    found = hashlib.sha256(data).hexdigest()
    if found != wanted.lower():
        raise StockImageError(
            f"{path.name} has the SHA-256 {found} and not {wanted.lower()}: download it again"
        )


def take_apart(name: str, data: bytes, chip: str) -> StockImage:
    """The parts of a stock image for `chip`; `name` is what sentences call it. StockImageError."""
    base = FLASH_CHIPS[chip].bootloader_at
    bootloader = _image(name, "bootloader", data, chip)
    try:
        table = parse(data[TABLE_AT - base :][:TABLE_BYTES])
        place = app_of(table)
    except TableError as error:
        raise StockImageError(
            f"{name}: {error}: take the whole image of {FLASH_CHIPS[chip].stock} (.bin), not an update (.app-bin)"
        ) from error
    app = _image(name, "program", data[place.at - base :], chip)
    if len(app) > place.size:
        raise StockImageError(
            f"{name}: its program of {len(app)} bytes is larger than the partition {place.name} of "
            f"{place.size} bytes: download the image again"
        )
    return StockImage(bootloader, table, app)


def _image(name: str, part: str, data: bytes, chip: str) -> bytes:
    """The ESP image that `data` begins with, without what follows; StockImageError."""
    if len(data) < 24 or data[0] != _IMAGE_MAGIC:
        if part == "bootloader":
            raise StockImageError(
                f"{name} is no image for an ESP32: take {FLASH_CHIPS[chip].stock}-*.bin"
            )
        raise StockImageError(f"{name} ends before its {part}: download it again")
    (number,) = struct.unpack_from("<H", data, _CHIP_NUMBER_AT)
    if number != FLASH_CHIPS[chip].number:
        title = TITLES.get(number, f"chip {number}")
        raise StockImageError(
            f"{name} is for the {title} and the board has an {FLASH_CHIPS[chip].title}: "
            f"take {FLASH_CHIPS[chip].stock}-*.bin from {DOWNLOADS}"
        )
    return _whole(name, part, data, chip)


def _whole(name: str, part: str, data: bytes, chip: str) -> bytes:
    # Slow to import, and needed only here
    from esptool.bin_image import LoadFirmwareImage
    from esptool.util import FatalError

    try:
        image = LoadFirmwareImage(chip, data)
    except (FatalError, struct.error, RuntimeError, TypeError) as error:
        raise StockImageError(
            f"{name}: its {part} is cut off or damaged: download it again"
        ) from error
    if image.checksum != image.calculate_checksum() or (
        image.append_digest and image.stored_digest != image.calc_digest
    ):
        raise StockImageError(f"{name}: the checksum of its {part} is wrong: download it again")
    if image.data_length is None:
        raise StockImageError(
            f"{name}: its {part} has no SHA-256 of its own: take a published image"
        )
    return data[: int(image.data_length) + image.SHA256_DIGEST_LEN]
