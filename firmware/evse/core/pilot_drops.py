"""Names a pilot that twitches: openings by the tick that the debounced state never shows."""

from micropython import const

# The debounced state has followed a real change long before this
_JUDGE_MS = const(100)
# So many in one plug-in wear the contactor and are a fault, not chance
_MOST = const(3)


class PilotDrops:
    """Counts the openings after which the vehicle turns out to have wanted energy all along."""

    def __init__(self):
        self._seen = 0
        self._left_ms = 0
        self._twitches = 0

    def step(self, drops, wants_energy, unplugged, dt_ms):
        """`drops`: the tick's counter; `wants_energy`: state C or D still. True once for each fault."""
        if unplugged:
            self._twitches = 0
        if drops != self._seen:
            self._seen = drops
            self._left_ms = _JUDGE_MS
            return False
        if self._left_ms <= 0:
            return False
        self._left_ms -= dt_ms
        if self._left_ms > 0 or not wants_energy:
            return False
        self._twitches += 1
        if self._twitches < _MOST:
            return False
        self._twitches = 0
        return True
