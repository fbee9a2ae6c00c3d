"""An update up to its unpacking: fetched in chunks, or found as a file that came by cable. Loaded when needed.

When the stall permit is refused all of it is dropped, and begins again from what lies in the file.
"""

import asyncio
from binascii import unhexlify

from ..control.stall_permit import StallRefusedError
from ..core import chunks
from .slot_files import RefusedError, taken_bytes
from .trial import prove, roll_back
from .unpack import unpack
from .update_work import Work
from .updates import BUNDLE_FILE, FETCH, ROLLBACK, TRIAL

_SILENT_MS = 10000
_LOOK_MS = 50
_WAIT_MS = 1000
# What the file system needs for itself
_SLACK_BYTES = 16384


async def carry_out(station):
    """Do what station.updates.job asks for, once; what could not be done yet stays its job."""
    work = Work(station)
    updates = work.updates
    try:
        if updates.job == FETCH:
            await _update(work)
        elif updates.job == ROLLBACK:
            roll_back(work)
        else:
            await prove(work)
    except StallRefusedError:
        if updates.job == FETCH:
            work.say("paused")
    except (RefusedError, ValueError) as error:
        # ValueError: of a manifest
        _refuse(work, str(error))
    except Exception as error:
        if updates.job == TRIAL:
            # It must be confirmed or left
            raise
        _refuse(work, "the update failed with %r: send the pile's log" % error)


def _refuse(work, why):
    files, updates = work.files, work.updates
    if updates.job == FETCH:
        files.remove(BUNDLE_FILE)
    job = ""
    try:
        state = files.kept()
        if state["trial"]:
            job = TRIAL
        elif state.pop("fetch", None):
            files.keep(state)
    except RefusedError as error:
        why += "; " + str(error)
    work.say("refused", why)
    # A hello says what is in the slots now
    work.station.remote.ask_time()
    updates.job, updates.wanted = job, ("", 0)


async def _update(work):
    work.have = max(work.files.size(BUNDLE_FILE), 0)
    if work.updates.wanted[1]:
        await _Fetch(work).fetch()
    while not _is_idle(work.station):
        if work.permit.energised:
            raise StallRefusedError("energised")
        await asyncio.sleep_ms(_WAIT_MS)
    await unpack(work)


def _is_idle(station):
    # A transaction may go on any moment, and a restart would end it
    return not [1 for connector in station.connectors.values() if connector.session.tx]


class _Fetch:
    """Appends chunks to the file, in order; what comes twice or too early is dropped."""

    def __init__(self, work):
        self._work = work
        self._size = work.updates.wanted[1]
        self._failure = None
        try:
            self._bundle = unhexlify(work.bundle)
        except ValueError:
            raise RefusedError("the bundle's id is no SHA-256 in hex: order it by its own id")

    async def fetch(self):
        """Ask until the file is complete."""
        self._begin()
        work = self._work
        work.updates.worker = self
        while work.have < self._size:
            # Nobody is asked twice who has not been reached once
            while work.station.downlink.updates:
                await self._look()
            work.say("fetch")
            end = min(work.have + chunks.BURST * chunks.MOST_BYTES, self._size)
            silent_ms = 0
            while work.have < end and silent_ms < _SILENT_MS:
                before = work.have
                await self._look()
                silent_ms = silent_ms + _LOOK_MS if work.have == before else 0
        work.updates.worker = None

    async def _look(self):
        await asyncio.sleep_ms(_LOOK_MS)
        if self._failure:
            raise self._failure
        if self._work.updates.wanted[0] != self._work.bundle:
            raise StallRefusedError("another one is wanted")
        if self._work.permit.energised:
            raise StallRefusedError("energised")

    def _begin(self):
        work, files = self._work, self._work.files
        wanted = list(work.updates.wanted)
        state = files.kept()
        if state.get("fetch") != wanted:
            # What lies there is another's
            files.remove(BUNDLE_FILE)
            work.have = 0
        need = taken_bytes(self._size - work.have) + _SLACK_BYTES
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
            files.keep(state)

    def chunk(self, payload):
        """Take one from the bridge; never raises."""
        found = chunks.decode(self._bundle, payload)
        work = self._work
        if found is None or self._failure or found[0] != work.have:
            return
        data = found[1][: self._size - work.have]
        try:
            work.files.add_to(BUNDLE_FILE, data)
            work.have += len(data)
        except (RefusedError, OSError) as error:
            self._failure = error
