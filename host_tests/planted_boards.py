"""A board without a mistake, ways to change it, and boards of every kind without one."""

from types import SimpleNamespace

PINS = {
    "cp_pwm": 25,
    "cp_adc": 36,
    "contactor": 26,
    "mirror": 33,
    "heartbeat": 27,
    "rs485_tx": 17,
    "rs485_rx": 16,
    "led": 18,
    "rcm_trip": 19,
    "rcm_test": 23,
    "emergency_stop": 21,
    "pe_monitor": 22,
    "temperature_adc": 39,
}
# The same parts where an ESP32-C6 and an ESP32-S3 have room for them
C6_PINS = dict(zip(PINS, (18, 0, 19, 20, 21, 22, 23, 7, 10, 11, 1, 2, 3), strict=True))
S3_PINS = dict(zip(PINS, (4, 1, 5, 6, 7, 17, 18, 15, 8, 9, 10, 11, 2), strict=True))
SECOND = {
    "cp_pwm": 21,
    "cp_adc": 3,
    "contactor": 38,
    "mirror": 39,
    "heartbeat": 40,
    "rcm_trip": 41,
    "rcm_test": 42,
}
SOCKET = {"mains_monitor": 4, "lock_a": 13, "lock_b": 14, "lock_feedback": 32}
PILOT = {"top_ohm": 200000, "pullup_ohm": 42200, "pulldown_ohm": 31600, "pullup_mv": 3300}
NTC = {"pullup_ohm": 9994, "pullup_mv": 2480, "ntc_ohm_25c": 10000, "beta_k": 3435}
PP = {"pullup_ohm": 1000, "pullup_mv": 3300}
RMII = (0, 19, 21, 22, 25, 26, 27)
LAN = {"phy": "LAN8720", "address": 0, "clock": "gpio0_in", "pins": RMII}
# Roles of the good board that stand on pins of the Ethernet MAC, and elsewhere
_OFF_RMII = {
    "cp_pwm": 4,
    "contactor": 13,
    "heartbeat": 14,
    "rcm_trip": 32,
    "emergency_stop": 34,
    "pe_monitor": 35,
    "eth_mdc": 23,
    "eth_mdio": 18,
    "rcm_test": 2,
    "led": 5,
}


def good(**changes):
    """A board without a mistake, with `changes`; a pin of None takes the role away."""
    pins = {**changes.pop("base", PINS), **changes.pop("PINS", {})}
    facts = {
        "NAME": "planted",
        "CHIP": "esp32",
        "PINS": {role: pin for role, pin in pins.items() if pin is not None},
        "SECOND": None,
        "EXTERNAL_PULL_UP": (),
        "INSTALLED_OUTSIDE": (),
        "CONNECTOR_KIND": "cable",
        "PHASES": 1,
        "METER": "rs485",
        "METER_SCALE": None,
        "METER_PULSES_PER_KWH": 0,
        "UART_METER": 2,
        "RFID": None,
        "TEMPERATURE": "ntc",
        "LIGHT": "led",
        "LIGHT_COUNT": 1,
        "ETHERNET": None,
        "DEAD_MAN": "charge_pump",
        "DEAD_MAN_HOLD_MS": 50,
        "PILOT_FRONT_END": PILOT,
        "PILOT_CALIBRATION": (1296, 12069),
        "TEMPERATURE_FRONT_END": NTC,
        "PROXIMITY_FRONT_END": None,
        **changes,
    }
    return SimpleNamespace(**facts)


def pins(**changes):
    return {"PINS": changes}


def uart_dead_man(**changes):
    return {
        "DEAD_MAN": "uart",
        "UART_DEAD_MAN": 1,
        **pins(heartbeat=None, dead_man_uart=27),
        **changes,
    }


def rmt_dead_man(**changes):
    moved = {"heartbeat": None, "dead_man_rmt": 21, **changes.pop("PINS", {})}
    c6 = {"CHIP": "esp32c6", "base": C6_PINS, "UART_METER": 1}
    return {**c6, "DEAD_MAN": "rmt", "PINS": moved, **changes}


def socket(**changes):
    return {"CONNECTOR_KIND": "socket", **pins(**{**SOCKET, **changes})}


def proximity(**front_end):
    return {"PROXIMITY_FRONT_END": {**PP, **front_end}, **pins(pp_adc=34)}


def twin(second=None, **changes):
    """Two EVSEs on an S3; `second` changes its roles, "absent" takes one away."""
    roles = {**SECOND, **(second or {})}
    roles = {role: pin for role, pin in roles.items() if pin != "absent"}
    facts = {"CHIP": "esp32s3", "base": S3_PINS, "STRAPPING_USED": (3,), "SECOND": roles}
    return {**facts, **changes}


def ethernet(**changes):
    """Ethernet on the first ESP32; changes of ETHERNET, or of PINS."""
    moved = {**_OFF_RMII, **changes.pop("PINS", {})}
    facts = {"STRAPPING_USED": (2, 5), "EXTERNAL_PULL_UP": (34, 35), "PINS": moved}
    return {**facts, "ETHERNET": {**LAN, **changes}}


def rc522(**changes):
    wires = {"rfid_sck": 4, "rfid_mosi": 13, "rfid_miso": 34, "rfid_cs": 14, "rfid_reset": 32}
    return {"RFID": "rc522", **pins(**{**wires, **changes})}


def pilot(**changes):
    return {"PILOT_FRONT_END": {**PILOT, **changes}}


def ntc(**changes):
    return {"TEMPERATURE_FRONT_END": {**NTC, **changes}}


# Boards without a mistake, one of every kind
GOOD = (
    {},
    socket(),
    uart_dead_man(),
    rmt_dead_man(),
    rmt_dead_man(LIGHT="ws2812", PINS={"led": None, "led_data": 6}),
    twin(),
    twin({"phase_contactor": None, "phase_mirror": None}, PHASES=3)
    | pins(phase_contactor=12, phase_mirror=13),
    ethernet(),
    ethernet(
        clock="gpio17_out", pins=(17, 19, 21, 22, 25, 26, 27), PINS={"rs485_tx": 33, "mirror": 12}
    )
    | {"STRAPPING_USED": (2, 5, 12)},
    rc522(),
    proximity(),
    {"TEMPERATURE": "mcp9700a", "TEMPERATURE_FRONT_END": None},
    {"TEMPERATURE": "ds18b20", **pins(temperature_adc=None, temperature_onewire=4)},
    {"INSTALLED_OUTSIDE": ("temperature",), **pins(temperature_adc=None)},
    {"INSTALLED_OUTSIDE": ("residual_current",), **pins(rcm_trip=None, rcm_test=None)},
    {"LIGHT": "rgb", **pins(led=None, led_red=4, led_green=13, led_blue=14)},
    {
        "METER": "s0",
        "METER_PULSES_PER_KWH": 1000,
        **pins(rs485_tx=None, rs485_rx=None, meter_pulse=4),
    },
    {
        "METER": "hlw8032",
        "METER_SCALE": (1, 1),
        **pins(rs485_tx=None, rs485_rx=None, meter_rx=4, meter_tx=13),
    },
    {"RFID": "pn532_i2c", **pins(rfid_sda=4, rfid_scl=13)},
    {"RFID": "pn532_uart", "UART_RFID": 1, **pins(rfid_tx=4, rfid_rx=13)},
    pins(mirror=None, output_sense=33),
    pins(rcm_trip_ac=32, button=4, buzzer=13, rs485_direction=14),
    {"EXTERNAL_PULL_UP": (35,), **pins(mirror=35)},
    {"STRAPPING_USED": (12,), **pins(heartbeat=12)},
    {"PSRAM": True, **pins(rs485_tx=4, rs485_rx=13)},
)
