"""Rules for the analog front ends of a board: what they put on the ADC, and whether calibration fits."""

import math

from board_reasons import problem, whole

PILOT_MOST_MV = 12600
ADC_LEAST_MV, ADC_MOST_MV = 150, 2450
# 1 % of 12 V
AGREEMENT_MV = 120
PILOT_KEYS = ("top_ohm", "pullup_ohm", "pulldown_ohm", "pullup_mv")
TEMPERATURE_KEYS = ("pullup_ohm", "pullup_mv", "ntc_ohm_25c", "beta_k")
COLDEST_C, HOTTEST_C = -20, 100


def adc_uv(front_end, pilot_mv):
    """Microvolts at the ADC with `pilot_mv` at CP, from the resistors alone."""
    top, up, down = (front_end[key] for key in PILOT_KEYS[:3])
    # Node equation, multiplied by top * up * down
    weight = up * down + top * down + top * up
    current = pilot_mv * up * down + front_end["pullup_mv"] * top * down
    return current * 1000 // weight


def ntc_mv(front_end, celsius):
    """Millivolts at the ADC at a temperature: beta equation and divider."""
    inverse = 1 / (celsius + 273.15) - 1 / 298.15
    ntc_ohm = front_end["ntc_ohm_25c"] * math.exp(front_end["beta_k"] * inverse)
    return front_end["pullup_mv"] * ntc_ohm / (ntc_ohm + front_end["pullup_ohm"])


def _not_whole(name, front_end, keys):
    return [
        problem("front_end", name=name, key=key, value=front_end.get(key))
        for key in keys
        if not whole(front_end.get(key)) or front_end[key] <= 0
    ]


def pilot_problems(front_end, calibration):
    """Problems of the pilot divider and the nominal calibration."""
    found = _not_whole("PILOT_FRONT_END", front_end, PILOT_KEYS)
    pair = len(calibration) == 2 and all(map(whole, calibration))
    if not pair or calibration[1] <= 0:
        found.append(problem("calibration", value=calibration))
    if found:
        return found
    for pilot_mv in (-PILOT_MOST_MV, PILOT_MOST_MV):
        adc_mv = adc_uv(front_end, pilot_mv) // 1000
        if not ADC_LEAST_MV <= adc_mv <= ADC_MOST_MV:
            span = {"lowest": ADC_LEAST_MV, "highest": ADC_MOST_MV}
            found.append(problem("adc_range", pilot_mv=pilot_mv, adc_mv=adc_mv, **span))
    return found + _disagreement(front_end, calibration)


def _disagreement(front_end, calibration):
    """The worst point of the range where calibration and resistors part, if it is too far."""
    zero_mv, gain = calibration
    worst_mv, worst = 0, None
    for pilot_mv in range(-PILOT_MOST_MV, PILOT_MOST_MV + 1, 100):
        adc_mv = (adc_uv(front_end, pilot_mv) + 500) // 1000
        read_mv = (adc_mv - zero_mv) * gain // 1000
        if abs(read_mv - pilot_mv) > worst_mv:
            worst_mv, worst = abs(read_mv - pilot_mv), (pilot_mv, read_mv)
    if worst_mv <= AGREEMENT_MV:
        return []
    facts = {"pilot_mv": worst[0], "read_mv": worst[1], "allowed": AGREEMENT_MV}
    return [problem("disagrees", **facts)]


def temperature_problems(front_end):
    """Problems of the NTC divider: the ADC must be linear from -20 to 100 degC."""
    found = _not_whole("TEMPERATURE_FRONT_END", front_end, TEMPERATURE_KEYS)
    if found:
        return found
    for celsius in (COLDEST_C, HOTTEST_C):
        adc_mv = int(ntc_mv(front_end, celsius))
        if not ADC_LEAST_MV <= adc_mv <= ADC_MOST_MV:
            span = {"lowest": ADC_LEAST_MV, "highest": ADC_MOST_MV}
            found.append(problem("temperature_range", celsius=celsius, adc_mv=adc_mv, **span))
    return found
