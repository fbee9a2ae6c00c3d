"""Stand-in for the ESP32 port's `esp32`."""

from pilesim import current
from pilesim.esp32_rmt import RMT

__all__ = ("RMT", "mcu_temperature")


def mcu_temperature():
    """Chip temperature in degrees Celsius."""
    return current.world.chip_temperature_c
