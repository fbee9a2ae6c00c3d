"""Control pilot profiles: one data table per standard. Voltages in mV at the pilot terminal.

Each row carries its clause and an evidence tag: V verified by two or more sources, S one source,
M from memory. No safety decision rests on an M row alone: opening asks for leaving the window of
state C, whose bounds are S in both standards, and is backed by the diode check.
"""

# Vehicle states as the pilot shows them. INVALID is a level that belongs to no state.
A, B, C, D, E, INVALID = 0, 1, 2, 3, 4, 5
LETTERS = "ABCDE?"

KEEP_IN_GAP = True
INVALID_IN_GAP = False


class Profile:
    """Windows, duty law and times of one standard. Rows are tuples, see the tables below."""

    def __init__(self, name, windows, low_window, gap, duty, times):
        self.name = name
        # (state, lowest_mv, highest_mv), positive half-wave
        self.windows = tuple((row[0], row[1], row[2]) for row in windows)
        self.low_min_mv = low_window[0]
        self.low_max_mv = low_window[1]
        self.keeps_in_gap = gap[0]
        self.duty_min_bp, self.duty_knee_bp, self.duty_gap_bp, self.duty_max_bp = duty[:4]
        for key, value_ms, _clause, _tag in times:
            setattr(self, key, value_ms)


_TIMES_COMMON = (
    # Closing is slow and opening is fast: a level must hold this long before it may close
    ("close_stable_ms", 500, "IEC 61851-1 A.4.11, own margin", "S"),
    # Opening has its own path in the safety tick; this is for states without load
    ("leave_stable_ms", 20, "own choice", "S"),
    ("state_f_min_ms", 300, "IEC 61851-1 Table A.5", "S"),
    ("duty_change_min_ms", 5000, "IEC 61851-1 Table A.6 sequence 6", "S"),
)

IEC_61851_1 = Profile(
    "iec_61851_1_2017",
    (
        # state, lowest, highest, clause, tag
        (A, 11000, 13000, "IEC 61851-1:2017 Table A.2", "V"),
        (B, 8000, 10000, "IEC 61851-1:2017 Table A.2", "V"),
        (C, 5000, 7000, "IEC 61851-1:2017 Table A.2", "S"),
        (D, 2000, 4000, "IEC 61851-1:2017 Table A.2", "M"),
        (E, -1000, 1000, "IEC 61851-1:2017 Table A.2", "M"),
    ),
    (-13000, -11000, "IEC 61851-1:2017 Table A.2", "M"),
    (KEEP_IN_GAP, "IEC 61851-1:2017 A.4.11", "S"),
    # minimum, end of the 0.6 A law, first duty of the 2.5 A law that reads higher, maximum
    (1000, 8500, 8540, 9600, "IEC 61851-1:2017 Table A.7", "V"),
    (("stop_wait_ms", 6000, "IEC 61851-1 Table A.6 sequence 10.2", "S"),) + _TIMES_COMMON,
)

GBT_18487_1_2015 = Profile(
    "gbt_18487_1_2015",
    (
        (A, 11200, 12800, "GB/T 18487.1-2015 Table A.1 state 1", "S"),
        (B, 8200, 9800, "GB/T 18487.1-2015 Table A.1 state 2", "S"),
        (C, 5200, 6800, "GB/T 18487.1-2015 Table A.1 state 3", "S"),
        # GB/T has no state D: 3 V is invalid
        (E, -1000, 1000, "as IEC 61851-1, CP to PE", "M"),
    ),
    (-12800, -11200, "GB/T 18487.1-2015 Table A.1", "M"),
    (INVALID_IN_GAP, "GB/T 18487.1-2015 Table A.1", "S"),
    (1000, 8500, 8540, 8920, "GB/T 18487.1-2015 Table A.2, at most 63 A", "M"),
    (("stop_wait_ms", 3000, "GB/T 18487.1-2015 A.3.10", "M"),) + _TIMES_COMMON,
)

PROFILES = {profile.name: profile for profile in (IEC_61851_1, GBT_18487_1_2015)}
