"""Energy register: accepts readings of the meter, refuses what cannot be, says when it is lost.

Energy is the meter's own register in Wh; nothing is ever added to it here but the whole turns of a register
that began anew.
"""

# A step may be this much above what the rated power allows, and the register's own resolution on top:
# clock error, and a reading that was delayed
_SLACK_WH = 20
# So many equal refusals in a row are a fact about the meter, not noise on the bus
_REFUSALS = 3
# Protection hangs on current and voltage, which are read in turn with the register: a meter that does
# not tell them is lost. A frequency that is not told is not judged
_VALUES_MS = 5000
_FREQUENCY_MS = 10000
_LOST_MS = 3500
# So many failures among the last eight questions, and the odd answer between them does not count
_FAILURES = 6


class MeterRegister:
    """Last good reading and the two things that can be wrong with a meter."""

    def __init__(self, rated_w):
        self.wh = None  # last good register, None until the meter answered
        self.number = ""  # the meter's own number, "" where it tells none
        self.frame = b""  # the bytes that `wh` was read from
        # The meter's: where its register begins anew (0: never), and the least step of it
        self.wrap_wh = 0
        self.resolution_wh = 10
        self.tells_values = True  # voltage and current too, not the register alone
        self.w = 0
        self.mv = (0,)  # per phase
        self.ma = (0,)
        self.chz = 0  # 0.01 Hz, 0 while the meter does not say
        self.lost = False  # a reading is missing for too long, or answers come too seldom
        self.implausible = False
        self.problem = ""  # what is implausible, for the technician
        self.refused = 0
        self._rated_w = rated_w
        self.age_ms = 0  # of the last good reading
        self._mv_known = False
        self._mv_age_ms = 0
        self._ma_age_ms = 0
        self._hz_age_ms = 0
        self._refused_row = 0
        self._first_wh = None
        self._failures = 0  # of the last eight questions, one bit each

    def step(self, dt_ms):
        """Age the readings; `lost` becomes true after 3.5 s without a register."""
        self.age_ms += dt_ms
        self._mv_age_ms += dt_ms
        self._ma_age_ms += dt_ms
        self._hz_age_ms += dt_ms
        if self._hz_age_ms > _FREQUENCY_MS:
            self.chz = 0
        self.lost = (
            self.age_ms > _LOST_MS
            or (self.tells_values and max(self._ma_age_ms, self._mv_age_ms) > _VALUES_MS)
            or self._failing()
        )

    @property
    def supply_known(self):
        """True while the voltages are fresh enough to be judged."""
        return self._mv_known and self._mv_age_ms <= _VALUES_MS

    def take_voltages(self, mv):
        """Voltages per phase in mV."""
        self.mv = mv
        self._mv_known = True
        self._mv_age_ms = 0

    def take_currents(self, ma):
        """Currents per phase in mA."""
        self.ma = ma
        self._ma_age_ms = 0

    def take_frequency(self, chz):
        """Frequency in 0.01 Hz."""
        self.chz = chz
        self._hz_age_ms = 0

    def heard(self, answered):
        """Note whether a question to the meter was answered."""
        self._failures = (self._failures << 1 | (not answered)) & 0xFF

    def _failing(self):
        count, bits = 0, self._failures
        while bits:
            count += bits & 1
            bits >>= 1
        return count >= _FAILURES

    def accept(self, wh, number=""):
        """Take a register reading of meter `number`; False when it is refused: backward, a jump, another meter.

        The very first one counts when a second agrees: one checksum of 8 bits is no proof.
        A register that begins anew at `wrap_wh` goes on here.
        """
        if self.wh is None:
            first_wh, self._first_wh = self._first_wh, wh
            same = number == self.number
            self.number = number
            if first_wh is None or not same or self._step_wh(wh, first_wh, 0) < 0:
                return False
            self.wh = wh
        else:
            # (age + 1 s) because the last accepted reading was not taken at its own instant
            step_wh = self._step_wh(wh, self.wh, self.age_ms + 1000)
            if step_wh < 0 or self._is_other(number):
                self.refused += 1
                self._refused_row += 1
                if self._refused_row >= _REFUSALS:
                    self.implausible = True
                    self._tell(self.number, self.wh, number, wh)
                return False
            self.wh += step_wh
            self.number = number or self.number
        self.age_ms = 0
        self._refused_row = 0
        return True

    def follows(self, number, wh, elapsed_ms):
        """True when this is the meter `number`, and it has moved from `wh` by what can be in `elapsed_ms`.

        A register that began anew meanwhile goes on from `wh`.
        """
        step_wh = self._step_wh(self.wh, wh, elapsed_ms)
        same = not self._is_other(number)
        if not same or step_wh < 0:
            self._tell(number, wh, self.number, self.wh)
            return False
        self.wh = wh + step_wh
        return True

    def restart(self):
        """Nothing is billed now, so whatever the meter shows next is a new beginning."""
        self.wh = self._first_wh = None
        self.implausible = False
        self.problem = ""
        self._refused_row = 0

    def _step_wh(self, wh, since_wh, ms):
        """Wh from `since_wh` to `wh`, or -1 when it cannot have moved so in this time."""
        step_wh = wh - since_wh
        # Behind by the turns that `since_wh` has on top, or by one that has just come
        if step_wh < 0 and self.wrap_wh:
            step_wh %= self.wrap_wh
        most_wh = self._rated_w * ms // 3600000 + _SLACK_WH + self.resolution_wh
        return step_wh if 0 <= step_wh <= most_wh else -1

    def _is_other(self, number):
        return bool(number and self.number and number != self.number)

    def _tell(self, number, wh, new_number, new_wh):
        if number and new_number and number != new_number:
            self.problem = "meter replaced: number %s -> %s" % (number, new_number)
        else:
            self.problem = "meter register: %d -> %d Wh" % (wh, new_wh)
