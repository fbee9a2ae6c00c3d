"""Boards, small builds and images for the tests of flashing, and independent readers of what was made."""

import hashlib
import random

import esptool
from esp_idf_defs.partitions import PartitionTable

from interpreters import ROOT, run_micropython
from pilectl import boardlint
from pilectl import build as builder
from pilectl.flashing import flash_image
from pilectl.flashing.stock_image import take_apart
from pilesim.serial.stand_in_stock import NAMED, nonsense, stock

BOARDS = builder.boards(ROOT)
READER = ROOT / "host_tests" / "flashing" / "read_files.py"


def board_of(name):
    return boardlint.load(ROOT / "boards" / name / "board.py")


def small_build(seed=1):
    """Files like those of a build: empty, of one byte, about a block, deep, many."""
    sizes = random.Random(seed)
    files = {"boot.py": b"import sys\n", "main.py": b"", "a/manifest.json": b"{}", "a/x.mpy": b"M"}
    for number in range(9):
        name = "a/evse/layer%d/module%d.mpy" % (number % 3, number)
        files[name] = nonsense(sizes.choice((120, 129, 1023, 4095, 4096, 4097, 9000)), name)
    files["loader/very/deep/in/there/file.mpy"] = nonsense(300, "deep")
    return files


def image_of(name, files=None, rows=NAMED, **stock_options):
    """The FlashImage of a board, over a made-up stock image."""
    board = board_of(name)
    parts = take_apart("stock.bin", stock(board.CHIP, rows, **stock_options), board.CHIP)
    return flash_image.make(board, parts, small_build() if files is None else files)


def table_of(content):
    """The partition table as Espressif's own reader finds it: {name: (type, subtype, offset, size)}."""
    read = PartitionTable.from_binary(bytes(content[0x8000:0x9000]))
    read.verify()
    return {part.name: (part.type, part.subtype, part.offset, part.size) for part in read}


def files_of(content, tmp_path, write=""):
    """{path: (size, hash)} as the real MicroPython reads them from a flash; `write` is a file it writes first."""
    _kind, _subtype, at, size = table_of(content)["vfs"]
    path = tmp_path / "read.bin"
    path.write_bytes(content)
    done = run_micropython(READER, str(path), str(at), str(size), write)
    assert done.returncode == 0, done.stdout + done.stderr
    content[:] = path.read_bytes()
    rows = [line.rsplit(" ", 2) for line in done.stdout.splitlines()]
    return {name: (int(size), digest) for name, size, digest in rows}


def hashes(files):
    return {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()}


def image_info(data, capsys):
    """What esptool says about an image that `data` begins with."""
    capsys.readouterr()
    esptool.image_info(bytes(data))
    return " ".join(capsys.readouterr().out.split())
