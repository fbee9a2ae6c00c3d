"""Bundles of firmware: checked when they are added, kept in a folder beside the database, read by piles.

A bundle is one stream, as docs/wire.md has it. Its id is the SHA-256 of its manifest in hex, and the name
of its file. Nothing here knows which pile is to run it.
"""

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct

from pilebridge.wire import manifest

FOLDER = "bundles"
# What the `bytes` of an update command may say
LEAST_BYTES, MOST_BYTES = 400, 2_000_000

_READ_BYTES = 1 << 16


class BundleError(ValueError):
    """A bundle that is refused or not here; the text is for the operator."""


class Bundle(Struct, frozen=True):
    """A bundle in the store; `version` as piles say it, `bytes` is the length of the whole stream."""

    id: str
    board: str
    version: str
    bytes: int
    added_utc: int = 0

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"{self.version} for {self.board} ({self.id[:12]})"


def public_key(file: str) -> rsa.RSAPublicKey:
    """The key that checks signatures, from a PEM file; BundleError says why it cannot be used."""
    try:
        key = load_pem_public_key(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{file}: no public key in PEM ({error}): make one with `pilectl sign-key`"
        ) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != manifest.SIGNATURE_BYTES * 8:
        raise BundleError(
            f"{file}: not a public key of RSA with {manifest.SIGNATURE_BYTES * 8} bits"
        )
    return key


def check(data: bytes, key: rsa.RSAPublicKey | None) -> Bundle:
    """What a stream holds; BundleError unless every byte of it is as its manifest says.

    Without a key nobody knows who made it: the piles will.
    """
    if not LEAST_BYTES <= len(data) <= MOST_BYTES:
        raise BundleError(f"{len(data)} bytes, a bundle has {LEAST_BYTES} to {MOST_BYTES}")
    try:
        end = manifest.LENGTH_BYTES + manifest.length(data[: manifest.LENGTH_BYTES])
        text = data[manifest.LENGTH_BYTES : end]
        found = manifest.parse(text)
    except manifest.ManifestError as error:
        raise BundleError(str(error)) from None
    at = end + manifest.SIGNATURE_BYTES
    if key is not None:
        try:
            key.verify(data[end:at], text, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            raise BundleError(
                "its signature is not by bridge.update_key: sign it with the key that the piles know"
            ) from None
    for name, size, digest in found["files"]:
        part = data[at : at + size]
        if len(part) != size:
            raise BundleError(f"it ends within {name}: copy or build it again")
        if hashlib.sha256(part).hexdigest() != digest:
            raise BundleError(f"{name} in it is not what its manifest says: build it again")
        at += size
    if at != len(data):
        raise BundleError(f"{len(data) - at} bytes follow its last file: build it again")
    version = manifest.text(found["version"])
    return Bundle(manifest.name(text), found["board"], version, len(data))


def add(
    conn: sqlite3.Connection, folder: Path, data: bytes, key: rsa.RSAPublicKey | None, now_utc: int
) -> Bundle:
    """Check a stream, put it in its place and write it down, in a job; once more does nothing. BundleError."""
    found = check(data, key)
    row = conn.execute(
        "select id from bundles where board = ? and version = ? and id <> ?",
        (found.board, found.version, found.id),
    ).fetchone()
    if row is not None:
        # A pile says only its version, so two of one version could not be told apart
        raise BundleError(
            f"{found.version} for {found.board} is here with other content ({row['id'][:12]}):"
            " give it another version"
        )
    _write(folder, found.id, data)
    conn.execute(
        "insert or ignore into bundles values (?, ?, ?, ?, ?)",
        (found.id, found.board, found.version, found.bytes, now_utc),
    )
    return msgspec.structs.replace(found, added_utc=now_utc)


def _write(folder: Path, name: str, data: bytes) -> None:
    """The file is whole and on disk before anything names it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = folder / f"{name}.new"
    with new.open("wb") as output:
        output.write(data)
        output.flush()
        os.fsync(output.fileno())
    new.replace(folder / name)


def folder_of(database: str) -> Path:
    """Where the bundles of a database lie."""
    return Path(database).parent / FOLDER


def everything(conn: sqlite3.Connection) -> list[Bundle]:
    """Every bundle, the newest first."""
    rows = conn.execute("select * from bundles order by added_utc desc, id")
    return [_bundle(row) for row in rows]


def get(conn: sqlite3.Connection, bundle_id: str) -> Bundle | None:
    """A bundle by its whole id."""
    row = conn.execute("select * from bundles where id = ?", (bundle_id,)).fetchone()
    return None if row is None else _bundle(row)


def find(conn: sqlite3.Connection, words: str) -> Bundle:
    """The one bundle whose id begins so, or that has this version; BundleError lists what is here."""
    known = everything(conn)
    found = [b for b in known if words and (b.id.startswith(words.lower()) or b.version == words)]
    if len(found) == 1:
        return found[0]
    what = f"several bundles are {words!r}" if found else f"no bundle {words!r}"
    here = "; ".join(b.title for b in found or known) or "none: `pilebridge bundle add` one first"
    raise BundleError(f"{what}; here: {here}")


def piece(folder: Path, bundle_id: str, offset: int, size: int) -> bytes:
    """Up to `size` bytes of a bundle from `offset` on; OSError when its file is gone."""
    handle = os.open(folder / bundle_id, os.O_RDONLY)
    try:
        return os.pread(handle, min(size, _READ_BYTES), offset)
    finally:
        os.close(handle)


def _bundle(row: Any) -> Bundle:
    return Bundle(row["id"], row["board"], row["version"], row["bytes"], row["added_utc"])
