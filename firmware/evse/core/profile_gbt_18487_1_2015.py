"""GB/T 18487.1-2015, Annex A: IEC 61851-1 without state D and hysteresis, at most 63 A."""

from .pilot_profiles import INVALID_IN_GAP, Profile

_LEVELS = "GB/T 18487.1-2015 Table A.1"
_LINE = "GB/T 18487.1-2015 Table A.1 generator"
_DUTY = "GB/T 18487.1-2015 Table A.2"
_TIMES = "GB/T 18487.1-2015 A.3"
_WAKE = "own choice: as IEC 61851-1:2017 A.5.3"
_OVER_CURRENT = "GB/T 18487.1-2015 A.3 over-current"

PROFILE = Profile(
    "gbt_18487_1_2015",
    (
        ("state_a_mv", (11200, 12800), _LEVELS + " state 1", "S"),
        ("state_b_mv", (8200, 9800), _LEVELS + " state 2", "S"),
        ("state_c_mv", (5200, 6800), _LEVELS + " state 3", "S"),
        ("state_e_mv", (-1000, 1000), "as IEC 61851-1:2017 Table A.2, CP to PE", "M"),
        ("low_half_mv", (-12800, -11200), _LEVELS, "M"),
        ("measuring_allowance_mv", 0, "own choice: none, the windows of Table A.1 hold it", "S"),
        ("knows_state_d", False, "GB/T 18487.1-2015: 3 V is no state", "S"),
        ("keeps_in_gap", INVALID_IN_GAP, _LEVELS, "S"),
        ("duty_min_bp", 1000, _DUTY, "M"),
        ("duty_knee_bp", 8500, _DUTY, "M"),
        ("duty_gap_bp", 8540, "own choice: the laws differ by 1.5 A at 85 %", "S"),
        ("duty_max_bp", 8920, _DUTY + ", at most 63 A", "M"),
        ("digital_bp", 500, _DUTY + ", not offered", "M"),
        ("close_stable_ms", 500, "own choice", "S"),
        ("leave_stable_ms", 20, "own choice", "S"),
        ("close_within_ms", 3000, _TIMES, "M"),
        ("open_within_ms", 100, _TIMES + ", as IEC 61851-1:2017 Table A.6 8.1", "M"),
        # The text allows opening from 3 s on; a vehicle that obeys IEC 61851-1 may ask for 6 s
        ("stop_wait_ms", 6000, _TIMES + ".10 and IEC 61851-1:2017 Table A.6 10.2", "S"),
        ("state_f_min_ms", 300, "own choice: as IEC 61851-1:2017 Table A.5", "S"),
        ("duty_change_min_ms", 5000, _TIMES, "M"),
        # In GB/T a duty of 0 % tells the vehicle that the pile is unavailable: S1 is switched instead
        ("wake_kind", "x1", _WAKE, "M"),
        ("wake_wait_ms", 30000, _WAKE, "S"),
        ("wake_pulse_ms", 3000, _WAKE, "M"),
        ("over_current_knee_ma", 20000, _OVER_CURRENT, "M"),
        ("over_current_plus_ma", 2000, _OVER_CURRENT, "M"),
        ("over_current_permille", 1100, _OVER_CURRENT, "M"),
        ("over_current_ms", 5000, _OVER_CURRENT, "M"),
        ("over_current_grace_ms", 6000, "own choice: 5 s to follow the duty and a margin", "S"),
        ("frequency_hz", (970, 1030), _LINE, "M"),
        ("open_circuit_mv", (11400, 12600), _LINE, "M"),
        ("open_circuit_low_mv", (-12600, -11400), _LINE, "M"),
        ("source_ohm", (970, 1030), _LINE, "M"),
    ),
)
