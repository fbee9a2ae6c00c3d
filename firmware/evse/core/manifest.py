"""What a bundle says of itself: product, board, version, files with their sizes and hashes.

A bundle: 4 bytes big-endian length of the manifest, the manifest in JSON, its signature, the files in order.
"""

import json
from binascii import hexlify
from hashlib import sha256

from .signature import SIGNATURE_BYTES

LENGTH_BYTES = 4
LEAST_BYTES = 64
MOST_BYTES = 16384
MOST_FILES = 128
MOST_FILE_BYTES = 1 << 20
_MOST_PATH = 96
# Beside the files of the manifest in a slot
RESERVED = ("manifest.json", "manifest.sig", "confirmed")
_PATH_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"


class ManifestError(ValueError):
    """A bundle that is not taken; the text is the sentence that says why and what to do."""

    def __init__(self, why):
        super().__init__(why + ": make it with pilectl bundle")


def length(head):
    """Bytes of the manifest, from the first four of a bundle."""
    size = int.from_bytes(head, "big")
    if len(head) != LENGTH_BYTES or size < LEAST_BYTES or size > MOST_BYTES:
        raise ManifestError("this is no bundle")
    return size


def name(data):
    """Id of a bundle, 64 hex digits, from its manifest's bytes."""
    return str(hexlify(sha256(data).digest()), "ascii")


def text(version):
    """1.2.3 of [1, 2, 3]."""
    return ".".join([str(part) for part in version])


def parse(data):
    """The manifest as a dict, every field of it checked; raises ManifestError."""
    try:
        manifest = json.loads(str(data, "utf-8"))
    except (ValueError, UnicodeError, RuntimeError):
        raise ManifestError("the manifest is no JSON")
    if not isinstance(manifest, dict) or manifest.get("product") != "pilelink":
        raise ManifestError("the manifest is not of pilelink")
    whose = manifest.get("board")
    if not isinstance(whose, str) or not 0 < len(whose) <= 32:
        raise ManifestError("the manifest names no board")
    for field in ("version", "minimum"):
        if not _is_version(manifest.get(field)):
            raise ManifestError("the manifest's %s is not three numbers of 0..65535" % field)
    if manifest["version"] < manifest["minimum"]:
        raise ManifestError("the manifest's version lies below its own minimum")
    _check_files(manifest.get("files"))
    return manifest


def bundle_bytes(manifest_bytes, manifest):
    """Length of the whole stream."""
    files = sum([size for _path, size, _hash in manifest["files"]])
    return LENGTH_BYTES + manifest_bytes + SIGNATURE_BYTES + files


def refusal(manifest, ours, least):
    """Why this pile does not take it, "" when it does; `ours`: the name of this board, `least`: the lowest version that it may run."""
    if manifest["board"] != ours:
        return "the bundle is for the board %s, this is %s: send the one for this board" % (
            manifest["board"],
            ours,
        )
    if manifest["version"] < least:
        return "version %s is older than %s, the oldest that may run here: send a newer one" % (
            text(manifest["version"]),
            text(least),
        )
    return ""


def _is_number(value, most):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_version(value):
    if not isinstance(value, list) or len(value) != 3:
        return False
    return all(_is_number(part, 65535) for part in value)


def _check_files(files):
    if not isinstance(files, list) or not 0 < len(files) <= MOST_FILES:
        raise ManifestError("the manifest lists no files, or more than %d" % MOST_FILES)
    seen = set(RESERVED)
    for row in files:
        if not isinstance(row, list) or len(row) != 3:
            raise ManifestError("a file of the manifest is not path, size, hash")
        path, size, digest = row
        if not _is_path(path):
            raise ManifestError("a path of the manifest may not be written: " + repr(path)[:40])
        if path in seen:
            raise ManifestError("the manifest names %.40s twice, or may not name it" % path)
        seen.add(path)
        if not _is_number(size, MOST_FILE_BYTES):
            raise ManifestError("the size of %.40s is not 0..%d" % (path, MOST_FILE_BYTES))
        if not isinstance(digest, str) or len(digest) != 64 or digest.strip("0123456789abcdef"):
            raise ManifestError("the hash of %.40s is no SHA-256 in hex" % path)


def _is_path(path):
    if not isinstance(path, str) or len(path) > _MOST_PATH:
        return False
    if not all(char in _PATH_CHARS for char in path):
        return False
    # Neither absolute nor out of the slot
    return all(part.strip(".") for part in path.split("/"))
