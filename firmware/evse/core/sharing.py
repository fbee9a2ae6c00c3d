"""Shares one supply among the EVSEs of a controller. Currents in 0.1 A.

The sum of what may be drawn never exceeds the supply: a share falls at once, and another one rises
only by what a vehicle has really given back, because it may take 5 s to follow its duty.
"""

from micropython import const

from .limits import LEAST_A10, SITE, SUPPLY, UNLIMITED_A10

# IEC 61851-1 Table A.6: a vehicle follows a lower duty within 5 s; the meter needs its time too
_FOLLOW_MS = const(6000)


class Sharing:
    """`shares` of `count` EVSEs after each step; 0 while one waits for the others."""

    def __init__(self, count):
        self.shares = [0] * count
        self._exposed = [0] * count  # what may still be drawn
        self._left_ms = [0] * count
        self._since = []  # those that want energy, the first come first

    def limit(self, supply_a10, slots, wanting, closed, dt_ms):
        """Advance, and set each EVSE's share of the supply and of the site's limit in its `slots`, a Limits.

        `wanting`: whether it wants energy; `closed` as for step().
        """
        # A site speaks of all of us
        site_a10 = slots[0].value(SITE)
        wanted_a10 = []
        for each, wants in zip(slots, wanting):
            a10 = each.least_but(SUPPLY)
            wanted_a10.append(a10 if wants and a10 >= LEAST_A10 else 0)
        self.step(min(supply_a10, site_a10), wanted_a10, closed, dt_ms)
        for each, wanted, share in zip(slots, wanted_a10, self.shares):
            a10 = supply_a10
            if wanted:
                # Who gets all that another limit leaves is not held back by the supply
                a10 = share if share < wanted else UNLIMITED_A10
            each.set(SUPPLY, a10)
            each.share_of = SITE if site_a10 < supply_a10 else SUPPLY

    def step(self, total_a10, wanted_a10, closed, dt_ms):
        """Advance; `wanted_a10` per EVSE, 0 for no wish; `closed`: its contactor conducts or may."""
        for index, wanted in enumerate(wanted_a10):
            if wanted and index not in self._since:
                self._since.append(index)
            elif not wanted and index in self._since:
                self._since.remove(index)
        targets = self._targets(total_a10, wanted_a10)
        for index, target in enumerate(targets):
            self._lower(index, target, closed[index], dt_ms)
        for index in self._since:
            room = total_a10 - sum(self._exposed) + self._exposed[index]
            share = min(targets[index], room)
            if share > self.shares[index] and share >= LEAST_A10:
                self.shares[index] = share
                self._exposed[index] = max(share, self._exposed[index])

    def _targets(self, total_a10, wanted_a10):
        targets = [0] * len(wanted_a10)
        # Who cannot have 6 A waits for who came before
        count = min(len(self._since), total_a10 // LEAST_A10)
        waiting = sorted(self._since[:count], key=lambda index: wanted_a10[index])
        rest = total_a10
        for place, index in enumerate(waiting):
            # The modest first: what they leave is for the others
            targets[index] = min(wanted_a10[index], rest // (count - place))
            rest -= targets[index]
        return targets

    def _lower(self, index, target, closed, dt_ms):
        if target < self.shares[index]:
            self.shares[index] = target
            self._left_ms[index] = _FOLLOW_MS
        self._left_ms[index] -= dt_ms
        if self._left_ms[index] <= 0 or not closed:
            self._exposed[index] = self.shares[index]
            self._left_ms[index] = 0
