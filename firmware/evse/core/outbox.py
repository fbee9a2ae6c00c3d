"""Which records the journal still takes as it fills while nobody fetches them.

Samples go first: every fourth from half on. Then faults, then starts of the pile. What a running transaction
needs to its end is always taken: there is room for it because `full` forbids a new transaction in time.
"""

from micropython import const

# Records of the usual size that must fit when a transaction begins: its own, and faults on its way
_RESERVE = const(36)
_BOOT_RESERVE = const(18)
_SAMPLE = "tx_sample"
# Taken to the last page
MONEY = ("tx_start", "tx_charging", "tx_resume", "tx_ending", "tx_stop", "key")


class Outbox:
    """`room` and `capacity` are records of the usual size that can be written without an erase."""

    def __init__(self):
        self.thinned = 0
        self._samples = 0

    def full(self, room):
        """True when a new transaction could not be recorded to its end."""
        return room < _RESERVE

    def takes(self, kind, room, capacity):
        """True when a record of this kind is to be written now; counts those that are not."""
        taken = kind in MONEY or self._has_room(kind, room, capacity)
        if not taken:
            self.thinned += 1
        return taken

    def _has_room(self, kind, room, capacity):
        if kind == "boot":
            return room >= _BOOT_RESERVE
        if room < _RESERVE:
            return False
        if kind != _SAMPLE or 2 * room >= capacity:
            return True
        self._samples += 1
        return self._samples % 4 == 0
