"""Defects in the rules of protection: contactor, faults, residual current, supply, heat, lock, limits."""

from .defect import WALK, defects_of

_CORE = "host_tests/core/test_%s.py"

DEFECTS = (
    *defects_of(
        "core/contactor.py",
        (_CORE % "contactor", WALK),
        (
            ("FOLLOW_MS = const(200)", "FOLLOW_MS = const(2000)", "time to follow the coil"),
            ("SETTLE_MS = const(50)", "SETTLE_MS = const(500)", "bounce at closing"),
            (
                "self._since_command_ms >= self.min_open_ms and not self.faults",
                "not self.faults",
                "least open time",
            ),
            ("return not self.closed and self._since", "return self._since", "closing on a weld"),
            (
                "self._next_open_ms = min(2 * self._next_open_ms, MOST_OPEN_MS)",
                "self._next_open_ms = MIN_OPEN_MS",
                "growth of the open time by chatter",
            ),
            ("MIN_ON_MS = const(10000)", "MIN_ON_MS = const(1000)", "what counts as chatter"),
            ("            return CONTACTOR_WELDED\n", "            return 0\n", "weld"),
            (
                "return CONTACTOR_RELEASED if self._since_closed_ms >= SETTLE_MS else 0",
                "return 0",
                "release without a command",
            ),
            (
                "return CONTACTOR_NO_CLOSE if self._since_command_ms >= FOLLOW_MS else 0",
                "return 0",
                "failure to close",
            ),
        ),
    ),
    *defects_of(
        "core/fault_register.py",
        (_CORE % "fault_register", WALK),
        (
            (
                "return WAITS_S[index] * 1000 << self._clears[index]",
                "return WAITS_S[index] * 1000",
                "growth of the waits",
            ),
            ("return self.active & self._locked\n", "return 0\n", "lock-out over a power cut"),
            ("LOCKOUTS & ~self._present", "LOCKOUTS", "unlock while the cause is there"),
            (
                "if self._clears[index] >= RETRIES[index]:",
                "if False:",
                "end of the retries",
            ),
            (
                "max(-self._cause_ms[index], 0) + dt_ms",
                "abs(self._cause_ms[index]) + dt_ms",
                "the wait begins when the cause has gone",
            ),
            (
                "self.active = self._locked = locked_out & LOCKOUTS",
                "self.active = self._locked = 0",
                "lock-out after power-up",
            ),
            ("LOCK_AFTER_MS = const(100)", "LOCK_AFTER_MS = const(0)", "a spike is no weld"),
            ("there_ms >= PATIENCE_MS", "False", "a cause that does not go"),
            ("if quiet_ms >= FORGET_MS:", "if quiet_ms >= 0:", "half an hour of retries"),
            (
                "return self.active & (_ENDING | self._spent)",
                "return self.active & _ENDING",
                "a spent fault ends the transaction",
            ),
            (
                "elif bit & RESETS or (bit & (UNPLUGS | self._spent) and not unplugged):",
                "elif bit & RESETS:",
                "a fault that waits for the vehicle to leave",
            ),
        ),
    ),
    *defects_of(
        "core/faults.py",
        (_CORE % "faults", _CORE % "faults_edges", WALK),
        (
            ('("residual_current", TRIP', '("residual_current", WARN', "residual current trips"),
            ('("pe_lost", TRIP', '("pe_lost", STOP', "PE loss trips"),
            (
                '("contactor_welded", TRIP, LOCKOUT',
                '("contactor_welded", TRIP, SELF',
                "a weld locks out",
            ),
            (
                '("residual_current_test", TRIP, MANUAL',
                '("residual_current_test", WARN, MANUAL',
                "a failed self-test drives state F",
            ),
        ),
    ),
    *defects_of(
        "core/residual_current.py",
        (_CORE % "residual_current", WALK),
        (
            (
                "            self.proven = False\n            self._rest()",
                "            self._rest()",
                "a closing uses the self-test up",
            ),
            ("self.failed = not passed", "self.failed = False", "a failed self-test"),
            ("TRIP_WITHIN_MS = const(500)", "TRIP_WITHIN_MS = const(5000)", "slow monitor"),
            ("PERIOD_MS = const(86400000)", "PERIOD_MS = const(864000000)", "daily test"),
            ("if self.failed or tripped:", "if self.failed:", "test of a tripped monitor"),
        ),
    ),
    *defects_of(
        "core/over_current.py",
        (_CORE % "over_current", WALK),
        (
            (
                "            self._next_ma = offered_ma\n            self._grace_left_ms = grace_ms\n        else:",
                "            self._held_ma = offered_ma\n        else:",
                "grace after a lower offer",
            ),
            ("if self._held_ma > knee_ma:", "if False:", "1.1 times above 20 A"),
            (
                "drawn_ma > most_ma else 0",
                "drawn_ma > most_ma else self._over_ms",
                "5 s without a break",
            ),
            (
                "return self._over_ms >= time_ms",
                "return self._over_ms > 3 * time_ms",
                "over-current",
            ),
        ),
    ),
    *defects_of(
        "core/supply.py",
        (_CORE % "supply", WALK),
        (
            ("(back if self._active & bit else limit)", "limit", "hysteresis"),
            ("else min(mv)", "else max(mv)", "missing phase"),
            ("_BELOW, 850, 870, 3000", "_BELOW, 850, 870, 30000", "under-voltage time"),
            ("_ABOVE, 1150, 1130", "_ABOVE, 1250, 1130", "over-voltage threshold"),
        ),
    ),
    *defects_of(
        "core/temperature.py",
        (_CORE % "temperature", WALK),
        (
            ("_STEP_A10 = const(5)", "_STEP_A10 = const(7)", "steps of 0.5 A"),
            ("_HYSTERESIS_C10 = const(10)", "_HYSTERESIS_C10 = const(0)", "limit that dances"),
            (
                "                self._limit_a10 = LEAST_A10\n                # Too hot",
                "                # Too hot",
                "6 A without a sensor",
            ),
            ("OVER_UNTIL_C10 = const(700)", "OVER_UNTIL_C10 = const(790)", "return from heat"),
            ("JUMP_C10 = const(200)", "JUMP_C10 = const(2000)", "one wrong reading"),
        ),
    ),
    *defects_of(
        "core/lock.py",
        (_CORE % "lock", WALK),
        (
            ("elif may_unlock:", "elif True:", "unlock while closed"),
            (
                "        if self._goal == LOCK:\n            self._jam()\n        else:\n            self._drive()",
                "        self._drive()",
                "a bolt forced out",
            ),
            ("ATTEMPTS = const(3)", "ATTEMPTS = const(1)", "attempts to lock"),
            (
                "self.locked = goal == LOCK and self._phase == _SETTLED",
                "self.locked = goal == LOCK",
                "locked before the bolt is home",
            ),
        ),
    ),
    *defects_of(
        "core/limits.py",
        (_CORE % "limits", WALK),
        (
            ("if a10[slot] < a10[least]:", "if a10[slot] > a10[least]:", "the least limit"),
            (
                "                    self._a10[slot] = self._fallback_a10[slot]\n",
                "                    pass\n",
                "fallback when a limit runs out",
            ),
            ("if least >= LEAST_A10 else 0", "if least > LEAST_A10 else 0", "6 A is enough"),
        ),
    ),
    *defects_of(
        "core/meter.py",
        (_CORE % "meter", _CORE % "meter_edges", WALK),
        (
            (
                "_VALUES_MS = 5000",
                "_VALUES_MS = 50000",
                "current and voltage that are not told",
            ),
            ("return count >= _FAILURES", "return False", "a meter that answers now and then"),
            ("if self._refused_row >= _REFUSALS:", "if False:", "a register that jumped"),
            ("step_wh < 0 or self._is_other(number)", "step_wh < 0", "another meter"),
            ("step_wh %= self.wrap_wh", "pass", "a register that begins anew"),
        ),
    ),
)
