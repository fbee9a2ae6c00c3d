"""A driver who charges again and again through the page's API, whatever is down at the moment."""

import random
import threading
import time

import httpx

from sandbox.bench_settings import CONNECTOR_ID
from sandbox.demo import find

_LOOK_S = 0.4
_CHARGE_S = (2.0, 9.0)
_AGAIN_S = 3.0
_LIVE = ("starting", "charging", "stopping")
_PLUGGED = 2


class Driver(threading.Thread):
    """Starts what is plugged in and idle, stops it some seconds later; close() ends the thread."""

    def __init__(self, bench, seed, tell):
        super().__init__(name="driver")
        self.starting = True  # False: stop what runs, begin nothing
        self.asked = 0
        self.refused = 0
        self.billed = 0
        self._bench = bench
        self._random = random.Random(seed)
        self._tell = tell
        self._closing = threading.Event()
        # Reference: when to stop it, None before it charges
        self._stop_at_s = {}

    def run(self):
        """Look and act until closed; the platform is never killed, so it always answers."""
        while not self._closing.wait(_LOOK_S):
            try:
                live = [self._attend(seq) for seq in list(self._stop_at_s)]
                if self.starting and not any(live) and find(self._bench, _PLUGGED):
                    self._start()
            except httpx.HTTPError as error:
                self._tell(f"the platform does not answer: {error!r}")

    def close(self):
        """End the thread."""
        self._closing.set()
        if self.is_alive():
            self.join()

    @property
    def live(self):
        """References of charges that have no bill."""
        return list(self._stop_at_s)

    def _attend(self, seq):
        """Stop a charge when its time is over; True while it is live."""
        item = self._bench.get(f"api/charges/{seq}")
        phase = item["status"]
        if phase == "billed":
            del self._stop_at_s[seq]
            self.billed += 1
            self._tell(f"billed {seq}: {item['bill']['energy_kwh']} kWh")
            self._replug()
            return False
        if phase == "charging" and self._stop_at_s[seq] is None:
            self._stop_at_s[seq] = time.monotonic() + self._random.uniform(*_CHARGE_S)
        due_s = self._stop_at_s[seq]
        if phase in _LIVE and (not self.starting or (due_s and time.monotonic() > due_s)):
            self._bench.post(f"api/charges/{seq}/stop", {})
            # Whoever sees it still going presses again
            self._stop_at_s[seq] = time.monotonic() + _AGAIN_S
        return phase in _LIVE

    def _start(self):
        self.asked += 1
        status, answer = self._bench.post("api/charges", {"connector_id": CONNECTOR_ID})
        if status == 201:
            seq = str(answer["seq"])
            self._stop_at_s[seq] = None
            self._tell(f"started {seq}")
            return
        self.refused += 1
        error = answer.get("error")
        code = error["code"] if isinstance(error, dict) else status
        self._tell(f"start refused: {code}")

    def _replug(self):
        part = self._bench.parts.get("pile")
        if part is None:
            return
        try:
            part.say("unplug")
            time.sleep(_LOOK_S)
            part.say("plug")
        except (OSError, ValueError):
            # Killed: it is plugged in when it comes back
            pass
