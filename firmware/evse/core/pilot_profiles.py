"""Control pilot profiles: one module per standard, each a table of windows, duty law, times and rules.

A row is (key, value, clause, tag): V verified by two or more sources, S one source or an own choice
that the clause explains, M from memory. No safety decision rests on an M row alone: opening asks for
leaving the window of state C, whose bounds are S or lie inside such, and is backed by the diode check.
"""

# Vehicle states as the pilot shows them. INVALID is a level that belongs to no state.
A, B, C, D, E, INVALID = 0, 1, 2, 3, 4, 5
LETTERS = "ABCDE?"

KEEP_IN_GAP = True
INVALID_IN_GAP = False

NAMES = ("iec_61851_1_2017", "sae_j1772", "gbt_18487_1_2015", "gbt_18487_1_2023")
# Where each stands, by its whole name
MODULES = (
    "evse.core.profile_iec_61851_1_2017",
    "evse.core.profile_sae_j1772",
    "evse.core.profile_gbt_18487_1_2015",
    "evse.core.profile_gbt_18487_1_2023",
)

# Keys of the windows in mV at the pilot terminal, positive half-wave, highest first
_WINDOWS = (
    ("state_a_mv", A),
    ("state_b_mv", B),
    ("state_c_mv", C),
    ("state_d_mv", D),
    ("state_e_mv", E),
)


class Profile:
    """Values of one standard, each an attribute by its key; clause and tag are for people and tests.

    Derived: `windows` (state, lowest_mv, highest_mv) and low_min_mv, low_max_mv with the measuring
    allowance, `over_current` (knee_ma, plus_ma, permille, time_ms, grace_ms). A pair is (least, most).
    """

    def __init__(self, name, rows):
        self.name = name
        for key, value, _clause, _tag in rows:
            setattr(self, key, value)
        allowance_mv = self.measuring_allowance_mv
        windows = []
        for key, state in _WINDOWS:
            if state != D or self.knows_state_d:
                lowest_mv, highest_mv = getattr(self, key)
                windows.append((state, lowest_mv - allowance_mv, highest_mv + allowance_mv))
        self.windows = tuple(windows)
        self.low_min_mv = self.low_half_mv[0] - allowance_mv
        self.low_max_mv = self.low_half_mv[1] + allowance_mv
        self.over_current = (
            self.over_current_knee_ma,
            self.over_current_plus_ma,
            self.over_current_permille,
            self.over_current_ms,
            self.over_current_grace_ms,
        )


def load(name):
    """Profile of a name in NAMES, importing only its module; ValueError for any other name."""
    if name == "iec_61851_1_2017":
        from .profile_iec_61851_1_2017 import PROFILE
    elif name == "sae_j1772":
        from .profile_sae_j1772 import PROFILE
    elif name == "gbt_18487_1_2015":
        from .profile_gbt_18487_1_2015 import PROFILE
    elif name == "gbt_18487_1_2023":
        from .profile_gbt_18487_1_2023 import PROFILE
    else:
        raise ValueError("profile = %r: allowed %s" % (name, ", ".join(NAMES)))
    return PROFILE
