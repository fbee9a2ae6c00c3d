"""Rules for the parts of a board: choices, dead-man, contactor feedback, protections, lock, second EVSE."""

from __future__ import annotations

from typing import Any

from .chips import Chip
from .reasons import Problem, problem, whole
from .roles import CHOICES, OPTIONAL, OWN, roles_of, wired

# Longer than the longest gap that the safety tick forgives, short enough for a slow contactor
HOLD_LEAST_MS, HOLD_MOST_MS = 36, 50
# part: its roles; the sensor's are those of TEMPERATURE
PROTECTIONS = {
    "residual_current": ("rcm_trip", "rcm_test"),
    "emergency_stop": ("emergency_stop",),
    "pe_monitor": ("pe_monitor",),
    "temperature": (),
    # Where the meter tells the register alone
    "over_current": (),
}
CONNECTOR_KINDS = ("cable", "socket")
LOCK = ("lock_a", "lock_b", "lock_feedback")
# Metering chips with one current channel
_ONE_PHASE = ("hlw8032", "bl0942")
# Both or none
_PAIRS = (
    ("phase_contactor", "phase_mirror", "phase_half"),
    ("rcm_trip_ac", "rcm_trip", "rcm_half"),
)


def part_problems(board: Any, chip: Chip) -> list[Problem]:
    """Problems of the parts of a board on `chip`."""
    found = []
    if board.CONNECTOR_KIND not in CONNECTOR_KINDS:
        known = ", ".join(CONNECTOR_KINDS)
        found.append(problem("connector_kind", value=board.CONNECTOR_KIND, known=known))
    if board.PHASES not in {1, 3}:
        found.append(problem("phases", value=board.PHASES))
    return (
        found
        + _feedback_problems(board)
        + _choice_problems(board)
        + _dead_man_problems(board, chip)
        + _protection_problems(board)
        + _lock_problems(board)
        + _pair_problems(board)
        + _meter_problems(board)
        + _second_problems(board)
    )


def _feedback_problems(board: Any) -> list[Problem]:
    there = [role for role in ("mirror", "output_sense") if role in board.PINS]
    if not there:
        return [problem("feedback_missing")]
    if len(there) == 2:
        pin = board.PINS["output_sense"]
        return [problem("feedback_twice", pin=pin, role="output_sense")]
    return []


def _choice_problems(board: Any) -> list[Problem]:
    found = []
    for name, choices in CHOICES.items():
        value = getattr(board, name)
        if value not in choices:
            known = ", ".join(map(str, choices))
            found.append(problem("choice", name=name, value=value, known=known))
            continue
        need, may = choices[value]
        outside = name == "TEMPERATURE" and "temperature" in board.INSTALLED_OUTSIDE
        if not outside:
            found += [
                problem("choice_missing", role=role, name=name, value=value)
                for role in need
                if role not in board.PINS
            ]
        elif any(role in board.PINS for role in need):
            role = need[0]
            pin = board.PINS[role]
            found.append(problem("part_twice", pin=pin, role=role, part="temperature"))
        others = roles_of(name) - {*need, *may}
        found += [
            problem("choice_other", pin=pin, role=role, name=name, value=value)
            for role, pin in board.PINS.items()
            if role in others
        ]
    if board.LIGHT == "ws2812" and (not whole(board.LIGHT_COUNT) or board.LIGHT_COUNT < 1):
        found.append(problem("light_count", value=board.LIGHT_COUNT))
    return found


def _dead_man_problems(board: Any, chip: Chip) -> list[Problem]:
    found = []
    if board.DEAD_MAN == "rmt" and not chip.rmt_stops:
        found.append(problem("dead_man_chip", value="rmt", chip=board.CHIP))
    hold_ms = board.DEAD_MAN_HOLD_MS
    if not whole(hold_ms) or not HOLD_LEAST_MS <= hold_ms <= HOLD_MOST_MS:
        span = {"lowest": HOLD_LEAST_MS, "highest": HOLD_MOST_MS}
        found.append(problem("dead_man_hold", value=hold_ms, **span))
    return found


def _protection_problems(board: Any) -> list[Problem]:
    known = ", ".join(PROTECTIONS)
    found = [
        problem("outside_unknown", value=name, known=known)
        for name in board.INSTALLED_OUTSIDE
        if name not in PROTECTIONS
    ]
    for part, roles in PROTECTIONS.items():
        outside = part in board.INSTALLED_OUTSIDE
        for role in roles:
            if outside and role in board.PINS:
                found.append(problem("part_twice", pin=board.PINS[role], role=role, part=part))
            elif not outside and role not in board.PINS:
                found.append(problem("part_missing", role=role, part=part))
    return found


def _lock_problems(board: Any) -> list[Problem]:
    if board.CONNECTOR_KIND == "socket":
        needed: tuple[str, ...] = (*LOCK, "mains_monitor")
    elif any(role in board.PINS for role in LOCK):
        needed = LOCK
    else:
        return []
    reason = "socket" if board.CONNECTOR_KIND == "socket" else "lock"
    return [problem(reason, role=role) for role in needed if role not in board.PINS]


def _pair_problems(board: Any) -> list[Problem]:
    found = []
    for one, other, reason in _PAIRS:
        if one in board.PINS and other not in board.PINS:
            found.append(problem(reason, pin=board.PINS[one], role=one, other=other))
    if "phase_mirror" in board.PINS and "phase_contactor" not in board.PINS:
        facts = {"role": "phase_mirror", "other": "phase_contactor"}
        found.append(problem("phase_half", pin=board.PINS["phase_mirror"], **facts))
    if "phase_contactor" in board.PINS and board.PHASES == 1:
        pin = board.PINS["phase_contactor"]
        found.append(problem("phase_switch", pin=pin, role="phase_contactor", value=1))
    return found


def _meter_problems(board: Any) -> list[Problem]:
    meter = board.METER
    found = []
    if meter in _ONE_PHASE and board.PHASES == 3:
        found.append(problem("meter_phases", value=meter, phases=3))
    if meter in _ONE_PHASE and not board.METER_SCALE:
        facts = {"meter": meter, "allowed": "the scale that its driver documents"}
        found.append(problem("meter_number", name="METER_SCALE", value=board.METER_SCALE, **facts))
    pulses = board.METER_PULSES_PER_KWH
    if meter == "s0" and (not whole(pulses) or pulses < 1):
        facts = {"meter": meter, "allowed": "the pulses per kWh that stand on it"}
        found.append(problem("meter_number", name="METER_PULSES_PER_KWH", value=pulses, **facts))
    return found


def _second_problems(board: Any) -> list[Problem]:
    second = board.SECOND
    if second is None:
        return []
    found = [
        problem("second_missing", role=role)
        for role in OWN
        if role in board.PINS and role not in second
    ]
    found += [
        problem("second_none", role=role)
        for role, pin in second.items()
        if pin is None and role not in OPTIONAL
    ]
    found += [
        problem("second_extra", pin=pin, role=label)
        for label, role, pin in wired(board)
        if label != role and role not in board.PINS
    ]
    for name, value in (("METER", board.METER), ("DEAD_MAN", board.DEAD_MAN)):
        if value in {*_ONE_PHASE, "uart"}:
            found.append(problem("second_uart", name=name, value=value))
    return found
