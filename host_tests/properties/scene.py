"""A walk without chance: the same controller and checks, and the story told by a test."""

from evse.core.pilot_profiles import B, C

from .device import device
from .walk import Walk, clock_of


class Scene(Walk):
    """One life of one device; nothing happens but what the test does."""

    def __init__(self, **changes):
        super().__init__(1)
        self._device = device(**changes)
        self._chaos = self
        self.restart()

    # The life ends with the test
    over = False

    def run(self, ms):
        """Let time pass; ViolationError as in a walk."""
        self._end_us = self.world.now_us + ms * 1000
        with clock_of(self.world):
            self._live(self.world.ticks + ms)
        return self

    def plug(self):
        """A vehicle comes, asks for energy and the session wants it to have some."""
        self.actors.show(B)
        self.run(500)
        self.actors.want(True)
        self.run(3000)
        self.actors.show(C)
        return self.run(2000)

    def weld(self):
        """The contactor welds, the vehicle opens S2; then somebody repairs it."""
        self.site.power.change(welded=True)
        self.actors.show(B)
        self.run(1500)
        self.site.power.change(welded=False)
        return self.run(100)

    def restart(self):
        """Power goes and comes."""
        self.world.forget_events()
        self.site, self.actors = self._power_up(self._device)
        self.actors.stubborn = True
        return self

    @property
    def active(self):
        """Fault bits of the register."""
        return self.loop.faults.active
