"""Defects in control: safety tick, control loop, protection, stall permit."""

from .defect import WALK, defects_of

_TESTS = (
    "host_tests/properties/test_tick_rules.py",
    "host_tests/properties/test_scenes.py",
    WALK,
)

DEFECTS = (
    *defects_of(
        "control/safety_tick.py",
        _TESTS,
        (
            (
                "        faults |= self._read_inputs()\n",
                "",
                "safety inputs",
            ),
            (
                "        holdable = self._look()\n        if not holdable and",
                "        holdable = self._look()\n        holdable = self._look()\n        if not holdable and",
                "two bursts are enough",
            ),
            (
                "if self.contactor.commanded and (faults or self._permission == OPEN):",
                "if False:",
                "a trip does not wait for the burst",
            ),
            (
                (
                    "        if not holdable and self.contactor.commanded:\n"
                    "            holdable = self._look()\n"
                ),
                "",
                "a bad burst is confirmed by a second one",
            ),
            (
                "if part.active() and part.active():",
                "if part.active():",
                "two readings must agree",
            ),
            ("_LATE_US = const(30000)", "_LATE_US = const(300000)", "late tick"),
            (
                "            self._run()\n",
                "            self._run()\n            self._dead_man.beat()\n",
                "dead-man fed by every tick",
            ),
            (
                "return CONTROL_LOST if self._permission_ms <= 0 else 0",
                "return 0",
                "a silent control loop",
            ),
            ("_PERMISSION_MS = const(500)", "_PERMISSION_MS = const(5000)", "old permission"),
            (
                "            self._open()\n            self.error = error",
                "            self.error = error",
                "an error in the tick opens",
            ),
            (
                "            self.latched |= TICK_FAILED\n",
                "            pass\n",
                "an error in the tick is told",
            ),
            ("            and self.pilot.low_proven\n", "", "negative half-wave before closing"),
            ("            and monitor.may_close()\n", "", "least open time"),
            ("            and self.pilot.closable\n", "", "stable time before closing"),
            (
                "            and self._permission == CLOSE\n",
                "            and self._permission != OPEN\n",
                "HOLD does not close",
            ),
            (
                "if holdable and self._permission != OPEN:",
                "if self._permission != OPEN:",
                "the pilot opens",
            ),
            (
                "        if pilot.generator_failed():\n            return PILOT_GENERATOR\n",
                "",
                "generator fault",
            ),
            (
                "        if pilot.state == E:\n            return PILOT_SHORT\n",
                "",
                "shorted pilot",
            ),
            ("        self.latched |= faults\n", "", "faults of the tick reach the register"),
            (
                (
                    "        if self.testing and not self.contactor.commanded:\n"
                    "            faults &= ~RESIDUAL_CURRENT\n"
                ),
                "",
                "a self-test is no trip",
            ),
            (
                "cp.high_count = cp.low_count = cp.edge_mv = 0",
                "pass",
                "an ADC that refuses",
            ),
        ),
    ),
    *defects_of(
        "control/control_loop.py",
        _TESTS,
        (
            (
                "want_f = bool(active & faults.TRIPS & faults.RESETS)",
                "want_f = False",
                "state F",
            ),
            (
                "if active & faults.TRIPS or self.protection.opens:",
                "if self.protection.opens:",
                "a trip opens at once",
            ),
            (
                "if active & faults.TRIPS or self.protection.opens:",
                "if active & faults.TRIPS:",
                "phases move with the contactor open",
            ),
            (
                "if closing and (self.permit.held or not self.protection.may_close):",
                "if closing and not self.protection.may_close:",
                "no closing while the interpreter may be held",
            ),
            (
                "if closing and (self.permit.held or not self.protection.may_close):",
                "if closing and self.permit.held:",
                "self-test and lock before closing",
            ),
            (
                "            and self._since_duty_ms >= self.machine.profile.duty_change_min_ms\n",
                "",
                "least time between two rises",
            ),
            ("            and offered_a10 > 0\n", "", "pause below 6 A"),
            ("            and not active & faults.STOPS\n", "", "no readiness with a fault"),
            ("            and self.in_service\n", "", "out of service"),
            ("            and self._pause_left_ms <= 0\n", "", "least length of a pause"),
            (
                "contactor.commanded or closed or permission in (CLOSE, HOLD)",
                "closed",
                "no stall permit while energised",
            ),
            ("        self.limits.step(dt_ms)\n", "", "time to live of limits"),
            (
                "        self.tick.permit(permission)\n",
                "        if permission != OPEN:\n            self.tick.permit(permission)\n",
                "OPEN reaches the tick",
            ),
        ),
    ),
    *defects_of(
        "control/protection.py",
        _TESTS,
        (
            (
                "            and (self.residual_test is None or self.residual_test.proven)\n",
                "",
                "self-test before each closing",
            ),
            (
                " and (self.lock is None or self.lock.locked)",
                "",
                "lock before closing",
            ),
            (
                "causes = faults.SAFETY_PART_MISSING if self.missing else 0",
                "causes = 0",
                "a missing part",
            ),
            (
                "            causes |= faults.OVER_CURRENT\n",
                "            pass\n",
                "over-current",
            ),
            (
                "            self._limits.set(limits.TEMPERATURE, limit_a10)\n",
                "",
                "derating",
            ),
            (
                "return faults.RESIDUAL_CURRENT_TEST if test.failed else 0",
                "return 0",
                "a failed self-test",
            ),
            ("return faults.LOCK_JAM if lock.jammed else 0", "return 0", "jammed lock"),
            (
                "is_free = is_open and not welded",
                "is_free = True",
                "locked until open",
            ),
        ),
    ),
    *defects_of(
        "control/causes.py",
        _TESTS,
        (
            ("            present |= faults.METER_LOST\n", "            pass\n", "silent meter"),
            (
                "            present |= faults.PILOT_UNSTABLE\n",
                "            pass\n",
                "a pilot that twitches",
            ),
        ),
    ),
    *defects_of(
        "control/parts.py",
        _TESTS,
        (("            (self.pe_monitor, faults.PE_LOST),\n", "", "PE monitor"),),
    ),
    *defects_of(
        "control/stall_permit.py",
        _TESTS,
        (("if self.energised or self.held:", "if self.held:", "energised means quiet"),),
    ),
)
