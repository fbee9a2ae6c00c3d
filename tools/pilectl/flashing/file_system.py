"""A littlefs as MicroPython's ESP32 port makes it, with the files of a build in it."""

from __future__ import annotations

from pathlib import Path

from littlefs import LittleFS, LittleFSError

BLOCK_BYTES = 4096
# Of VfsLfs2 on a flash partition. The cache must be no larger: files up to its size lie in their directory,
# and a driver with a smaller one reads only their beginning
_READ_BYTES = _PROGRAM_BYTES = _LOOKAHEAD_BYTES = 32
_CACHE_BYTES = 128
# Read by every version; the driver raises it with its first write
_DISK_VERSION = 0x00020000


class FilesError(Exception):
    """The files do not fit; the text says so."""


def files_of(folder: Path) -> dict[str, bytes]:
    """Path on the board to content of everything in a build's folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def image(files: dict[str, bytes], size: int) -> bytes:
    """A file system of `size` bytes with those files; FilesError."""
    system = LittleFS(
        block_size=BLOCK_BYTES,
        block_count=size // BLOCK_BYTES,
        read_size=_READ_BYTES,
        prog_size=_PROGRAM_BYTES,
        lookahead_size=_LOOKAHEAD_BYTES,
        cache_size=_CACHE_BYTES,
        disk_version=_DISK_VERSION,
    )
    try:
        for path, content in files.items():
            if "/" in path:
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            with system.open(path, "wb") as file:
                file.write(content)
        system.unmount()
    except LittleFSError as error:
        total = sum(len(content) for content in files.values())
        raise FilesError(
            f"{len(files)} files of {total} bytes do not fit into a file system of {size} bytes"
        ) from error
    return bytes(system.context.buffer)
