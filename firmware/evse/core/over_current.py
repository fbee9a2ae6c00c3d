"""Over-current: the vehicle draws more than the pilot offers for too long (GB/T 18487.1)."""


class OverCurrent:
    """`rule` is (knee_ma, plus_ma, permille, time_ms, grace_ms), see core/pilot_profiles.py.

    Up to the knee the offer may be exceeded by plus_ma, above it up to permille of it. A vehicle needs
    time to follow a lower offer: the earlier one counts for grace_ms.
    """

    def __init__(self, rule):
        self._rule = rule
        self._held_ma = 0  # the offer that counts
        self._next_ma = 0  # highest offer since that one was lowered
        self._grace_left_ms = 0
        self._over_ms = 0

    def step(self, drawn_ma, offered_ma, dt_ms):
        """`drawn_ma`: the largest phase; `offered_ma`: 0 in a pause. True while it draws too much."""
        knee_ma, plus_ma, permille, time_ms, grace_ms = self._rule
        self._follow(offered_ma, grace_ms, dt_ms)
        most_ma = self._held_ma + plus_ma
        if self._held_ma > knee_ma:
            most_ma = self._held_ma * permille // 1000
        self._over_ms = min(self._over_ms + dt_ms, time_ms) if drawn_ma > most_ma else 0
        return self._over_ms >= time_ms

    def _follow(self, offered_ma, grace_ms, dt_ms):
        if offered_ma >= self._held_ma:
            self._held_ma = offered_ma
            self._grace_left_ms = 0
            return
        if self._grace_left_ms <= 0:
            self._next_ma = offered_ma
            self._grace_left_ms = grace_ms
        else:
            # A row of small steps down must not keep the first offer alive: it counts for its own
            # grace, the highest of those after it for one more
            self._next_ma = max(self._next_ma, offered_ma)
            self._grace_left_ms -= dt_ms
        if self._grace_left_ms <= 0:
            self._held_ma = self._next_ma
