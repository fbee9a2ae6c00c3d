"""What of an update stays in the heap: which slot runs, and what is to be done about the other one.

It is done by modules that come while nothing is energised and go before anything may be. A pile without
slots.json has no slots: it says so to nobody and takes no update.
"""

import asyncio
import os
import sys

from ..control.stall_permit import StallRefusedError
from ..core import messages
from ..core.update_key import HAS_KEY
from . import config
from .modules import forget

SLOTS_FILE = "slots.json"
BUNDLE_FILE = "update.bundle"
# What is to be done
FETCH, TRIAL, ROLLBACK = "fetch", "trial", "rollback"
_LATE = (
    "evse.app.update",
    "evse.app.unpack",
    "evse.app.trial",
    "evse.app.slot_files",
    "evse.core.manifest",
)


class Updates:
    """`job` is what is to be done or "", `bundle` and `size` what is to be fetched: "" and 0 by cable.

    `worker` takes the chunks, None while nobody fetches.
    """

    def __init__(self, station):
        self.job = ""
        self.bundle = ""
        self.size = 0
        self.have = 0
        self.trial = False
        self.worker = None
        self.slot = self.running = self.previous = ""
        self.restart = station.board.chip().reset
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
        self.running, self.previous = state["id"], state["previous"]
        self.slot, self.trial = state["slot"], state["trial"]
        if "left" in state:
            self.bundle, problem = state["left"]
            self.say("rolled_back", problem)
            self.bundle = ""
        if "fetch" in state:
            self.bundle, self.size = state["fetch"]
        if self.trial:
            self.job = TRIAL
        elif self.bundle or BUNDLE_FILE in os.listdir():
            self.job = FETCH

    def ask(self, bundle, size):
        """Fetch and run another firmware; returns "" or the reason of the refusal."""
        if not HAS_KEY or not self.slot:
            return "no_update_key"
        if bundle == self.running:
            return "installed"
        if self.job:
            return "" if bundle == self.bundle else "busy"
        self.bundle, self.size, self.job = bundle, size, FETCH
        if self._station.permit.energised:
            self.say("paused")
        return ""

    def go_back(self):
        """Run the firmware before this one; returns "" or the reason of the refusal."""
        if not self.previous:
            return "no_previous"
        if self.job and not self.trial:
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
            await carry_out(self._station, self)
        except StallRefusedError:
            # Another time
            if self.job == FETCH:
                self.say("paused")
        except Exception as error:
            self._station.console.say("update failed: %r", error)
            if self.job != TRIAL:
                self.job = ""
                self.say("refused", "the update failed: %r" % error)
        finally:
            self.worker = self._task = None
            forget(*_LATE)

    def say(self, phase, problem=""):
        """Tell the bridge and the serial port how far it is."""
        told = self.bundle or self.running
        self._station.console.say("update %.8s: %s %d %s", told, phase, self.have, problem)
        waiting = self._station.downlink.updates
        if len(waiting) < 4:
            message = {"bundle": told, "phase": phase, "from": self.have, "problem": problem[:120]}
            waiting.append(messages.encode(message))
