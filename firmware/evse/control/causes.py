"""Gathers the causes of faults for one connector and sees that one cause has one name."""

from micropython import const

from ..core import faults
from ..core.pilot_drops import PilotDrops
from ..core.pilot_profiles import C, D

# Without mains there is no voltage on the output and no answer from the meter, and a monitor that the
# mains feeds may do anything
_FOLLOWS_MAINS = (
    faults.METER_LOST
    | faults.UNDER_VOLTAGE
    | faults.FREQUENCY
    | faults.CONTACTOR_RELEASED
    | faults.RESIDUAL_CURRENT
)
# A monitor of the mains may be slower than what depends on the mains
_MAINS_FIRST_MS = const(100)


class Causes:
    """One step per control loop: tick, meter and pilot, after the mains has had its say."""

    def __init__(self, tick, register, has_mains_monitor):
        self._tick = tick
        self._register = register
        self._has_mains_monitor = has_mains_monitor
        self._drops = PilotDrops()
        self._released_ms = 0

    def step(self, others, active, unplugged, dt_ms):
        """Fault bits present: the tick's, the meter's and `others`; `active` are those of the register."""
        tick = self._tick
        present = tick.take_faults() | others
        if self._register.lost:
            present |= faults.METER_LOST
        if self._register.implausible:
            present |= faults.METER_IMPLAUSIBLE
        wants_energy = tick.pilot.state == C or tick.pilot.state == D
        if self._drops.step(tick.drops, wants_energy, unplugged, dt_ms):
            present |= faults.PILOT_UNSTABLE
        if self._has_mains_monitor:
            present = self._hold_back_released(present, dt_ms)
        if (active | present) & faults.MAINS_LOST:
            present &= ~_FOLLOWS_MAINS
            self._released_ms = 0
        return present

    def _hold_back_released(self, present, dt_ms):
        # The contactor is open already; only the name waits
        if present & faults.CONTACTOR_RELEASED:
            if self._released_ms <= 0:
                self._released_ms = _MAINS_FIRST_MS
            return present & ~faults.CONTACTOR_RELEASED
        if self._released_ms > 0:
            self._released_ms -= dt_ms
            if self._released_ms <= 0:
                return present | faults.CONTACTOR_RELEASED
        return present
