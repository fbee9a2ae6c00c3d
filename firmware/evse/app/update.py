"""An update up to its unpacking: fetched in chunks, or found as a file that came by cable. Loaded when needed.

When the stall permit is refused all of it is dropped, and begins again from what lies in the file.
"""

import asyncio
from binascii import unhexlify

from ..control.stall_permit import StallRefusedError
from ..core import chunks
from .slot_files import RefusedError, SlotFiles, taken_bytes
from .updates import BUNDLE_FILE, FETCH, ROLLBACK

_SILENT_MS = 10000
_LOOK_MS = 50
_WAIT_MS = 1000
# What the file system needs for itself
_SLACK_BYTES = 16384


async def carry_out(station, updates):
    """Do what `updates`.job asks for. StallRefusedError: not now."""
    files = SlotFiles(station.permit)
    try:
        if updates.job == FETCH:
            await _update(station, updates, files)
            return
        with station.permit.hold("update"):
            from .trial import prove, roll_back
        if updates.job == ROLLBACK:
            roll_back(station, updates, files)
        else:
            await prove(station, updates, files)
    except (RefusedError, ValueError) as error:
        # ValueError: of a manifest
        _refuse(updates, files, str(error))


def _refuse(updates, files, why):
    if updates.job == FETCH:
        files.remove(BUNDLE_FILE)
        try:
            state = files.state()
            if state.pop("fetch", None):
                files.set_state(state)
        except RefusedError as error:
            why += "; " + str(error)
    updates.say("refused", why)
    updates.job = updates.bundle = ""
    updates.have = updates.size = 0


async def _update(station, updates, files):
    updates.have = max(files.size(BUNDLE_FILE), 0)
    if updates.size:
        await _Fetch(station, updates, files).run()
    while not _is_idle(station):
        if station.permit.energised:
            raise StallRefusedError("energised")
        await asyncio.sleep_ms(_WAIT_MS)
    with station.permit.hold("update"):
        from .unpack import unpack
    await unpack(station, updates, files)


def _is_idle(station):
    # A transaction may go on any moment, and a restart would end it
    return not [1 for connector in station.connectors.values() if connector.session.tx]


class _Fetch:
    """Appends chunks to the file, in order; what comes twice or too early is dropped."""

    def __init__(self, station, updates, files):
        self._station = station
        self._updates = updates
        self._files = files
        self._failure = None
        try:
            self._bundle = unhexlify(updates.bundle)
        except ValueError:
            raise RefusedError("the bundle's id is no SHA-256 in hex: order it by its own id")

    async def run(self):
        """Ask until the file is complete."""
        self._begin()
        updates = self._updates
        updates.worker = self
        while updates.have < updates.size:
            asked, silent_ms = updates.have, 0
            updates.say("fetch")
            end = min(asked + chunks.BURST * chunks.MOST_BYTES, updates.size)
            while updates.have < end and silent_ms < _SILENT_MS:
                before = updates.have
                await asyncio.sleep_ms(_LOOK_MS)
                silent_ms = silent_ms + _LOOK_MS if updates.have == before else 0
                if self._failure:
                    raise self._failure
                if self._station.permit.energised:
                    raise StallRefusedError("energised")
        updates.worker = None

    def _begin(self):
        updates, files = self._updates, self._files
        wanted = [updates.bundle, updates.size]
        state = files.state()
        if state.get("fetch") != wanted:
            # What lies there is another's
            files.remove(BUNDLE_FILE)
            updates.have = 0
        need = taken_bytes(updates.size - updates.have) + _SLACK_BYTES
        free = files.free_bytes()
        if free < need:
            raise RefusedError(
                "the bundle needs %d bytes of the file system, %d are free: remove files from it"
                % (need, free)
            )
        if state.get("fetch") != wanted:
            state["fetch"] = wanted
            # A new one makes what happened to the last one old
            state.pop("left", None)
            files.set_state(state)

    def chunk(self, payload):
        """Take one from the bridge; never raises."""
        found = chunks.decode(self._bundle, payload)
        updates = self._updates
        if found is None or self._failure or found[0] != updates.have:
            return
        data = found[1][: updates.size - updates.have]
        try:
            self._files.append(BUNDLE_FILE, data)
            updates.have += len(data)
        except (RefusedError, OSError) as error:
            self._failure = error
