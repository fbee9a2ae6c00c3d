"""Energy out of pulses: exact Wh, a pulse input, and the counter of a metering chip. No I/O.

Nothing is counted that may be wrong: a step of a chip's counter counts when the next frame has not
gone back behind it, and what flowed while the counter was lost is left out.
"""

from micropython import const

# More than any single-phase pile draws: 80 A at 277 V are 22 kW
_MOST_W = const(25000)
# A frame may have waited this long in a buffer
_SLACK_MS = const(2000)
# Power that flows while the counter stands: 10 Wh in W ms
_STILL = const(36000000)
# A pulse lasts 30 ms at least (IEC 62053-31); what is shorter than this is bounce or a spike
_LEAST_PULSE_MS = const(20)
# and what is longer is a short circuit, or the end of one that was not seen
MOST_PULSE_MS = 2000


class Pulses:
    """A register in Wh; one pulse is `numerator`/`denominator` Wh, and what is less than 1 Wh is carried."""

    def __init__(self, numerator, denominator):
        # Only grows, and nothing else is written by whoever counts, which may be an interrupt
        self.count = 0
        self._seen = 0
        self._wh = 0
        self._rest = 0
        self._numerator = numerator
        self._denominator = denominator

    def start(self, wh):
        """Go on from `wh`; the carried part of 1 Wh stays."""
        self.wh()
        self._wh = wh

    def wh(self):
        """The register."""
        count = self.count
        self._rest += (count - self._seen) * self._numerator
        self._seen = count
        self._wh += self._rest // self._denominator
        self._rest %= self._denominator
        return self._wh


class PulseInput(Pulses):
    """Counts low pulses of an input that idles high. `edge` allocates nothing."""

    def __init__(self, pulses_per_kwh):
        super().__init__(1000, pulses_per_kwh)
        self.low_ms = -1  # how long the input was low at the last edge, -1 while it is high

    def edge(self, level, dt_ms):
        """The input is at `level` now, `dt_ms` after the edge before; a pulse counts at its end."""
        low_ms = self.low_ms
        if low_ms >= 0:
            low_ms += dt_ms
        if level:
            if _LEAST_PULSE_MS <= low_ms <= MOST_PULSE_MS:
                self.count += 1
            low_ms = -1
        elif not 0 <= low_ms <= MOST_PULSE_MS:
            low_ms = 0
        self.low_ms = low_ms


class ChipCounter(Pulses):
    """Follows a counter that begins anew at `turn`, and tells a turn from a restart and from noise.

    Turns can be told while less than half of `turn` fits into the time since the last frame.
    """

    def __init__(self, turn, numerator, denominator):
        super().__init__(numerator, denominator)
        self._turn = turn
        self._base = -1  # counted up to here
        self._pending = -1  # the last frame, counted when the next one agrees
        self._doubtful = False  # the last frame does not follow from the base
        self._age_ms = 0  # of the last frame
        self._base_ms = 0  # from the base to the last frame
        self._owed = 0
        self.rescale(numerator)

    def rescale(self, numerator):
        """Another value of a pulse, for pulses from now on."""
        self.wh()
        self._numerator = numerator
        self._most_per_s = _MOST_W * self._denominator // (3600 * numerator) + 1

    def step(self, dt_ms):
        """Time passes."""
        self._age_ms += dt_ms

    def take(self, counter, w):
        """Take the counter of a frame that tells `w` of power; "" or why the frame cannot be used."""
        age_ms, pending = self._age_ms, self._pending
        most = self._most(age_ms)
        self._owed = min(self._owed + w * age_ms, 2 * _STILL) if counter == pending else 0
        if self._owed > _STILL:
            return "counter stands still at %d W" % w
        if pending < 0 or most >= self._turn // 2:
            self._base = self._pending = counter
            self._age_ms = self._base_ms = 0
            self._doubtful = False
            if pending < 0:
                return ""
            return "no frame for %d s, the counter may have turned" % (age_ms // 1000)
        return self._follow(counter, (counter - pending) % self._turn <= most)

    def _most(self, ms):
        return self._most_per_s * (ms + _SLACK_MS) // 1000

    def _follow(self, counter, agrees):
        age_ms, pending, doubtful = self._age_ms, self._pending, self._doubtful
        self._pending, self._age_ms, self._doubtful = counter, 0, False
        if agrees and not doubtful:
            self.count += (pending - self._base) % self._turn
            self._base, self._base_ms = pending, age_ms
            return ""
        self._base_ms += age_ms
        most = self._most(self._base_ms)
        if most < self._turn // 2 and (counter - self._base) % self._turn <= most:
            # The frame between was noise with a good checksum
            return ""
        if agrees:
            self._base, self._base_ms = pending, age_ms
            what = "chip restarted, its counter" if pending <= most else "counter jumped, it"
            return "%s is at %d" % (what, counter)
        self._doubtful = True
        return "counter went from %d to %d in %d ms" % (pending, counter, age_ms)
