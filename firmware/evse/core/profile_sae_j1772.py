"""SAE J1772: the line of IEC 61851-1 with tighter windows on paper."""

from .pilot_profiles import INVALID_IN_GAP, Profile

_LEVELS = "SAE J1772 pilot levels of the ideal line"
_LINE = "SAE J1772, as IEC 61851-1:2017 Table A.1"
_DUTY = "SAE J1772, as IEC 61851-1:2017 Table A.7"
_TIMES = "own choice: as IEC 61851-1:2017 Table A.6"
_WAKE = "own choice: as IEC 61851-1:2017 A.5.3"
_OVER_CURRENT = "own choice: numbers of GB/T 18487.1-2015"

PROFILE = Profile(
    "sae_j1772",
    (
        ("state_a_mv", (11400, 12600), _LEVELS, "M"),
        ("state_b_mv", (8360, 9560), _LEVELS, "M"),
        ("state_c_mv", (5480, 6490), _LEVELS, "M"),
        ("state_d_mv", (2620, 3250), _LEVELS, "M"),
        ("state_e_mv", (-700, 700), "own choice: with the allowance as IEC 61851-1", "S"),
        ("low_half_mv", (-12600, -11400), _LEVELS, "M"),
        # The paper leaves nothing for divider and ADC. Widened, every window lies in that of IEC
        # 61851-1, whose bounds for A, B and C are V and S
        ("measuring_allowance_mv", 300, "own choice: error of divider and ADC", "S"),
        ("knows_state_d", True, "SAE J1772", "S"),
        ("keeps_in_gap", INVALID_IN_GAP, "own choice: no hysteresis known, so opening", "S"),
        ("duty_min_bp", 1000, _DUTY, "S"),
        ("duty_knee_bp", 8500, _DUTY, "S"),
        ("duty_gap_bp", 8540, "own choice: the laws differ by 1.5 A at 85 %", "S"),
        ("duty_max_bp", 9600, _DUTY, "S"),
        ("digital_bp", 500, _DUTY + ", not offered", "S"),
        ("close_stable_ms", 500, "own choice", "S"),
        ("leave_stable_ms", 20, "own choice", "S"),
        ("close_within_ms", 3000, _TIMES + " sequence 4", "S"),
        ("open_within_ms", 100, _TIMES + " sequences 2.2, 8.1, 8.2", "S"),
        ("stop_wait_ms", 6000, _TIMES + " sequence 10.2", "S"),
        ("state_f_min_ms", 300, "own choice: as IEC 61851-1:2017 Table A.5", "S"),
        ("duty_change_min_ms", 5000, _TIMES + " sequence 6", "S"),
        ("wake_kind", "F", _WAKE, "S"),
        ("wake_wait_ms", 30000, _WAKE, "S"),
        ("wake_pulse_ms", 4000, _WAKE, "S"),
        ("over_current_knee_ma", 20000, _OVER_CURRENT, "S"),
        ("over_current_plus_ma", 2000, _OVER_CURRENT, "S"),
        ("over_current_permille", 1100, _OVER_CURRENT, "S"),
        ("over_current_ms", 5000, _OVER_CURRENT, "S"),
        ("over_current_grace_ms", 6000, _TIMES + " sequence 6, 5 s and a margin", "S"),
        ("frequency_hz", (980, 1020), _LINE, "M"),
        ("open_circuit_mv", (11400, 12600), _LINE, "M"),
        ("open_circuit_low_mv", (-12600, -11400), _LINE, "M"),
        ("source_ohm", (970, 1030), _LINE, "M"),
    ),
)
