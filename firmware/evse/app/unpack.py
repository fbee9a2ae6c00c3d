"""A complete update.bundle: proved, unpacked into the slot that does not run, put on trial. Loaded when needed.

Until slots.json names the other slot the one that runs stays the one that starts, whatever is lost.
"""

import asyncio
from binascii import hexlify
from hashlib import sha256

from .. import __version__
from ..core import manifest, signature, update_key
from .slot_files import BLOCK_BYTES, RefusedError, other, taken_bytes
from .updates import BUNDLE_FILE

# Folders of a tree and what is written beside its files
_BESIDE_BYTES = 16 * BLOCK_BYTES


async def unpack(work):
    """Check and unpack the file, then restart into the other slot; raises RefusedError or ManifestError.

    What runs already is only removed.
    """
    files, updates = work.files, work.updates
    state = files.kept()
    if state["slot"] != updates.slot:
        # All is done but the restart
        _restart(work)
    data, proof = _head(files)
    named = manifest.name(data)
    if not updates.wanted[1]:
        work.bundle = named
    if named.startswith(updates.running):
        # Left over by a loss of power, or copied once more
        files.remove(BUNDLE_FILE)
        work.station.console.say("update.bundle is what runs already: removed")
        updates.job = ""
        return
    work.say("applying")
    if named != work.bundle:
        raise RefusedError("the bundle fetched is not the one that was ordered: order it again")
    found, start = _proved(work, data, proof, state)
    await _check(files, found, start)
    slot = other(updates.slot)
    await _look_for_room(files, slot, found)
    state["previous"] = updates.previous = ""
    files.keep(state)
    # From here on it is not whole
    files.remove(slot + "/manifest.json")
    await _remove_tree(files, slot)
    await _write(files, slot, found, start)
    files.replace(slot + "/manifest.sig", proof)
    # The last one: with it the slot is whole
    files.replace(slot + "/manifest.json", data)
    _put_on_trial(files, state, slot, named)
    _restart(work)


def _proved(work, data, proof, state):
    """(manifest, where the files begin) of a bundle that this pile may run."""
    with work.permit.hold("signature"):
        # Nothing in it is looked at before
        if not signature.is_signed(update_key.MODULUS, data, proof):
            raise RefusedError("the signature is not of this pile's update key: sign it with that")
    found = manifest.parse(data)
    refusal = manifest.refusal(found, work.station.board.NAME, state["minimum"])
    if refusal:
        raise RefusedError(refusal)
    whole = manifest.bundle_bytes(len(data), found)
    if work.files.size(BUNDLE_FILE) != whole:
        raise RefusedError("the bundle is cut short or too long: send it again")
    return found, whole - sum([size for _path, size, _hash in found["files"]])


async def _look_for_room(files, slot, found):
    """RefusedError unless the tree fits in the place of what the slot holds now."""
    need = sum([taken_bytes(size) for _path, size, _hash in found["files"]]) + _BESIDE_BYTES
    free = files.free_bytes() + await _tree_bytes(files, slot)
    if free < need:
        raise RefusedError(
            "the update needs %d bytes of the file system, %d are free: remove files from it"
            % (need, free)
        )


def _restart(work):
    work.files.remove(BUNDLE_FILE)
    work.start_anew()


def _head(files):
    if not update_key.HAS_KEY:
        raise RefusedError("this build has no update key: flash it by cable")
    first = files.piece(BUNDLE_FILE, 0, manifest.LENGTH_BYTES)
    size = manifest.length(first)
    data = files.piece(BUNDLE_FILE, len(first), size)
    proof = files.piece(BUNDLE_FILE, len(first) + size, signature.SIGNATURE_BYTES)
    return data, proof


async def _check(files, found, at):
    for path, size, digest in found["files"]:
        await _prove(files, BUNDLE_FILE, at, size, digest, path)
        at += size


async def _prove(files, file, at, size, digest, path):
    """RefusedError unless these bytes of a file have the hash that the manifest tells for `path`."""
    total = sha256()
    end = at + size
    while at < end:
        data = files.piece(file, at, min(BLOCK_BYTES, end - at))
        if not data:
            break
        total.update(data)
        at += len(data)
        await asyncio.sleep_ms(0)
    if str(hexlify(total.digest()), "ascii") != digest:
        raise RefusedError("%s has not the hash that its manifest tells: send it again" % path)


async def _tree_bytes(files, folder):
    """What a folder takes of the file system, at least."""
    total = 0
    for name in files.listing(folder):
        path = folder + "/" + name
        total += max(files.size(path), 0) // BLOCK_BYTES * BLOCK_BYTES
        total += await _tree_bytes(files, path)
        await asyncio.sleep_ms(0)
    return total


async def _remove_tree(files, folder):
    for name in files.listing(folder):
        path = folder + "/" + name
        files.remove(path)
        if files.size(path) >= 0:
            await _remove_tree(files, path)
        await asyncio.sleep_ms(0)
    files.remove(folder)


async def _write(files, slot, found, at):
    files.make_folder(slot)
    made = set()
    for path, size, digest in found["files"]:
        whole = slot
        for part in path.split("/")[:-1]:
            whole += "/" + part
            if whole not in made:
                files.make_folder(whole)
                made.add(whole)
        whole = slot + "/" + path
        end = at + size
        if not size:
            files.add_to(whole, b"")
        while at < end:
            data = files.piece(BUNDLE_FILE, at, min(BLOCK_BYTES, end - at))
            files.add_to(whole, data)
            at += len(data)
            await asyncio.sleep_ms(0)
        await _prove(files, whole, 0, size, digest, path)


def _put_on_trial(files, state, slot, named):
    kept = {"slot": slot, "id": named, "trial": True, "tries": 0}
    kept["previous"] = __version__
    kept["minimum"] = state["minimum"]
    files.keep(kept)
