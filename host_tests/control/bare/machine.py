"""The least `machine` that the tick's drivers need; it allocates nothing. Levels are set by the test."""

cp_high_mv = 12000
cp_low_mv = -12000
mirror = 0
duty = 65535
_phase = 0


def adc_uv(cp_mv):
    """Level at the ADC of the reference front end, in uV."""
    return (1296 + cp_mv * 1000 // 12069) * 1000


class Pin:
    OUT = 1
    IN = 0
    PULL_UP = 1

    def __init__(self, number, mode=0, pull=None, value=0):
        self._number = number
        self._value = value

    def __call__(self, value=None):
        if value is not None:
            self._value = value
            return None
        if self._number == 33:
            return mirror
        if self._number == 25:
            # Three samples high, three low, as long as the generator runs
            return 1 if duty == 65535 or (duty and _phase % 6 < 3) else 0
        return self._value


class PWM:
    def __init__(self, pin, freq=0, duty_u16=0):
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        global duty
        duty = value


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        pass

    def read_uv(self):
        global _phase
        high = duty == 65535 or (duty and _phase % 6 < 3)
        _phase = (_phase + 1) % 6000
        return adc_uv(cp_high_mv if high else cp_low_mv)


class Timer:
    PERIODIC = 1

    def __init__(self, number):
        pass

    def init(self, mode=0, period=0, callback=None):
        pass


class UART:
    def __init__(self, number, **_options):
        pass


class WDT:
    def __init__(self, timeout=0):
        pass
