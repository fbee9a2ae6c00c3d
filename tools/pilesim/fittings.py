"""Which model a board's part is, where there are several kinds: meter, sensors, lights, card readers.

A model that is fitted stays through resets of the chip; it is replaced only when the board asks for another.
"""

from pilesim import light, meter_bl0942, meter_dlt645, meter_hlw8032, meter_modbus, meter_s0
from pilesim.rc522 import Rc522
from pilesim.residual_current_two_level import ResidualCurrentTwoLevel
from pilesim.rng import Random
from pilesim.temperature import Temperature
from pilesim.thermometers import Ds18b20, Mcp9700a

_FIRST_DLT645 = 210012345678
# What an outlet is built with
_BARE = {"meter": "dlt645", "temperature": "ntc", "light": "led", "residual_current": "one"}


def fit(world, outlet, board):
    """Give the outlet (and the world, for what is shared) the kinds of parts that `board` names."""
    _fit_meter(world, outlet, board)
    kind = getattr(board, "TEMPERATURE", "ntc")
    if _changes(outlet, "temperature", kind):
        if kind == "ntc":
            outlet.temperature = Temperature()
        else:
            is_onewire = kind == "ds18b20"
            random = outlet.random(11)
            outlet.temperature = Ds18b20(outlet.clock, random) if is_onewire else Mcp9700a()
    if "rcm_trip_ac" in board.PINS and _changes(outlet, "residual_current", "two"):
        outlet.residual_current = ResidualCurrentTwoLevel(
            outlet.clock, outlet.contactor, outlet.random(4), outlet.log
        )
    kind = getattr(board, "LIGHT", "led")
    if _changes(outlet, "light", kind):
        if kind == "rgb":
            outlet.light = light.LightRgb()
        elif kind == "ws2812":
            outlet.light = light.LedChain(getattr(board, "LIGHT_COUNT", 1))
        else:
            outlet.light = light.Led()
    _fit_reader(world, board)


def _changes(owner, part, kind):
    """True once for each kind."""
    if owner.fitted.get(part, _BARE.get(part)) == kind:
        return False
    owner.fitted[part] = kind
    return True


def _fit_meter(world, outlet, board):
    kind = getattr(board, "METER", "rs485")
    if kind == "rs485":
        kind = world.meter_model
    if not _changes(outlet, "meter", kind):
        return
    clock, load, mains, random = outlet.clock, outlet.load, world.mains, outlet.random(2)
    world.bus.detach(outlet.meter)
    if kind == "dlt645":
        address = str(_FIRST_DLT645 + outlet.number - 1)
        outlet.meter = meter_dlt645.MeterDlt645(clock, world.bus, load, mains, random, address)
    elif kind == "hlw8032":
        outlet.meter = meter_hlw8032.MeterHlw8032(clock, load, mains, random)
    elif kind == "bl0942":
        outlet.meter = meter_bl0942.MeterBl0942(clock, load, mains, random)
    elif kind == "s0":
        pulses = board.METER_PULSES_PER_KWH
        outlet.meter = meter_s0.MeterS0(clock, load, random, pulses)
    else:
        outlet.meter = meter_modbus.MeterModbus(
            clock, world.bus, load, mains, random, kind, outlet.number
        )


def _fit_reader(world, board):
    kind = getattr(board, "RFID", None)
    if kind == "rc522" and _changes(world, "rfid", kind):
        world.rfid = Rc522(world.clock, Random(world.seed + 8))
