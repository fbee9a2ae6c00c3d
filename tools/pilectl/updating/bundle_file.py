"""A bundle as a file: whole, what it is for, and whether it fits a pile. Its signature is the pile's to check."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..port.port_error import PortError

PRODUCT = "pilelink"
SIGNATURE_BYTES = 384
_LENGTH_BYTES = 4


@dataclass(frozen=True)
class BundleFile:
    """One bundle; `id` is the hex SHA-256 of its manifest."""

    data: bytes
    id: str
    board: str
    version: tuple[int, ...]

    @property
    def version_text(self) -> str:
        """1.2.3."""
        return ".".join(str(part) for part in self.version)


def load(path: Path) -> BundleFile:
    """Read and check a bundle; PortError says what is wrong with it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PortError(f"{path}: it cannot be read ({error.strerror}): name a bundle.") from None
    try:
        return _parsed(data)
    except (ValueError, KeyError, TypeError) as error:
        raise PortError(
            f"{path}: this is no whole bundle ({error}): make it again with `pilectl bundle`."
        ) from None


def _parsed(data: bytes) -> BundleFile:
    end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
    manifest = data[_LENGTH_BYTES:end]
    found: Any = json.loads(manifest)
    if found["product"] != PRODUCT:
        raise ValueError(f"product {found['product']!r}")
    at = end + SIGNATURE_BYTES
    for name, size_bytes, digest in found["files"]:
        file = data[at : at + size_bytes]
        if hashlib.sha256(file).hexdigest() != digest:
            raise ValueError(f"{name} is cut off or altered")
        at += size_bytes
    if at != len(data):
        raise ValueError(f"{len(data)} bytes, expected {at}")
    version = tuple(int(part) for part in found["version"])
    return BundleFile(data, hashlib.sha256(manifest).hexdigest(), str(found["board"]), version)
