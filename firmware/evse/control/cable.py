"""What the plugged cable allows: its proximity resistor becomes a limit, and a bad one a fault."""

from ..core import limits
from ..core.faults import CABLE_INVALID
from ..core.pilot_profiles import A
from ..core.proximity import Proximity


class Cable:
    """One step per control loop; `part` reads ohm, see drivers/proximity_adc.py."""

    def __init__(self, part, tick, slots):
        self._part = part
        self._tick = tick
        self._limits = slots
        self._proximity = Proximity()

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns the fault causes present."""
        try:
            ohm = self._part.read()
        except OSError:
            ohm = None
        a10 = self._proximity.step(ohm, self._tick.pilot.state != A, dt_ms)
        self._limits.set(limits.CABLE, a10)
        return 0 if a10 else CABLE_INVALID
