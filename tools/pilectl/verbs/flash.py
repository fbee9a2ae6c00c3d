"""pilectl flash: put stock MicroPython, our partition table and the build on a board, or the build alone."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from .. import boardlint
from .. import build as builder
from ..flashing import copy_files, file_system, flash_image, stock_image
from ..flashing.flash_board import Extent, write
from ..flashing.flash_chips import write_arguments
from ..flashing.flash_link import BAUD, FlashError, FlashLink
from ..port.ports import NoPortError, find, simulated

ROOT = Path(__file__).resolve().parents[3]
_ABOUT = """\
Puts a pile on a board, in one command.

A new board gets everything: the bootloader and MicroPython of the stock image, a partition table with a place
for the journal, the build, an empty journal. Only what differs is written, so a run that broke off goes on
where it stopped when the same command is given again.

A board that is a pile already (its table has a journal) keeps its journal, its settings and every other file:
bootloader and MicroPython are brought to the stock image, then the files of the build are copied over the
former ones. --files-only does the second part alone and needs no stock image.

--erase-files and --erase-all write a pile anew. They ask first, because records that the bridge has not
committed are money.
"""
_STARTS_S = 3


def add(verbs: Any) -> None:
    """Add the verb to pilectl's parser."""
    verb = verbs.add_parser(
        "flash",
        help="put MicroPython and the build on a board",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("board", help="name in boards/")
    verb.add_argument("port", nargs="?", help="serial port; the only USB one there is without")
    verb.add_argument(
        "--image", type=Path, help="stock MicroPython image; else the newest in build/stock"
    )
    verb.add_argument(
        "--sha256", default="", metavar="HEX", help="what the image should be; or IMAGE.sha256"
    )
    verb.add_argument(
        "--unchecked", action="store_true", help="take the image without its SHA-256"
    )
    verb.add_argument(
        "--files-only", action="store_true", help="only copy the build; the board has MicroPython"
    )
    verb.add_argument(
        "--code", default="", help="the pile's service code, to get past its console"
    )
    verb.add_argument(
        "--erase-files", action="store_true", help="write the files anew: settings are lost"
    )
    verb.add_argument(
        "--erase-all", action="store_true", help="write all anew: settings and journal are lost"
    )
    verb.add_argument("--yes", action="store_true", help="do not ask before something is lost")
    verb.add_argument(
        "--other-board", action="store_true", help="this pile was another board before"
    )
    verb.add_argument(
        "--out", type=Path, help="write the whole image to a file instead, for a new board"
    )
    verb.add_argument(
        "--no-stub",
        action="store_true",
        help="without esptool's helper program: slow, rarely needed",
    )
    verb.add_argument("--baud", type=int, default=BAUD, help="speed while flashing (%(default)s)")
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Do what the arguments say; 1 after a sentence about what went wrong."""
    try:
        _flash(args)
    except (
        FlashError,
        NoPortError,
        copy_files.CopyError,
        file_system.FilesError,
        stock_image.StockImageError,
    ) as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("pilectl: stopped: the same command goes on from here", file=sys.stderr)
        return 1
    return 0


def _flash(args: argparse.Namespace) -> None:
    # The cheap refusals before the build
    board = _board(args.board)
    port = "" if args.out else find(args.port)
    extent = _extent(args)
    stock = None if args.files_only else _stock(args, board.CHIP, port)
    folder, built = builder.build(ROOT, args.board)
    total = builder.report(built, [])[1]
    if total > builder.BUDGET_BYTES:
        raise FlashError(
            f"the build is over its budget by {total - builder.BUDGET_BYTES} bytes: pilectl build {args.board} "
            "says what takes them"
        )
    if stock is None:
        copy_files.copy(folder, port, args.code, other_board=args.other_board)
        return
    image = flash_image.make(board, stock, file_system.files_of(folder))
    if args.out:
        flash_image.save(image, args.out)
        arguments = write_arguments(image.chip, "PORT", args.baud, str(args.out))
        print(f"{args.out}: the whole flash of a new {args.board}; write it with")
        print(" ".join(["esptool", *arguments]))
        return
    with FlashLink(port, stub=not args.no_stub, baud=args.baud) as link:
        kept = write(link, image, extent)
    if kept:
        time.sleep(_STARTS_S)
        copy_files.copy(folder, port, args.code, other_board=args.other_board)
    print(f"{args.board} on {port}: done")


def _stock(args: argparse.Namespace, chip: str, port: str) -> stock_image.StockImage:
    path = args.image or stock_image.find(ROOT, chip)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FlashError(
            f"{path} cannot be read ({error.strerror}): name the stock image with --image"
        ) from error
    if data.endswith(stock_image.STAND_IN) and port and not simulated(port):
        raise FlashError(
            f"{path} is a stand-in for simulated boards: take MicroPython's own image for {port}"
        )
    stock_image.check_sum(path, data, args.sha256, args.unchecked)
    return stock_image.take_apart(path.name, data, chip)


def _board(name: str) -> Any:
    if name not in builder.boards(ROOT):
        raise FlashError(f"no board {name}; boards are {', '.join(builder.boards(ROOT))}")
    return boardlint.load(ROOT / "boards" / name / "board.py")


def _extent(args: argparse.Namespace) -> Extent:
    if args.files_only and (args.erase_all or args.erase_files):
        raise FlashError(
            "--files-only copies files and erases nothing: leave it out, or leave the erasing out"
        )
    if not (args.erase_all or args.erase_files):
        return Extent.KEEP
    lost = (
        "its settings, the lock-out of a welded contactor, and every record that the bridge has not committed"
        if args.erase_all
        else "its settings and the lock-out of a welded contactor"
    )
    if not args.yes:
        if not sys.stdin.isatty():
            raise FlashError(f"a pile loses {lost}: say --yes if that is meant")
        if input(f"If this board is a pile, it loses {lost}. Type yes: ").strip() != "yes":
            raise FlashError(
                "nothing was written: without the erasing the pile keeps journal and settings"
            )
    return Extent.ALL if args.erase_all else Extent.FILES
