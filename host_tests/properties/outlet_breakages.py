"""What breaks in the parts of some devices: the cable's resistor, the proximity contact, the phase contactor."""

from evse.core.pilot_profiles import A


class OutletBreakages:
    """Kinds beside those of `Breakages`, which has what they use."""

    def cable_bad(self):
        self.site.proximity.change(bad_next=True)
        yield from self._until(lambda: self.site.line.vehicle != A, 8000)
        yield self.random.uniform(700, 3000)

    def proximity_breaks(self):
        proximity = self.site.proximity
        proximity.break_somehow()
        # The stop of a vehicle that does not obey takes six seconds, the row of the fault twice that
        self.actors.calm = self.random.random() < 0.5
        yield self.random.choice((30, 250, 1200, 13000))
        self.actors.calm = False
        proximity.change(fails=False, shown_ohm=None)

    def phases_switched(self):
        power, part = self.site.power, self.site.phase_contactor
        self.actors.stubborn = True
        self.actors.ask(lambda: self.actors.wish(1))
        yield from self._until(lambda: power.closed, 25000)
        yield self.random.uniform(0, 2000)
        self.actors.ask(lambda: self.actors.wish(3))
        yield from self._until(lambda: power.closed and part.closed, 35000)

    def phases_stuck(self):
        part = self.site.phase_contactor
        part.change(stuck=True)
        yield from self._until(lambda: self.actors.loop.protection.phases.failure, 20000)
        yield self.random.uniform(0, 1000)
        part.change(stuck=False)
        self.actors.ask(self.actors.reset)

    def phases_drop(self):
        part = self.site.phase_contactor
        part.change(supply=False)
        yield self.random.choice((100, 1200, 7000))
        part.change(supply=True)

    def phase_mirror(self):
        part = self.site.phase_contactor
        part.change(mirror_broken=True)
        yield self.random.choice((100, 1200, 7000))
        part.change(mirror_broken=False)
