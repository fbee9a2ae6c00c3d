"""Bundles: the firmware of one board as one signed stream, which a pile fetches or takes by cable."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from evse.core import manifest as rules

from .. import build as builder
from .. import signing


class BundleError(Exception):
    """The bundle cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Bundle:
    """One stream and its id, the hex SHA-256 of its manifest."""

    id: str
    version: str
    data: bytes


def make(root: Path, board: str, key_file: Path, minimum: tuple[int, ...]) -> Bundle:
    """Build for `board` and sign it; piles that have confirmed it run nothing below `minimum` any more.

    The build trusts the key that signs it, or the one that UPDATE_KEY names: so keys are changed.
    """
    key = signing.private_key(key_file)
    trusted = None if os.environ.get("UPDATE_KEY") else signing.modulus(key)
    folder, _built = builder.build(root, board, trusted)
    version = builder.version(root)
    if version < minimum:
        raise BundleError(
            f"version {rules.text(version)} lies below the minimum {rules.text(minimum)}: "
            "lower --minimum or raise __version__ in firmware/evse/__init__.py"
        )
    tree = folder / builder.SLOT
    name = builder.board_name(root, board)
    return pack(tree, builder.manifest_of(tree, name, version, minimum), key)


def pack(tree: Path, manifest: bytes, key: RSAPrivateKey) -> Bundle:
    """The stream of a manifest and the files of its tree; raises ManifestError where the pile would."""
    rows = rules.parse(manifest)
    files = [(tree / path).read_bytes() for path, _size, _hash in rows["files"]]
    head = len(manifest).to_bytes(rules.LENGTH_BYTES, "big")
    data = b"".join([head, manifest, signing.sign(key, manifest), *files])
    return Bundle(rules.name(manifest), rules.text(rows["version"]), data)


def parse_version(text: str) -> tuple[int, ...]:
    """(1, 2, 3) of 1.2.3; raises BundleError."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) < 65536 for part in parts):
        raise BundleError(f"{text} is no version: write three numbers, as 1.2.0")
    return tuple(int(part) for part in parts)
