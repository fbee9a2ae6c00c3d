"""The steps of a commissioning, in order, and how what was measured is judged. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evse.core import pilot_profiles

from ..diagnosis.checks_station import SUPPLY_MV
from ..diagnosis.seen import volts, window

PASS, FAIL, SKIPPED = "pass", "fail", "skipped"
# Kinds of steps
TEXT, YES, NUMBER, DOCTOR, SELFTEST, STATE, INPUT = range(7)
# Of the duty that the offered current asks for
_DUTY_PERMILLE = 5
# Windows of the generator's frequency, as the profiles have them
FREQUENCY_HZ = {
    "iec_61851_1_2017": (980, 1020),
    "sae_j1772": (980, 1020),
    "gbt_18487_1_2015": (970, 1030),
    "gbt_18487_1_2023": (970, 1030),
}


@dataclass(frozen=True)
class Step:
    """One step. Of a state: `letter`, whether the PWM runs and the contactor is closed (None: either)."""

    key: str
    kind: int
    lowest: float | None = None
    highest: float | None = None
    letter: str = ""
    pwm: bool | None = None
    closed: bool | None = False
    # Said to the pile at the beginning, with the connector's number, and whether a person acts before it
    command: str = ""
    has_action: bool = True
    is_pressed: bool = False


@dataclass(frozen=True)
class Measured:
    """One line of the report: which step, what of it, the value, what is allowed, the verdict."""

    step: str
    what: str
    measured: str
    allowed: str
    verdict: str
    connector: int = 0


@dataclass(frozen=True)
class Wave:
    """The pilot at a step, mV and permille, with the windows that were asked for."""

    step: str
    connector: int
    state: str
    high_mv: int
    low_mv: int | None
    duty_permille: int
    high_window: tuple[int, int]
    low_window: tuple[int, int]


def station_steps(profile: str) -> list[Step]:
    """What is done once."""
    lowest_hz, highest_hz = FREQUENCY_HZ[profile]
    return [
        Step("technician", TEXT),
        Step("serial", TEXT),
        Step("closed", YES),
        Step("upstream", YES),
        Step("earth_ohm", NUMBER, highest=1.0),
        Step("insulation_mohm", NUMBER, lowest=1.0),
        Step("rcd_ms", NUMBER, highest=300),
        Step("frequency_hz", NUMBER, lowest_hz, highest_hz),
        Step("dead_man_ms", NUMBER, highest=70),
        Step("doctor", DOCTOR),
        Step("selftest", SELFTEST),
    ]


def connector_steps(profile: str) -> list[Step]:
    """What is done at each connector, with a test vehicle."""
    knows_d = any(
        pilot_profiles.load(profile).windows[i] == pilot_profiles.D
        for i in range(0, len(pilot_profiles.load(profile).windows), 3)
    )
    ventilated = [Step("D", STATE, letter="D", closed=None)] if knows_d else []
    return [
        Step("A1", STATE, letter="A", pwm=False),
        Step("B1", STATE, letter="B", pwm=False),
        Step("B2", STATE, letter="B", pwm=True, command="tx start %d", has_action=False),
        Step("C2", STATE, letter="C", pwm=True, closed=True),
        Step("B2_back", STATE, letter="B", pwm=True),
        *ventilated,
        Step("B1_end", STATE, letter="B", pwm=False, command="tx stop %d"),
        Step("E", STATE, letter="E"),
        Step("emergency", INPUT, is_pressed=True),
        Step("released", INPUT),
        Step("A1_end", STATE, letter="A", pwm=False),
    ]


def allowed_number(step: Step) -> str:
    """The range of a number that a person measures."""
    if step.lowest is None:
        return f"<= {step.highest:g}"
    if step.highest is None:
        return f">= {step.lowest:g}"
    return f"{step.lowest:g} .. {step.highest:g}"


def judge_number(step: Step, value: float | None) -> Measured:
    """A number that a person measured; None when nobody did."""
    if value is None:
        return Measured(step.key, "", "-", allowed_number(step), SKIPPED)
    well = (step.lowest is None or value >= step.lowest) and (
        step.highest is None or value <= step.highest
    )
    return Measured(step.key, "", f"{value:g}", allowed_number(step), PASS if well else FAIL)


def is_reached(step: Step, cp: Mapping[str, Any], relay: Mapping[str, Any]) -> bool:
    """True when the pilot shows the step's state and the contactor is as it must be."""
    return (
        str(cp.get("state", ""))[:1] == step.letter
        and (step.pwm is None or (cp.get("drive") == "pwm") == step.pwm)
        and (step.closed is None or bool(relay.get("closed")) == step.closed)
    )


def judge_state(
    step: Step,
    cp: Mapping[str, Any],
    relay: Mapping[str, Any],
    profile: str,
    words: Mapping[bool, str],
) -> tuple[list[Measured], Wave]:
    """Lines of a state and its wave; `words` are those for a closed (True) and an open contactor."""
    connector = int(cp.get("id", 1))
    found = pilot_profiles.load(profile)
    high_mv, low_mv = int(cp.get("high_mv", 0)), int(cp.get("low_mv", 0))
    high_window, low_window = _window(profile, step.letter), (found.low_min_mv, found.low_max_mv)
    has_pwm = cp.get("drive") == "pwm"
    state = str(cp.get("state", "?"))
    wanted = step.letter + ("" if step.pwm is None else "2" if step.pwm else "1")

    def line(what: str, measured: str, allowed: str, well: bool) -> Measured:
        return Measured(step.key, what, measured, allowed, PASS if well else FAIL, connector)

    lines = [
        line("state", state, wanted, state.startswith(wanted)),
        line("high", volts(high_mv), window(*high_window), _in(high_mv, high_window)),
    ]
    if step.pwm or has_pwm:
        shown = volts(low_mv) if has_pwm else "-"
        well = has_pwm and _in(low_mv, low_window)
        lines.append(line("low", shown, window(*low_window), well))
        duty, wanted_duty = int(cp.get("duty_permille", 0)), duty_permille(cp.get("limit_a10"))
        limits = (wanted_duty - _DUTY_PERMILLE, wanted_duty + _DUTY_PERMILLE)
        allowed = f"{limits[0] / 10:.1f} .. {limits[1] / 10:.1f} %"
        lines.append(line("duty", f"{duty / 10:.1f} %", allowed, _in(duty, limits)))
    if step.closed is not None:
        closed = bool(relay.get("closed"))
        lines.append(line("contactor", words[closed], words[step.closed], closed == step.closed))
    wave = Wave(
        step.key,
        connector,
        state,
        high_mv,
        low_mv if has_pwm else None,
        int(cp.get("duty_permille", 1000)) if has_pwm else 1000,
        high_window,
        low_window,
    )
    return lines, wave


def judge_voltage(step: Step, mv: list[int], connector: int) -> Measured:
    """The voltage of each phase as the meter tells it, mV; skipped when it tells none."""
    lowest, highest = SUPPLY_MV
    allowed = f"{lowest // 1000} .. {highest // 1000} V"
    if not any(mv):
        return Measured(step.key, "voltage", "-", allowed, SKIPPED, connector)
    shown = " / ".join(str(each // 1000) for each in mv) + " V"
    well = all(lowest <= each <= highest for each in mv)
    return Measured(step.key, "voltage", shown, allowed, PASS if well else FAIL, connector)


def duty_permille(limit_a10: Any) -> int:
    """Duty that offers a current, by the two laws of IEC 61851-1 Annex A; 1000 for none."""
    if not isinstance(limit_a10, int) or limit_a10 < 60:
        return 1000
    return limit_a10 * 10 // 6 if limit_a10 <= 510 else (limit_a10 * 4 + 6400) // 10


def _window(profile: str, letter: str) -> tuple[int, int]:
    windows = pilot_profiles.load(profile).windows
    state = pilot_profiles.LETTERS.index(letter)
    for i in range(0, len(windows), 3):
        if windows[i] == state:
            return windows[i + 1], windows[i + 2]
    raise ValueError(f"{profile} has no state {letter}")


def _in(value: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= value <= limits[1]


def outcome(lines: list[Measured]) -> tuple[str, list[str]]:
    """("passed" | "failed" | "incomplete", the steps that are to blame)."""
    for verdict, word in ((FAIL, "failed"), (SKIPPED, "incomplete")):
        names = list(dict.fromkeys(line.step for line in lines if line.verdict == verdict))
        if names:
            return word, names
    return "passed", []
