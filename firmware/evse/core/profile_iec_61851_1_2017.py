"""IEC 61851-1:2017, Annex A."""

from .pilot_profiles import KEEP_IN_GAP, Profile

_LEVELS = "IEC 61851-1:2017 Table A.2"
_DUTY = "IEC 61851-1:2017 Table A.7"
_OVER_CURRENT = "own choice: numbers of GB/T 18487.1-2015"

PROFILE = Profile(
    "iec_61851_1_2017",
    (
        ("state_a_mv", (11000, 13000), _LEVELS, "V"),
        ("state_b_mv", (8000, 10000), _LEVELS, "V"),
        ("state_c_mv", (5000, 7000), _LEVELS, "S"),
        ("state_d_mv", (2000, 4000), _LEVELS, "M"),
        ("state_e_mv", (-1000, 1000), _LEVELS, "M"),
        ("low_half_mv", (-13000, -11000), _LEVELS, "M"),
        ("measuring_allowance_mv", 0, "own choice: none, the windows of Table A.2 hold it", "S"),
        ("knows_state_d", True, _LEVELS, "V"),
        ("keeps_in_gap", KEEP_IN_GAP, "IEC 61851-1:2017 A.4.11", "S"),
        ("duty_min_bp", 1000, _DUTY, "V"),
        # End of the 0.6 A law, then the first duty of the 2.5 A law that nobody reads by the other
        ("duty_knee_bp", 8500, _DUTY, "V"),
        ("duty_gap_bp", 8540, "own choice: the laws differ by 1.5 A at 85 %", "S"),
        ("duty_max_bp", 9600, _DUTY, "V"),
        ("digital_bp", 500, _DUTY + ", not offered", "S"),
        # Closing is slow and opening is fast: a level must hold this long before it may close
        ("close_stable_ms", 500, "own choice, beside A.4.11", "S"),
        # Opening has its own path in the safety tick; this is for states without load
        ("leave_stable_ms", 20, "own choice", "S"),
        ("close_within_ms", 3000, "IEC 61851-1:2017 Table A.6 sequence 4", "S"),
        ("open_within_ms", 100, "IEC 61851-1:2017 Table A.6 sequences 2.2, 8.1, 8.2", "V"),
        ("stop_wait_ms", 6000, "IEC 61851-1:2017 Table A.6 sequence 10.2", "S"),
        ("state_f_min_ms", 300, "IEC 61851-1:2017 Table A.5", "S"),
        ("duty_change_min_ms", 5000, "IEC 61851-1:2017 Table A.6 sequence 6", "S"),
        ("wake_kind", "F", "IEC 61851-1:2017 A.5.3", "S"),
        ("wake_wait_ms", 30000, "IEC 61851-1:2017 A.5.3", "S"),
        ("wake_pulse_ms", 4000, "IEC 61851-1:2017 A.5.3", "V"),
        ("over_current_knee_ma", 20000, _OVER_CURRENT, "S"),
        ("over_current_plus_ma", 2000, _OVER_CURRENT, "S"),
        ("over_current_permille", 1100, _OVER_CURRENT, "S"),
        ("over_current_ms", 5000, _OVER_CURRENT, "S"),
        ("over_current_grace_ms", 6000, "IEC 61851-1:2017 sequence 6, 5 s and a margin", "S"),
        ("frequency_hz", (980, 1020), "IEC 61851-1:2017 Table A.1", "S"),
        ("open_circuit_mv", (11400, 12600), "IEC 61851-1:2017 Table A.1", "S"),
        ("open_circuit_low_mv", (-12600, -11400), "IEC 61851-1:2017 Table A.1", "S"),
        ("source_ohm", (970, 1030), "IEC 61851-1:2017 Table A.1", "S"),
    ),
)
