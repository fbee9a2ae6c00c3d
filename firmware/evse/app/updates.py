"""What of an update stays in the heap: which slot runs, and what is to be done about the other one.

It is done by `update`, which comes while nothing is energised and goes before anything may be. A pile without
slots.json has no slots: it says so to nobody and takes no update.
"""

import asyncio
import os
import sys

from ..core.update_key import HAS_KEY
from . import config
from .modules import forget

SLOTS_FILE = "slots.json"
BUNDLE_FILE = "update.bundle"
# What is to be done
FETCH, TRIAL, ROLLBACK = "fetch", "trial", "rollback"
# Digits of a bundle's id that are remembered of the one that runs
ID_CHARS = 16


class Updates:
    """`job` is what is to be done or "". `wanted`: id and bytes of what is to be fetched, ("", 0) by cable.

    `slot` that runs, "" without slots; `running`: the first digits of its id; `previous` version in the
    other one, "" for none. `worker`.chunk(payload) takes chunks, None while nobody fetches.
    """

    def __init__(self, station):
        self.job = self.slot = self.running = self.previous = ""
        self.wanted = ("", 0)
        self.worker = None
        self._station = station
        self._task = None
        state = config.read_json(SLOTS_FILE)
        try:
            # The slot that boot.py put in the path is the one that runs, whatever else the file says
            if state and sys.path[0] == "/" + state["slot"]:
                self._take(state)
        except (KeyError, TypeError, ValueError) as error:
            station.report.notes.append("slots.json: %r" % error)

    def _take(self, state):
        self.running, self.previous = state["id"][:ID_CHARS], state["previous"]
        self.slot = state["slot"]
        if "left" in state:
            bundle, problem = state["left"]
            self._station.console.say("update %.8s rolled back: %s", bundle, problem)
            self._station.downlink.updates.append(
                {"bundle": bundle, "phase": "rolled_back", "from": 0, "problem": problem}
            )
        if "fetch" in state:
            bundle, size = state["fetch"]
            self.wanted = (bundle, size)
        if state["trial"]:
            self.job = TRIAL
        elif self.wanted[1] or BUNDLE_FILE in os.listdir():
            self.job = FETCH

    def ask(self, bundle, size):
        """Fetch and run another firmware; returns "" or the reason of the refusal."""
        if not HAS_KEY or not self.slot:
            return "no_update_key"
        if bundle[:ID_CHARS] == self.running:
            return "installed"
        if self.job and bundle == self.wanted[0]:
            return ""
        if self.job and (self.job != FETCH or (self._task and not self.worker)):
            return "busy"
        # One that is not here whole gives way: whoever ordered it may have given it up
        self.wanted, self.job = (bundle, size), FETCH
        if self._station.permit.energised:
            self._station.downlink.updates.append(
                {"bundle": bundle, "phase": "paused", "from": 0, "problem": ""}
            )
        return ""

    def go_back(self):
        """Run the firmware before this one; returns "" or the reason of the refusal."""
        if not self.previous:
            return "no_previous"
        if self.job == FETCH:
            return "busy"
        self.job = ROLLBACK
        return ""

    def step(self):
        """Begin what is to be done, as soon as nothing is energised."""
        if self.job and not self._task and not self._station.permit.energised:
            self._task = asyncio.create_task(self._work())

    async def _work(self):
        try:
            with self._station.permit.hold("update"):
                from .update import carry_out
            await carry_out(self._station)
        except Exception as error:
            # The permit was refused, or the heap is full: another time
            self._station.console.say("update waits: %r", error)
        self.worker = self._task = None
        forget("evse.app.update")
