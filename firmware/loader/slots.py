"""Which of the two slots runs: /a or /b, each a tree with its manifest.json. Never updated over the air.

slots.json: slot; id, the hex SHA-256 of its manifest; trial; tries, starts on trial so far; previous, the
version that a rollback goes to or ""; minimum, the highest that a confirmed manifest told; problem, why a
start on trial ended; left, (id, why) of the slot that was left last; fetch, (id, bytes) of what is fetched.
Without a whole slots.json the slot that holds `confirmed` runs, else the first that is whole.
"""

import json
import os
import sys
from binascii import hexlify
from hashlib import sha256

from machine import WDT
from micropython import const

# The folder that boot.py starts in is the root
FILE = "slots.json"
_TRIES = const(3)
# The station gives the watchdog its own time as soon as it runs
_TRIAL_MS = const(120000)
_PROBLEM = "it was not well in three starts"


def decide(state, look):
    """State to start with, None when no slot can; `state` None: none was written.

    `look(slot)` gives (id, minimum, confirmed) of a slot that is whole, else None.
    """
    if state is None:
        found = [slot for slot in "ab" if look(slot)]
        confirmed = [slot for slot in found if look(slot)[2]]
        if not found:
            return None
        slot = (confirmed or found)[0]
        return _settled(slot, look, max([look(other)[1] for other in confirmed or [slot]]))
    slot = state["slot"]
    other = "b" if slot == "a" else "a"
    why = "its files are missing or cut short"
    if look(slot):
        if state["trial"] and state["tries"] < _TRIES:
            return dict(state, tries=state["tries"] + 1)
        if not state["trial"] or not look(other):
            # What cannot prove itself is better than nothing
            return state
        why = state.get("problem") or _PROBLEM
    if not look(other):
        return None
    return dict(_settled(other, look, state["minimum"]), left=[state["id"], why])


def _settled(slot, look, minimum):
    return {
        "slot": slot,
        "id": look(slot)[0],
        "trial": False,
        "tries": 0,
        "previous": "",
        "minimum": minimum,
    }


def look(slot):
    """(id, minimum, confirmed) of a slot with every file of its manifest in full, else None.

    The hashes were checked when it was written.
    """
    try:
        with open(slot + "/manifest.json", "rb") as file:
            data = file.read()
        manifest = json.loads(data)
        for path, size, _hash in manifest["files"]:
            if os.stat(slot + "/" + path)[6] != size:
                return None
        named = str(hexlify(sha256(data).digest()), "ascii")
        return named, manifest["minimum"], "confirmed" in os.listdir(slot)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read():
    """What slots.json says; None when it is missing or no such thing."""
    try:
        with open(FILE) as file:
            state = json.load(file)
        known = state["slot"] in ("a", "b") and state["tries"] + len(state["minimum"]) >= 0
        return state if known and state["id"] and state["trial"] in (False, True) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(state):
    """Write slots.json anew; a loss of power leaves the old one or this one."""
    with open(FILE + ".new", "w") as file:
        json.dump(state, file)
    os.rename(FILE + ".new", FILE)


def choose():
    """The state to start with, written down before the start; None when no slot can."""
    state = read()
    chosen = decide(state, look)
    if chosen is None or chosen == state:
        return chosen
    try:
        write(chosen)
    except OSError:
        # Nothing can be counted: no trial
        other = "b" if chosen["slot"] == "a" else "a"
        if chosen["trial"] and look(other):
            return _settled(other, look, chosen["minimum"])
    return chosen


def enter():
    """Choose, and let nothing be imported but from the slot and the interpreter."""
    state = choose()
    if state is None:
        return
    if state["trial"]:
        # Whatever hangs before the station feeds it
        WDT(timeout=_TRIAL_MS)
    sys.path[0] = "/" + state["slot"]


def failed(why):
    """A start ended by an error: on trial, keep why."""
    state = read()
    if state is not None and state["trial"]:
        state["problem"] = why[:100]
        try:
            write(state)
        except OSError:
            pass
