"""Stand-in for the ESP32 port's `esp32`."""

from pilesim import current
from pilesim.esp32_partition import Partition
from pilesim.esp32_rmt import RMT

__all__ = ("RMT", "Partition", "mcu_temperature")


def mcu_temperature():
    """Chip temperature in degrees Celsius."""
    return current.world.chip_temperature_c
