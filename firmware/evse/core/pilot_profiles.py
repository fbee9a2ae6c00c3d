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
    """What the pile asks for of one standard; the other rows, clauses and tags are for people and tests.

    `windows`: state, lowest_mv, highest_mv of one state after the other; they, low_min_mv and low_max_mv
    hold the measuring allowance. `over_current`: knee_ma, plus_ma, permille, time_ms, grace_ms.
    """

    def __init__(self, name, rows):
        value = {row[0]: row[1] for row in rows}
        self.standard = name  # for people and tests
        allowance_mv = value["measuring_allowance_mv"]
        windows = []
        for key, state in _WINDOWS:
            if state != D or value["knows_state_d"]:
                lowest_mv, highest_mv = value[key]
                windows += [state, lowest_mv - allowance_mv, highest_mv + allowance_mv]
        self.windows = tuple(windows)
        self.low_min_mv = value["low_half_mv"][0] - allowance_mv
        self.low_max_mv = value["low_half_mv"][1] + allowance_mv
        self.keeps_in_gap = value["keeps_in_gap"]
        self.duty_min_bp = value["duty_min_bp"]
        self.duty_knee_bp = value["duty_knee_bp"]
        self.duty_gap_bp = value["duty_gap_bp"]
        self.duty_max_bp = value["duty_max_bp"]
        self.duty_change_min_ms = value["duty_change_min_ms"]
        self.close_stable_ms = value["close_stable_ms"]
        self.leave_stable_ms = value["leave_stable_ms"]
        self.stop_wait_ms = value["stop_wait_ms"]
        self.state_f_min_ms = value["state_f_min_ms"]
        self.wake_kind = value["wake_kind"]
        self.wake_wait_ms = value["wake_wait_ms"]
        self.wake_pulse_ms = value["wake_pulse_ms"]
        self.over_current = (
            value["over_current_knee_ma"],
            value["over_current_plus_ma"],
            value["over_current_permille"],
            value["over_current_ms"],
            value["over_current_grace_ms"],
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
