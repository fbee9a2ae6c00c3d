"""Meters that speak Modbus RTU: where each keeps its quantities, and its floats as integers of our units.

A float is an IEEE 754 single, high byte first. It is taken apart in integers: the ESP32's own floats
are of the same width and would lose digits of a register.
"""

from micropython import const

from .modbus import FrameError
from .readings import CURRENTS, POWER, VOLTAGES

# Columns of a model
FUNCTION = const(0)
FRAMING = const(1)  # baud, bits, parity, stop as the meter leaves the factory
ADDRESS = const(2)  # likewise
PHASES = const(3)
WRAP_WH = const(4)
RESOLUTION_WH = const(5)  # as long as a float can hold it
REGISTERS = const(6)  # by quantity: first register, our unit per unit of the float in thousandths

_KILO = const(1000000)  # kWh -> Wh, V -> mV, A -> mA, kW -> W
_HERTZ = const(100000)  # Hz -> 0.01 Hz
_EASTRON = (
    (0x0048, _KILO),
    (0x0000, _KILO),
    (0x0006, _KILO),
    (0x000C, 1000),
    (0x0046, _HERTZ),
)
_EASTRON_3 = _EASTRON[:3] + ((0x0034, 1000), (0x0046, _HERTZ))
_DDSU = ((0x4000, _KILO), (0x2000, _KILO), (0x2002, _KILO), (0x2004, _KILO), (0x200E, _HERTZ))
_DTSU = ((0x101E, _KILO), (0x2006, 100000), (0x200C, 1000), (0x2012, 100), (0x2044, 1000))
_8N1 = (9600, 8, None, 1)

# Import, never the total of both directions
MODELS = {
    "sdm120": (4, (2400, 8, None, 1), 1, 1, 100000000, 1, _EASTRON),
    "sdm230": (4, _8N1, 1, 1, 100000000, 1, _EASTRON),
    "sdm630": (4, _8N1, 1, 3, 1000000000, 1, _EASTRON_3),
    "ddsu666": (3, _8N1, 1, 1, 1000000000, 10, _DDSU),
    "dtsu666": (3, _8N1, 1, 3, 1000000000, 10, _DTSU),
}
# What no meter on a charging pile can mean, by quantity
_MOST = (10000000000, 1000000, 1000000, 1000000, 10000)


def to_integer(bits, permille):
    """The single with these 32 bits, times permille / 1000, rounded; FrameError when it is no number."""
    exponent = bits >> 23 & 0xFF
    mantissa = bits & 0x7FFFFF
    if exponent == 0xFF:
        raise FrameError("not a number" if mantissa else "infinite")
    if exponent == 0:
        if mantissa:
            raise FrameError("denormal number")
        return 0
    if exponent > 190:
        raise FrameError("out of range: 2 to the %d" % (exponent - 127))
    if exponent < 90:
        return 0
    # The value is mantissa * 2 ** (exponent - 150); the half is for rounding
    scaled = (mantissa | 0x800000) * permille
    unit = 1000
    if exponent > 150:
        scaled <<= exponent - 150
    else:
        unit <<= 150 - exponent
    value = (scaled + unit // 2) // unit
    return -value if bits >> 31 else value


def decode(registers, quantity, data):
    """Value of a quantity in its unit, a tuple per phase for voltages and currents, from an answer's data."""
    permille = registers[quantity][1]
    values = []
    for at in range(0, len(data), 4):
        value = to_integer(int.from_bytes(data[at : at + 4], "big"), permille)
        if quantity == CURRENTS:
            value = abs(value)
        if abs(value) > _MOST[quantity] or (value < 0 and quantity != POWER):
            raise FrameError("out of range: %d" % value)
        values.append(value)
    return tuple(values) if quantity in (VOLTAGES, CURRENTS) else values[0]


def step_wh(data):
    """Wh from this register reading in kWh to the next one that a single can tell."""
    exponent = int.from_bytes(data[:2], "big") >> 7 & 0xFF
    return -(-1000 >> 150 - exponent) if exponent < 150 else 1000 << exponent - 150
