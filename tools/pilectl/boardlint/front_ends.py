"""Rules for the analog front ends of a board: what they put on the ADC, and whether calibration fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from inspect import getattr_static
from typing import Any

from .chips import Chip
from .reasons import Problem, problem, whole

PILOT_MOST_MV = 12600
# 1 % of 12 V
AGREEMENT_MV = 120
PILOT_KEYS = ("top_ohm", "pullup_ohm", "pulldown_ohm", "pullup_mv")
TEMPERATURE_KEYS = ("pullup_ohm", "pullup_mv", "ntc_ohm_25c", "beta_k")
PROXIMITY_KEYS = ("pullup_ohm", "pullup_mv")
COLDEST_C, HOTTEST_C = -20, 100
# Below it is a short, and above the other no 13 A cable: both must still be told apart
_CABLE_LEAST_OHM, _CABLE_MOST_OHM = 60, 2460


def adc_uv(front_end: Mapping[str, int], pilot_mv: int) -> int:
    """Microvolts at the ADC with `pilot_mv` at CP, from the resistors alone."""
    top, up, down = (front_end[key] for key in PILOT_KEYS[:3])
    # Node equation, multiplied by top * up * down
    weight = up * down + top * down + top * up
    current = pilot_mv * up * down + front_end["pullup_mv"] * top * down
    return current * 1000 // weight


def ntc_mv(front_end: Mapping[str, int], celsius: int) -> float:
    """Millivolts at the ADC at a temperature: beta equation and divider."""
    inverse = 1 / (celsius + 273.15) - 1 / 298.15
    ntc_ohm = front_end["ntc_ohm_25c"] * math.exp(front_end["beta_k"] * inverse)
    return front_end["pullup_mv"] * ntc_ohm / (ntc_ohm + front_end["pullup_ohm"])


def front_end_problems(board: Any, chip: Chip) -> list[Problem]:
    """Problems of the pilot divider with its calibration, of the NTC's and of the cable coding's."""
    found = _pilot(getattr_static(board, "PILOT_FRONT_END", None), board, chip)
    if "temperature_adc" in board.PINS and board.TEMPERATURE == "ntc":
        found += _temperature(board.TEMPERATURE_FRONT_END, chip)
    if "pp_adc" in board.PINS:
        found += _proximity(board.PROXIMITY_FRONT_END, chip)
    return found


def _not_whole(name: str, front_end: Any, keys: tuple[str, ...], role: str) -> list[Problem]:
    if front_end is None:
        return [problem("front_end_missing", name=name, role=role)]
    return [
        problem("front_end", name=name, key=key, value=front_end.get(key))
        for key in keys
        if not whole(front_end.get(key)) or front_end[key] <= 0
    ]


def _outside(reason: str, chip: Chip, levels: Mapping[int, int], key: str) -> list[Problem]:
    """One problem for each level, by its cause, that the ADC of the chip cannot measure."""
    lowest, highest = chip.adc_mv
    span = {"lowest": lowest, "highest": highest}
    return [
        problem(reason, **{key: cause}, adc_mv=adc_mv, **span)
        for cause, adc_mv in levels.items()
        if not lowest <= adc_mv <= highest
    ]


def _pilot(front_end: Any, board: Any, chip: Chip) -> list[Problem]:
    found = _not_whole("PILOT_FRONT_END", front_end, PILOT_KEYS, "cp_adc")
    calibration = board.PILOT_CALIBRATION
    pair = len(calibration) == 2 and all(map(whole, calibration))
    if not pair or calibration[1] <= 0:
        found.append(problem("calibration", value=calibration))
    if found:
        return found
    ends = (-PILOT_MOST_MV, PILOT_MOST_MV)
    levels = {pilot_mv: adc_uv(front_end, pilot_mv) // 1000 for pilot_mv in ends}
    return _outside("adc_range", chip, levels, "pilot_mv") + _disagreement(front_end, calibration)


def _disagreement(front_end: Mapping[str, int], calibration: tuple[int, int]) -> list[Problem]:
    """The worst point of the range where calibration and resistors part, if it is too far."""
    zero_mv, gain = calibration
    worst_mv, worst = 0, (0, 0)
    for pilot_mv in range(-PILOT_MOST_MV, PILOT_MOST_MV + 1, 100):
        adc_mv = (adc_uv(front_end, pilot_mv) + 500) // 1000
        read_mv = (adc_mv - zero_mv) * gain // 1000
        if abs(read_mv - pilot_mv) > worst_mv:
            worst_mv, worst = abs(read_mv - pilot_mv), (pilot_mv, read_mv)
    if worst_mv <= AGREEMENT_MV:
        return []
    return [problem("disagrees", pilot_mv=worst[0], read_mv=worst[1], allowed=AGREEMENT_MV)]


def _temperature(front_end: Any, chip: Chip) -> list[Problem]:
    role = "temperature_adc"
    found = _not_whole("TEMPERATURE_FRONT_END", front_end, TEMPERATURE_KEYS, role)
    if found:
        return found
    levels = {celsius: int(ntc_mv(front_end, celsius)) for celsius in (COLDEST_C, HOTTEST_C)}
    return _outside("temperature_range", chip, levels, "celsius")


def _proximity(front_end: Any, chip: Chip) -> list[Problem]:
    found = _not_whole("PROXIMITY_FRONT_END", front_end, PROXIMITY_KEYS, "pp_adc")
    if found:
        return found
    up_ohm, up_mv = front_end["pullup_ohm"], front_end["pullup_mv"]
    ends = (_CABLE_LEAST_OHM, _CABLE_MOST_OHM)
    levels = {ohm: up_mv * ohm // (up_ohm + ohm) for ohm in ends}
    return _outside("proximity_range", chip, levels, "ohm")
