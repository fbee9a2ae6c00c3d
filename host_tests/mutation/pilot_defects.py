"""Defects in the pilot: levels, diode, generator, duty, states."""

from .defect import WALK, defects_of

_CORE = "host_tests/core/test_%s.py"

DEFECTS = (
    *defects_of(
        "core/pilot.py",
        (_CORE % "pilot", _CORE % "pilot_windows", _CORE % "profiles", WALK),
        (
            (
                "if high_mv >= windows[at + 1]:",
                "if high_mv > windows[at + 1]:",
                "lower end of a window",
            ),
            (
                "if high_mv > windows[at + 2]:",
                "if high_mv >= windows[at + 2]:",
                "upper end of a window",
            ),
            ("lower != upper + 1", "False", "a level where state D is not known"),
            (
                "if previous == upper or previous == lower:",
                "if previous == upper:",
                "hysteresis from below",
            ),
            (
                "return upper if lower <= C else INVALID",
                "return lower if lower <= C else INVALID",
                "a gap leads towards current",
            ),
            ("if limit_a10 < 60:", "if limit_a10 < 50:", "offer below 6 A"),
            (
                "high_law_bp = limit_a10 * 4 + 6400",
                "high_law_bp = limit_a10 * 4 + 6500",
                "the 2.5 A law",
            ),
            (
                "        return profile.duty_max_bp\n",
                "        return 9600\n",
                "the duty cap of GB/T, 63 A",
            ),
            (
                "if high_law_bp < profile.duty_gap_bp:",
                "if high_law_bp < profile.duty_knee_bp:",
                "duty between the two laws",
            ),
            (
                "return wants_energy and self.low_ok and self.generator_ok",
                "return wants_energy and self.generator_ok",
                "diode check while charging",
            ),
            ("_LOW_MISSING_MS = const(500)", "_LOW_MISSING_MS = const(5000)", "unseen half-wave"),
            (
                "if self._low_doubts == 1 and bp > _LOW_SURE_BP:",
                "if False:",
                "one spoilt half-wave that nothing confirms",
            ),
            (
                "min(self._low_doubts + 1, 2)",
                "1",
                "a second half-wave that is bad",
            ),
            (
                "self.low_ok = self.low_missing_ms <= _LOW_MISSING_MS",
                "self.low_ok = True",
                "end of the doubt about a half-wave",
            ),
            (
                "return low_mv <= _NOT_NEGATIVE_MV or self.instant == E",
                "return True",
                "generator stuck high",
            ),
            (
                "if high_mv < _STUCK_LOW_MV:\n            return False",
                "if high_mv < _STUCK_LOW_MV:\n            return True",
                "generator stuck low",
            ),
            (
                "self.generator_ok = high_count == 0 and low_count > 0 and self._in_low_window(low_mv)",
                "self.generator_ok = True",
                "verification of state F",
            ),
            (
                "self._candidate_ms = 0\n        self.closable = False\n\n    def diode_failed",
                "self.closable = False\n\n    def diode_failed",
                "an opening makes the level hold anew",
            ),
            (
                "return self.low_bad_ms >= self.profile.leave_stable_ms",
                "return self.low_bad_ms >= 50 * self.profile.leave_stable_ms",
                "name of the diode fault",
            ),
            (
                "return self.generator_bad_ms >= self.profile.leave_stable_ms",
                "return self.generator_bad_ms >= 50 * self.profile.leave_stable_ms",
                "name of the generator fault",
            ),
            (
                "wait_ms = self.profile.close_stable_ms",
                "wait_ms = self.profile.leave_stable_ms",
                "slow debounce towards current",
            ),
            (
                "self.closable = wants_energy and self._candidate_ms >= self.profile.close_stable_ms",
                "self.closable = wants_energy and self._candidate_ms >= 100",
                "stable time before closing",
            ),
        ),
    ),
    *defects_of(
        "core/charging.py",
        (_CORE % "charging", _CORE % "charging_edges", WALK),
        (
            (
                "(DRIVE_POSITIVE, HOLD),  # C1",
                "(DRIVE_POSITIVE, CLOSE),  # C1",
                "no PWM, no closing",
            ),
            (
                "if self.state in (D1, D2) and not ventilated:",
                "if self.state == D1 and not ventilated:",
                "state D needs ventilation",
            ),
            (
                "self._state_ms < self.profile.stop_wait_ms",
                "self._state_ms < 2 * self.profile.stop_wait_ms",
                "end of HOLD",
            ),
            (
                "and self._state_ms < self.profile.stop_wait_ms",
                "and self._state_ms < self.profile.stop_wait_ms // 4",
                "time for the vehicle to open S2",
            ),
            (
                "if self._state_ms < self._least_ms():",
                "if self._state_ms < 0:",
                "dwell of state F",
            ),
            ("            and not self._woken\n", "", "one wake-up per plug-in"),
            (
                "if vehicle in (LEVEL_E, INVALID):",
                "if vehicle == LEVEL_E:",
                "an invalid level ends C2",
            ),
            (
                '(C, False, C1, "9.2, 10.1 station stops"),\n',
                "",
                "a station that stops leaves C2",
            ),
        ),
    ),
    *defects_of(
        "core/pilot_profiles.py",
        (_CORE % "profiles", _CORE % "pilot"),
        (
            (
                "[state, lowest_mv - allowance_mv, highest_mv + allowance_mv]",
                "[state, lowest_mv, highest_mv]",
                "measuring allowance",
            ),
            (
                'if state != D or value["knows_state_d"]:',
                "if state != D:",
                "state D where it is known",
            ),
        ),
    ),
    *defects_of(
        "core/profile_gbt_18487_1_2023.py",
        (_CORE % "profiles", _CORE % "pilot"),
        (
            ('("state_c_mv", (4000, 7000)', '("state_c_mv", (4000, 7900)', "window of state 3"),
            ('("duty_max_bp", 8920', '("duty_max_bp", 9600', "63 A at most"),
        ),
    ),
    *defects_of(
        "core/profile_iec_61851_1_2017.py",
        (_CORE % "profiles", _CORE % "pilot"),
        (
            (
                '("low_half_mv", (-13000, -11000)',
                '("low_half_mv", (-13000, -3000)',
                "diode window",
            ),
            ('("stop_wait_ms", 6000', '("stop_wait_ms", 3000', "sequence 10.2, not before 6 s"),
            ('("state_f_min_ms", 300', '("state_f_min_ms", 30', "dwell of state F"),
        ),
    ),
)
