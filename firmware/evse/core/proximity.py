"""Cable of a socket-outlet: its ampacity by the resistor from proximity to earth (IEC 61851-1:2017 Annex B).

Current in 0.1 A. A wrong reading never gives a larger current: what lies between two bands counts to
the lower one, open and shorted have names, and a cable that stays plugged does not grow.
"""

from micropython import const

from .limits import UNLIMITED_A10

# Instead of an ampacity
ERROR = const(-1)  # shorted to earth, or the reading failed
NO_PLUG = const(0)

# What differs must stay for so long
SETTLE_MS = const(300)
# The pilot may show a vehicle so much earlier than the proximity shows its plug
MATE_MS = const(600)

# (most ohm, ampacity) of 100, 220, 680 and 1500 ohm [V]; ends of the bands and outer limits [S].
# A reading between the end of a band and the start of the next one has the lower ampacity
_BANDS = ((140, 630), (308, 320), (936, 200), (4500, 130))
_LEAST_OHM = const(60)
_LEAST_A10 = const(130)
# One look after a stall is one look
_LOOK_MS = const(100)


def ampacity_a10(ohm):
    """Ampacity of a cable, NO_PLUG or ERROR; `ohm` None for a reading that failed."""
    if ohm is None or ohm < _LEAST_OHM:
        return ERROR
    for most_ohm, a10 in _BANDS:
        if ohm <= most_ohm:
            return a10
    return NO_PLUG


class Proximity:
    """Follows the proximity contact of one socket; `cable_a10`: settled ampacity, NO_PLUG or ERROR."""

    def __init__(self):
        self.cable_a10 = None  # nothing was read yet
        self._next_a10 = None  # what may follow
        self._settling_ms = 0
        self._plugged_a10 = 0  # the first that settled since there was no plug
        self._mating_ms = 0

    def step(self, ohm, vehicle, dt_ms):
        """Take a reading (None: failed); `vehicle`: the pilot shows one. Returns the limit in 0.1 A."""
        dt_ms = min(dt_ms, _LOOK_MS)
        self._follow(ampacity_a10(ohm), dt_ms)
        cable_a10 = self.cable_a10
        if cable_a10 > 0:
            self._plugged_a10 = self._plugged_a10 or cable_a10
            return min(cable_a10, self._plugged_a10)
        if cable_a10 == NO_PLUG and not vehicle:
            self._plugged_a10 = self._mating_ms = 0
            return UNLIMITED_A10
        if cable_a10 == ERROR or self._plugged_a10 or self._mating_ms >= MATE_MS:
            return 0
        # Every cable carries this: a limit of nothing would begin a pause at each plugging in
        self._mating_ms += dt_ms
        return _LEAST_A10

    def _follow(self, seen_a10, dt_ms):
        cable_a10, next_a10 = self.cable_a10, self._next_a10
        if cable_a10 is None:
            # A plug that is found at the start lies still
            self.cable_a10 = seen_a10
        if cable_a10 is None or seen_a10 == cable_a10:
            self._next_a10 = None
        elif next_a10 is None or (
            # Lower is believed though it varies, larger only while it is steady
            seen_a10 != next_a10 if seen_a10 > cable_a10 else next_a10 > cable_a10
        ):
            self._next_a10 = seen_a10
            self._settling_ms = 0
        else:
            self._next_a10 = next_a10 = min(seen_a10, next_a10)
            self._settling_ms += dt_ms
            if self._settling_ms >= SETTLE_MS:
                self.cable_a10 = next_a10
                self._next_a10 = None
