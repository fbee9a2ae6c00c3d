"""A chip's flash for tests: a partition table, an application that is only a first byte, files, a blank journal."""

import struct

from littlefs import LittleFS

MEGABYTES = 4
FILES_AT, JOURNAL_AT, JOURNAL_BYTES = 0x200000, 0x3F0000, 0x10000
_SECTOR_BYTES = 4096
_TABLE_AT, _APP_AT = 0x8000, 0x10000
# type, subtype, address, size, label
ROWS = (
    (1, 0x02, 0x9000, 0x6000, "nvs"),
    (1, 0x01, 0xF000, 0x1000, "phy_init"),
    (0, 0x00, _APP_AT, 0x1F0000, "factory"),
    (1, 0x81, FILES_AT, JOURNAL_AT - FILES_AT, "vfs"),
    (1, 0x40, JOURNAL_AT, JOURNAL_BYTES, "journal"),
)
# As MicroPython's driver reads them; with a larger cache it would see only the beginning of small files
_FORMAT = {
    "block_size": _SECTOR_BYTES,
    "block_count": (JOURNAL_AT - FILES_AT) // _SECTOR_BYTES,
    "read_size": 32,
    "prog_size": 32,
    "lookahead_size": 32,
    "cache_size": 128,
}
# Read by every version; the driver raises it with its first write
_DISK_VERSION = 0x00020000


def tree(folder):
    """{path on the pile: content} of a build's folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def flash_of(files, rows=ROWS):
    """Content of a chip's flash with `files` on it, or with files None and its file system blank."""
    content = bytearray(b"\xff" * (MEGABYTES << 20))
    table = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", kind, subtype, at, size, label.encode(), 0)
        for kind, subtype, at, size, label in rows
    )
    content[_TABLE_AT : _TABLE_AT + len(table)] = table
    content[_APP_AT] = 0xE9
    if files is not None:
        system = LittleFS(disk_version=_DISK_VERSION, **_FORMAT)
        for path, data in files.items():
            if "/" in path:
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            with system.open(path, "wb") as file:
                file.write(data if isinstance(data, bytes) else data.encode())
        system.unmount()
        content[FILES_AT:JOURNAL_AT] = system.context.buffer
    return bytes(content)


def file_on(flash, path):
    """Content of one file in a chip's flash."""
    system = LittleFS(mount=False, **_FORMAT)
    system.context.buffer[:] = flash[FILES_AT:JOURNAL_AT]
    system.mount()
    with system.open(path, "rb") as file:
        return file.read()
