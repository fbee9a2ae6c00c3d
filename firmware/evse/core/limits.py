"""Offered current as the least of named limits; each remote limit has a time to live.

Current in 0.1 A. Below 6 A (60) the station pauses. `holder` says who holds the current back.
"""

from array import array

RATED, CABLE, TEMPERATURE, SUPPLY, SCHEDULE, PLATFORM, SITE, TECHNICIAN, LINK = range(9)
NAMES = (
    "rated",
    "cable",
    "temperature",
    "supply",
    "schedule",
    "platform",
    "site",
    "technician",
    # A pause for what must not happen while energised, see link/
    "link",
)
LEAST_A10 = 60
FOREVER = -1
UNLIMITED_A10 = 10000


class Limits:
    """A fixed array of named upper bounds."""

    def __init__(self, rated_a10):
        self._a10 = array("h", [UNLIMITED_A10] * len(NAMES))
        self.left_ms = array("i", [FOREVER] * len(NAMES))  # times to live
        self._fallback_a10 = array("h", [UNLIMITED_A10] * len(NAMES))
        self._a10[RATED] = rated_a10
        self.share_of = SUPPLY  # what the limit in SUPPLY is a share of, SUPPLY or SITE

    def set(self, slot, a10, ttl_ms=FOREVER, fallback_a10=UNLIMITED_A10):
        """Set a limit; after `ttl_ms` it becomes `fallback_a10`, at once when no time is left."""
        if ttl_ms != FOREVER and ttl_ms <= 0:
            a10, ttl_ms = fallback_a10, FOREVER
        self._a10[slot] = a10
        self.left_ms[slot] = ttl_ms
        self._fallback_a10[slot] = fallback_a10

    def step(self, dt_ms):
        """Let times to live run down."""
        left_ms = self.left_ms
        for slot in range(len(left_ms)):
            if left_ms[slot] > 0:
                left_ms[slot] -= dt_ms
                if left_ms[slot] <= 0:
                    left_ms[slot] = FOREVER
                    self._a10[slot] = self._fallback_a10[slot]

    def offered_a10(self):
        """The least limit, or 0 when it is below 6 A (pause)."""
        least = self._a10[self.holder()]
        return least if least >= LEAST_A10 else 0

    def value(self, slot):
        """One limit."""
        return self._a10[slot]

    def least_but(self, without):
        """The least limit without that of one slot."""
        return min([a10 for slot, a10 in enumerate(self._a10) if slot != without])

    def holder(self):
        """Slot that holds the least limit; the first of equals."""
        a10 = self._a10
        least = 0
        for slot in range(len(a10)):
            if a10[slot] < a10[least]:
                least = slot
        return least

    def holder_name(self):
        """Name of the limit that holds the current back."""
        holder = self.holder()
        return NAMES[self.share_of if holder == SUPPLY else holder]
