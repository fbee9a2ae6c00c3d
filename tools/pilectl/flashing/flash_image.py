"""Everything that lies in a board's flash as one image: stock MicroPython, our table, the build, a blank journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from . import file_system
from .flash_chips import FLASH_CHIPS, SIZES_MB, flash_mb
from .partition_table import (
    FILES,
    TABLE_AT,
    Partition,
    TableError,
    app_of,
    named,
    pack,
    with_journal,
)
from .stock_image import StockImage, StockImageError

_BLANK = b"\xff"


class FlashImage(NamedTuple):
    """What a board's flash holds after its first flashing; `content` is the whole flash from address 0."""

    board: str
    chip: str
    table: list[Partition]
    content: bytes
    bootloader_bytes: int
    app_bytes: int

    @property
    def bootloader_at(self) -> int:
        """Where the ROM looks for the bootloader."""
        return FLASH_CHIPS[self.chip].bootloader_at

    def part(self, at: int, size: int) -> bytes:
        """`size` bytes of the content from `at` on."""
        return self.content[at : at + size]


def make(board: Any, stock: StockImage, files: dict[str, bytes]) -> FlashImage:
    """The image of a board (BOARD of its board.py) with `files` on it; StockImageError, FilesError."""
    # Slow to import
    from esptool.cmds import merge_bin

    megabytes = flash_mb(board)
    if megabytes not in SIZES_MB:
        allowed = " ".join(map(str, SIZES_MB))
        raise StockImageError(
            f"FLASH_MB = {megabytes} in boards/{board.NAME}/board.py: allowed {allowed}"
        )
    try:
        table = with_journal(stock.table, megabytes << 20)
        app = app_of(table)
    except TableError as error:
        raise StockImageError(str(error)) from error
    place = named(table, FILES)
    assert place is not None
    with quiet():
        # Writes the flash's size into the bootloader's header, and its hash anew
        content = merge_bin(
            [
                (FLASH_CHIPS[board.CHIP].bootloader_at, stock.bootloader),
                (TABLE_AT, pack(table)),
                (app.at, stock.app),
                (place.at, file_system.image(files, place.size)),
            ],
            board.CHIP,
            flash_size=f"{megabytes}MB",
            pad_to_size=f"{megabytes}MB",
        )
    return FlashImage(
        board.NAME, board.CHIP, table, bytes(content), len(stock.bootloader), len(stock.app)
    )


def blank(data: bytes) -> bool:
    """Whether flash with these bytes is as erased."""
    return not data.strip(_BLANK)


def save(image: FlashImage, path: Path) -> None:
    """Write the whole image to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image.content)


class quiet:  # noqa: N801
    """While it lasts esptool prints nothing."""

    def __enter__(self) -> None:
        from esptool.logger import log

        log.set_verbosity("silent")

    def __exit__(self, *_exc: object) -> None:
        from esptool.logger import log

        log.set_verbosity("auto")
