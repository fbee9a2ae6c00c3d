"""What may move or flow only while the contactor is open: bolt, test current, phase contactor."""

from evse.core.phase_switching import INTERRUPT_MS

# Steps of the control loop at both ends
_MARGIN_MS = 100


class IdleMoves:
    """Judges the parts that call it; of one life."""

    def __init__(self, world, power, interrupted_ms):
        self._world = world
        self._power = power
        self._interrupted_ms = interrupted_ms  # how long the pilot has been in state F

    def _is_live(self):
        # A weld that the feedback hides is nothing that the firmware could know
        power = self._power
        return power.pin or (power.closed and power.last_read)

    def test_begins(self):
        """The test current of the residual-current monitor flows."""
        self._world.count("self-tests")
        if self._is_live():
            self._world.violate("self-test with the contactor closed")

    def lock_driven(self, direction):
        """The lock's motor runs."""
        if direction < 0 and self._is_live():
            self._world.violate("lock driven to unlock with the contactor closed")

    def bolt_freed(self):
        """The bolt has left its position by the motor."""
        power = self._power
        if power.pin or (power.closed and power.broken is None):
            self._world.violate("unlocked with the contactor closed")

    def phases_driven(self, on, fed):
        """The coil of the phase contactor is switched; `fed`: the vehicle has had current."""
        self._world.count("phases driven")
        if self._is_live():
            self._world.violate("phase contactor driven with the main contactor closed")
        elif on and fed and self._interrupted_ms() < INTERRUPT_MS - _MARGIN_MS:
            self._world.violate("phases closed under a vehicle that saw no interruption")

    def phases_moved(self):
        """The poles of the phase contactor arrive where its coil wants them."""
        power = self._power
        if power.pin or (power.closed and power.broken is None):
            self._world.violate("phases moved with the main contactor closed")
