"""Keys, small trees and bundles for the tests of updates."""

import functools
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import rsa

from pilectl import build as builder
from pilectl import signing
from pilectl.updating import bundle

OLD, NEW = (0, 1, 0), (0, 2, 0)


def key(number=0):
    """A key of its own for each number."""
    return _key(number)


@functools.cache
def _key(_number):
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def write_tree(folder, salt, sizes=(3000, 2500, 2000, 1800, 1500, 1200)):
    """Six files of 12 KB, different for each `salt`."""
    names = ("board", "evse/app/station", "evse/pile", "evse/up", "evse/core/x", "evse/empty")
    for name, size in zip(names, sizes, strict=True):
        path = folder / f"{name}.mpy"
        path.parent.mkdir(parents=True, exist_ok=True)
        found = b""
        while len(found) < size:
            found += hashlib.sha256(b"%d %s %d" % (salt, name.encode(), len(found))).digest()
        path.write_bytes(found[:size])
    return folder


def manifest_of(tree, version, minimum=(0, 0, 0), board="devkitc"):
    return builder.manifest_of(tree, board, version, minimum)


def made(folder, version=NEW, minimum=(0, 0, 0), salt=2, board="devkitc", number=0):
    """A bundle of a small tree that is written into `folder`."""
    tree = write_tree(folder, salt)
    return bundle.pack(tree, manifest_of(tree, version, minimum, board), key(number))


def flashed(folder, tree_of=lambda slot: write_tree(slot, 1), minimum=(0, 0, 0)):
    """A pile's files as `pilectl flash` leaves them: slot a, confirmed."""
    slot = folder / "a"
    slot.mkdir(parents=True)
    tree_of(slot)
    manifest = manifest_of(slot, OLD, minimum)
    (slot / "manifest.json").write_bytes(manifest)
    (slot / "confirmed").touch()
    state = {"slot": "a", "id": hashlib.sha256(manifest).hexdigest(), "trial": False, "tries": 0}
    state.update(previous="", minimum=list(minimum))
    (folder / "slots.json").write_text(json.dumps(state))
    return folder


def modulus(number=0):
    return signing.modulus(key(number))
