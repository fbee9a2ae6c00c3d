"""A world with every safety part, driven and read by the roles of its pins."""

from types import SimpleNamespace

from pilesim.world import World

FRONT_END = {"pullup_ohm": 10_000, "pullup_mv": 3300, "ntc_ohm_25c": 10_000, "beta_k": 3950}
PINS = {
    "contactor": 26,
    "heartbeat": 27,
    "output_sense": 33,
    "rcm_trip": 19,
    "rcm_test": 23,
    "emergency_stop": 21,
    "pe_monitor": 22,
    "mains_monitor": 34,
    "temperature_adc": 39,
    "lock_a": 13,
    "lock_b": 14,
    "lock_feedback": 35,
}
BOARD = SimpleNamespace(PINS=PINS, TEMPERATURE_FRONT_END=FRONT_END, PHASES=3)


class Bench:
    """A world whose pads the test drives and reads by role."""

    def __init__(self, seed=1):
        self.world = World(seed)
        self.world.wire(BOARD)
        self.clock = self.world.clock
        self.drive("rcm_test", 0)
        self.drive("lock_a", 0)
        self.drive("lock_b", 0)
        self._beat = 0

    def pad(self, role):
        return self.world.chip.pad(PINS[role])

    def drive(self, role, level):
        self.pad(role).set_output(True)
        self.pad(role).write(level)

    def level(self, role):
        return self.pad(role).read(self.clock.now_us)

    def run(self, ms):
        for _ in range(ms // 5):
            self._beat ^= 1
            self.drive("heartbeat", self._beat)
            self.clock.advance(5000)

    def close(self):
        self.run(5)
        self.drive("contactor", 1)
        self.run(100)
        assert self.world.contactor.closed

    def until(self, role, level, within_us):
        """Microseconds until a pad has a level."""
        started_us = self.clock.now_us
        while self.level(role) != level:
            self.clock.advance(100)
            assert self.clock.now_us - started_us <= within_us
        return self.clock.now_us - started_us
