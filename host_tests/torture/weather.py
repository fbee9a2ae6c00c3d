"""How the link behaves at this moment: delays, duplicates, losses, silences. Set by faults, asked by the link."""

_CALM_S = (0.002, 0.03)


class Weather:
    """Every answer is drawn from the run's own randomness; calm unless a fault made it otherwise."""

    def __init__(self, random):
        self._random = random
        self.worst_s = 0.0  # by which anything was ever late
        self.calm()

    def calm(self):
        """Nothing but a few milliseconds of delay."""
        self.slow_s = 0.0  # a packet or chunk may take this much longer
        self.deaf = False  # bytes vanish, nobody is told
        self.refusing = False  # no new connection
        self.orderly()

    def orderly(self):
        """Messages arrive once and in order."""
        self.loss = self.twice = self.late = 0.0  # probability for a message at the broker
        self.late_s = 0.0  # how late, by which it is overtaken

    def latency_s(self):
        """Of one chunk of a connection, in order with the others."""
        self.worst_s = max(self.worst_s, self.slow_s)
        return self._random.uniform(*_CALM_S) + self._random.random() * self.slow_s

    def fates(self):
        """Delays after which copies of a message arrive beside the order: [0] is one, in order."""
        self.worst_s = max(self.worst_s, self.late_s)
        chance = self._random.random()
        if not (self.loss or self.twice or self.late):
            return [0.0]
        if chance < self.loss:
            return []
        if chance < self.loss + self.twice:
            return [0.0, self._random.random() * self.late_s]
        if chance < self.loss + self.twice + self.late:
            return [0.001 + self._random.random() * self.late_s]
        return [0.0]
