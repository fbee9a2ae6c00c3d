"""How a vehicle reads the duty: the current that IEC 61851-1 Table A.8 allows it."""


def allowed_ma(duty_u16):
    """Current a vehicle may draw at this duty; 0 if the duty offers none (None: no pilot)."""
    if duty_u16 is None or duty_u16 >= 65535:
        return 0
    # Hundredths of a percent for the bands, the full resolution for the current
    duty = duty_u16 * 10_000 // 65536
    if duty < 800 or duty > 9700:
        return 0
    if duty < 1000:
        return 6000
    if duty <= 8500:
        return duty_u16 * 60_000 // 65536
    return duty_u16 * 250_000 // 65536 - 160_000 if duty <= 9600 else 80_000
