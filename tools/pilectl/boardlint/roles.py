"""The roles a pin may have, which of them belong to which part, and how both EVSEs' pins are walked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# role: direction
ROLES = {
    "cp_pwm": "out",
    "cp_adc": "in",
    "contactor": "out",
    "mirror": "in",
    "output_sense": "in",
    "phase_contactor": "out",
    "phase_mirror": "in",
    "heartbeat": "out",
    "dead_man_rmt": "out",
    "dead_man_uart": "out",
    "rcm_trip": "in",
    "rcm_trip_ac": "in",
    "rcm_test": "out",
    "emergency_stop": "in",
    "pe_monitor": "in",
    "mains_monitor": "in",
    "temperature_adc": "in",
    "temperature_onewire": "both",
    "lock_a": "out",
    "lock_b": "out",
    "lock_feedback": "in",
    "pp_adc": "in",
    "rs485_tx": "out",
    "rs485_rx": "in",
    "rs485_direction": "out",
    "meter_tx": "out",
    "meter_rx": "in",
    "meter_pulse": "in",
    "rfid_sck": "out",
    "rfid_mosi": "out",
    "rfid_miso": "in",
    "rfid_cs": "out",
    "rfid_reset": "out",
    "rfid_sda": "both",
    "rfid_scl": "both",
    "rfid_tx": "out",
    "rfid_rx": "in",
    "led": "out",
    "led_red": "out",
    "led_green": "out",
    "led_blue": "out",
    "led_data": "out",
    "button": "in",
    "buzzer": "out",
    "eth_mdc": "out",
    "eth_mdio": "both",
    "eth_power": "out",
}
REQUIRED = ("cp_pwm", "cp_adc", "contactor")
# Inputs that read 1, the safe level, by a pull-up when their wire breaks
PULLED_UP = (
    "mirror",
    "output_sense",
    "phase_mirror",
    "rcm_trip",
    "rcm_trip_ac",
    "emergency_stop",
    "pe_monitor",
    "mains_monitor",
    "lock_feedback",
    "button",
    "meter_pulse",
)
# Part that a board chooses: attribute, then choice: (roles it needs, roles it may have besides)
CHOICES: dict[str, dict[Any, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "METER": {
        "rs485": (("rs485_tx", "rs485_rx"), ("rs485_direction",)),
        # It never sends; MicroPython gives a UART a transmit pin all the same, by default one of the flash
        "hlw8032": (("meter_rx", "meter_tx"), ()),
        "bl0942": (("meter_tx", "meter_rx"), ()),
        "s0": (("meter_pulse",), ()),
    },
    "RFID": {
        None: ((), ()),
        "rc522": (("rfid_sck", "rfid_mosi", "rfid_miso", "rfid_cs", "rfid_reset"), ()),
        "pn532_i2c": (("rfid_sda", "rfid_scl"), ()),
        "pn532_uart": (("rfid_tx", "rfid_rx"), ()),
    },
    "LIGHT": {
        "led": (("led",), ()),
        "rgb": (("led_red", "led_green", "led_blue"), ()),
        "ws2812": (("led_data",), ()),
    },
    "TEMPERATURE": {
        "ntc": (("temperature_adc",), ()),
        "mcp9700a": (("temperature_adc",), ()),
        "ds18b20": (("temperature_onewire",), ()),
    },
    "DEAD_MAN": {
        "charge_pump": (("heartbeat",), ()),
        "rmt": (("dead_man_rmt",), ()),
        "uart": (("dead_man_uart",), ()),
    },
}
# What each EVSE needs for itself, if the board has it at all
OWN = (
    "cp_pwm",
    "cp_adc",
    "contactor",
    "mirror",
    "output_sense",
    "heartbeat",
    "dead_man_rmt",
    "dead_man_uart",
    "rcm_trip",
    "rcm_trip_ac",
    "rcm_test",
    "lock_a",
    "lock_b",
    "lock_feedback",
    "pp_adc",
    "phase_contactor",
    "phase_mirror",
    "meter_rx",
    "meter_tx",
    "meter_pulse",
)
# Of these the second EVSE may have none: its role is None
OPTIONAL = ("phase_contactor", "phase_mirror", "rcm_trip_ac")


def wired(board: Any) -> Iterator[tuple[str, str, Any]]:
    """(label, role, pin) of every pin; the label of the second EVSE's own ends in 2."""
    for role, pin in board.PINS.items():
        yield role, role, pin
    for role, pin in (board.SECOND or {}).items():
        if pin is not None:
            yield f"{role} 2", role, pin


def roles_of(attribute: str) -> set[str]:
    """Every role that belongs to one choice or another of an attribute."""
    return {role for need, may in CHOICES[attribute].values() for role in (*need, *may)}
