"""Bring a board's flash to what an image says: what is written, what is kept, in which order."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from .flash_chips import FLASH_CHIPS
from .flash_image import FlashImage, blank
from .flash_link import FlashError, FlashLink
from .partition_table import (
    FILES,
    JOURNAL,
    TABLE_AT,
    TABLE_BYTES,
    Partition,
    TableError,
    app_of,
    named,
    parse,
)

PIECE_BYTES = 64 * 1024
_SECTOR_BYTES = 4096
# Longer ones are hashed only after a while
_LONGEST_BYTES = 1 << 20
Pieces = list[tuple[int, bytes]]


class Extent(Enum):
    """How much of a pile's flash may be lost."""

    KEEP = auto()
    # The files with the settings, not the journal
    FILES = auto()
    ALL = auto()


def write(
    link: FlashLink, image: FlashImage, extent: Extent, say: Callable[[str], None] = print
) -> bool:
    """Write what differs and start the board; returns whether its files were kept, so are still the former ones.

    A board with a journal is a pile: only bootloader and MicroPython are written, unless `extent` says more.
    FlashError.
    """
    _check_chip(link, image)
    table = _table_on(link)
    journal = named(table, JOURNAL)
    if journal is None or extent is Extent.ALL:
        say(
            "new board: everything is written" if journal is None else "everything is written anew"
        )
        if journal is not None:
            # If the power goes, the board is no longer taken for a pile that has something to keep
            _write_differing(link, [(TABLE_AT, b"\xff" * TABLE_BYTES)], say)
        _write_differing(link, whole(image), say)
        # The table last: with it the board is a pile
        _write_differing(link, [(TABLE_AT, image.part(TABLE_AT, TABLE_BYTES))], say)
    else:
        _check_table(table, image)
        pieces = programs(image)
        if extent is Extent.FILES:
            place = named(image.table, FILES)
            if place is None or place != named(table, FILES):
                raise FlashError(_other_table("its files lie elsewhere"))
            pieces += cut(image, place.at, place.end)
        kept = "journal and settings are kept" if extent is Extent.KEEP else "the journal is kept"
        say(f"this board is a pile already: {kept}")
        _write_differing(link, pieces, say)
    link.restart()
    return journal is not None and extent is Extent.KEEP


def whole(image: FlashImage) -> Pieces:
    """All of the flash from the bootloader on, but the table."""
    return cut(image, image.bootloader_at, TABLE_AT) + cut(
        image, TABLE_AT + TABLE_BYTES, len(image.content)
    )


def programs(image: FlashImage) -> Pieces:
    """Bootloader and MicroPython."""
    app = app_of(image.table)
    start = image.bootloader_at
    return cut(image, start, start + image.bootloader_bytes) + cut(
        image, app.at, app.at + image.app_bytes
    )


def cut(image: FlashImage, start: int, end: int) -> Pieces:
    """The image from `start` to the end of the sector of `end`, in pieces that begin at whole PIECE_BYTES."""
    end += -end % _SECTOR_BYTES
    found = []
    while start < end:
        size = min(PIECE_BYTES - start % PIECE_BYTES, end - start)
        found.append((start, image.part(start, size)))
        start += size
    return found


def _write_differing(link: FlashLink, pieces: Pieces, say: Callable[[str], None]) -> None:
    differing = [piece for piece in pieces if not link.holds(*piece)]
    same = len(pieces) - len(differing)
    if same and len(pieces) > 1:
        say(f"{same} of {len(pieces)} pieces are right already")
    if differing:
        link.write(_joined(differing))


def _joined(pieces: Pieces) -> Pieces:
    """Pieces that follow each other as one, blank ones apart: erasing is all that those need."""
    found: Pieces = []
    for at, data in pieces:
        if found:
            last_at, last = found[-1]
            if (
                last_at + len(last) == at
                and blank(last) == blank(data)
                and len(last) < _LONGEST_BYTES
            ):
                found[-1] = (last_at, last + data)
                continue
        found.append((at, data))
    return found


def _check_chip(link: FlashLink, image: FlashImage) -> None:
    wanted = FLASH_CHIPS[image.chip].title
    if link.chip != wanted:
        raise FlashError(
            f"the board on {link.port} has an {link.chip}, and {image.board} is built for an {wanted}: connect "
            "the right board, or name the board that this one is"
        )
    if link.flash_bytes and link.flash_bytes < len(image.content):
        raise FlashError(
            f"the board on {link.port} has {link.flash_bytes >> 20} MB of flash, and {image.board} takes "
            f"{len(image.content) >> 20} MB: set FLASH_MB in boards/{image.board}/board.py if that is right"
        )


def _table_on(link: FlashLink) -> list[Partition]:
    try:
        return parse(link.read(TABLE_AT, TABLE_BYTES))
    except TableError:
        return []


def _check_table(table: list[Partition], image: FlashImage) -> None:
    app, ours = app_of(table), app_of(image.table)
    if app.at != ours.at or app.size < image.app_bytes:
        raise FlashError(_other_table(f"it has {app.size} bytes for MicroPython at {app.at:#x}"))


def _other_table(why: str) -> str:
    return (
        f"the partition table of this board is another than this image needs ({why}): save its settings "
        "(pilectl backup), flash it with --erase-all, and put them back (pilectl restore)"
    )
