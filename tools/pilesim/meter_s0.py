"""A meter with a pulse output (S0) on an input with a pull-up: a transistor pulls it low for each pulse."""

FAULTS = ("silent", "stuck", "bounce", "spikes", "missing")

PULSE_US = 50_000
_PAUSE_US = 30_000
# How often it looks again at a power that may have risen, or begun
_LOOK_US = 500_000
_IDLE_LOOK_US = 2_000_000
_BOUNCES = 3
_LONGEST_GAP_US = 750
_LONGEST_SPIKE_US = 5000
# With `missing`, every so many pulses one does not come
_MISSING = 10
_PJ_PER_UWH = 3_600_000_000


class MeterS0:
    """`emitted` counts the pulses that were really given."""

    def __init__(self, clock, load, random, pulses_per_kwh=1000):
        self._clock = clock
        self._load = load
        self._random = random
        self.pulses_per_kwh = pulses_per_kwh
        self.pulse_us = PULSE_US
        self.emitted = 0
        self.faults = set()
        self._done = 0
        self._low = False
        self._pad = None
        self._edges = []
        self._edge = clock.event(self._next_edge)
        self._look = clock.event(self._looked)

    def attach(self, pad):
        """Connect the chip; pulses begin to come."""
        self._pad = pad
        pad.source = self.level
        if self._look.at_us < 0:
            self._look.at(self._clock.now_us + _LOOK_US)

    def level(self, now_us):
        """Level of the input."""
        return 0 if self._low or "stuck" in self.faults else 1

    def set_fault(self, name, on):
        """Switch one of FAULTS: no pulses, the output short-circuited, edges that bounce, short spikes
        between the pulses, every tenth pulse left out.
        """
        before = self.level(self._clock.now_us)
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._tell(before)

    def _tell(self, before):
        level = self.level(self._clock.now_us)
        if level != before and self._pad is not None:
            self._pad.changed(level)

    def _due(self, now_us):
        return self._load.energy_uwh(now_us) * self.pulses_per_kwh // 1_000_000_000

    def _looked(self, now_us):
        """Plan the edges of a pulse that is due, or look again when one may be."""
        if self._done < self._due(now_us):
            self._done += 1
            missing = "missing" in self.faults and self._done % _MISSING == 0
            if not missing and "silent" not in self.faults:
                self.emitted += 1
                self._plan(now_us, self.pulse_us)
            self._look.at(now_us + self.pulse_us + _PAUSE_US)
            return
        random = self._random
        if "spikes" in self.faults and not self._edges and not random.below(4):
            self._plan(now_us, random.between(50, _LONGEST_SPIKE_US))
        self._look.at(now_us + max(_LONGEST_SPIKE_US + 1, self._wait_us(now_us)))

    def _wait_us(self, now_us):
        """Time to the next pulse at the present power, or to the next look."""
        milliwatts = self._load.power_mw(now_us)
        if not milliwatts:
            return _IDLE_LOOK_US
        next_uwh = -(-(self._done + 1) * 1_000_000_000 // self.pulses_per_kwh)
        left_uwh = next_uwh - self._load.energy_uwh(now_us)
        return min(_LOOK_US, left_uwh * _PJ_PER_UWH // (milliwatts * 1000) + 1)

    def _plan(self, start_us, width_us):
        edges = [start_us, start_us + width_us]
        if "bounce" in self.faults and width_us == self.pulse_us:
            for main_us in (start_us, start_us + width_us):
                edge_us = main_us
                for _ in range(2 * self._random.between(1, _BOUNCES)):
                    edge_us += self._random.between(20, _LONGEST_GAP_US)
                    edges.append(edge_us)
        self._edges = sorted(edges)
        self._edge.at(self._edges[0])

    def _next_edge(self, now_us):
        self._edges.pop(0)
        if self._edges:
            self._edge.at(self._edges[0])
        before = self.level(now_us)
        self._low = not self._low
        self._tell(before)
