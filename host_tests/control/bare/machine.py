"""The least `machine` that the boards' drivers need; it allocates nothing. Levels are set by the test."""

cp_high_mv = 12000
cp_low_mv = -12000
cp_adc = -1  # GPIO of the pilot's ADC; every other one measures `temperature_uv`
temperature_uv = 1240000
duty = 65535
levels = [0] * 50  # by GPIO: what an input reads, what an output was told
edges = [0] * 50  # by GPIO: how often an output changed
refuses = False  # the ADC raises OSError
generator = None  # 1 or 0: the pilot's pin is stuck there
uart_bytes = 0
uart_done = True
_pwm_pin = -1
_phase = 0


def adc_uv(cp_mv):
    """Level at the ADC of the reference front end, in uV."""
    return (1296 + cp_mv * 1000 // 12069) * 1000


def _is_high():
    # Three samples high, three low, as long as the generator runs
    if generator is not None:
        return generator
    return 1 if duty == 65535 or (duty and _phase % 6 < 3) else 0


class Pin:
    OUT = 1
    IN = 0
    PULL_UP = 1

    def __init__(self, number, mode=0, pull=None, value=0):
        self.number = number
        if mode == Pin.OUT:
            levels[number] = value

    def __call__(self, value=None):
        if value is not None:
            if levels[self.number] != value:
                levels[self.number] = value
                edges[self.number] = (edges[self.number] + 1) & 0xFFFF
            return None
        return _is_high() if self.number == _pwm_pin else levels[self.number]


class PWM:
    def __init__(self, pin, freq=0, duty_u16=0):
        global _pwm_pin
        _pwm_pin = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        global duty
        duty = value


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        self._is_pilot = pin.number == cp_adc

    def read_uv(self):
        global _phase
        if refuses:
            raise OSError
        if not self._is_pilot:
            return temperature_uv
        high = _is_high()
        _phase = (_phase + 1) % 6000
        return adc_uv(cp_high_mv if high else cp_low_mv)


class Timer:
    PERIODIC = 1

    def __init__(self, number):
        pass

    def init(self, mode=0, period=0, callback=None):
        pass


class UART:
    INV_TX = 1

    def __init__(self, number, **_options):
        pass

    def write(self, data):
        global uart_bytes
        uart_bytes = (uart_bytes + len(data)) & 0xFFFFFF

    def txdone(self):
        return uart_done


class WDT:
    def __init__(self, timeout=0):
        pass
