"""The new firmware proves that it is well, or the one before runs again. Loaded when needed."""

import asyncio

from .. import __version__
from ..control.stall_permit import StallRefusedError
from ..core import faults
from .slot_files import RefusedError, other
from .updates import BUNDLE_FILE, FETCH, TRIAL

# From the start; then this start counts as failed
_WITHIN_S = 600
_LOOK_MS = 1000
_PILOT = faults.PILOT_SHORT | faults.PILOT_DIODE | faults.PILOT_INVALID | faults.PILOT_GENERATOR


async def prove(work):
    """Confirm the slot once the station is well; restart it when it is not in time."""
    files, updates, station = work.files, work.updates, work.station
    work.bundle = files.kept()["id"]
    work.say("trial")
    while True:
        problem = _problem(station) or _confirm(updates, files)
        if not problem:
            break
        if station.clock.up_s >= _WITHIN_S:
            _fail(files, problem)
            work.start_anew()
        await asyncio.sleep_ms(_LOOK_MS)
        if updates.job != TRIAL:
            # A rollback was asked for
            return
        if station.permit.energised:
            raise StallRefusedError("energised")
    work.say("confirmed")
    # Another hello says so to whoever reads it first
    station.remote.ask_time()
    # One may have come by cable meanwhile; that of the trial itself is left over from a loss of power
    updates.job = FETCH if files.size(BUNDLE_FILE) >= 0 else ""


def _problem(station):
    """What it is not well in, "" when it is."""
    for connector in station.connectors.values():
        loop = connector.loop
        test = loop.protection.residual_test
        if test and not test.passed:
            return "the residual-current monitor has not passed its self-test within 10 minutes"
        if not loop.tick.ticks or loop.faults.active & _PILOT:
            return "the pilot shows no sane level within 10 minutes"
    # A pile without a secret has no bridge that could answer
    if station.keys.secret and not station.uplink.online:
        return "the bridge has not answered within 10 minutes"
    return ""


def _fail(files, problem):
    try:
        state = files.kept()
        state["problem"] = problem
        files.keep(state)
    except RefusedError:
        # The start counts all the same
        pass


def _confirm(updates, files):
    """Why it cannot be written down that the slot is good, "" when it was."""
    try:
        _keep(updates, files)
    except (RefusedError, ValueError) as error:
        return str(error)
    return ""


def _keep(updates, files):
    state = files.kept()
    found, _named = files.manifest_of(updates.slot)
    state["minimum"] = max(state["minimum"], found["minimum"])
    previous = state["previous"]
    if [int(part) for part in previous.split(".")] < state["minimum"]:
        # It may not run here any more
        previous = ""
    state["trial"], state["tries"], state["previous"] = False, 0, previous
    state.pop("problem", None)
    files.replace(updates.slot + "/confirmed", b"")
    files.keep(state)
    updates.previous = previous


def roll_back(work):
    """Run the other slot, which was confirmed once, from the next start on, and restart."""
    files, updates = work.files, work.updates
    slot = other(updates.slot)
    found, named = files.manifest_of(slot)
    state = files.kept()
    work.bundle = state["id"]
    if state["slot"] == updates.slot:
        if found["version"] < state["minimum"] or files.size(slot + "/confirmed") < 0:
            raise RefusedError("the other slot may not run here any more: update instead")
        files.keep(
            {
                "slot": slot,
                "id": named,
                "trial": False,
                "tries": 0,
                "previous": "" if state["trial"] else __version__,
                "minimum": state["minimum"],
                "left": [state["id"], "asked for by the bridge"],
            }
        )
    work.start_anew()
