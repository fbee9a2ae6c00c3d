"""Mistakes with pins and units of the chip, planted one at a time, each with its whole sentence."""

from planted_boards import C6_PINS, LAN, RMII, S3_PINS, ethernet, pins, twin, uart_dead_man

_C6_SECOND = {
    "cp_pwm": 4,
    "cp_adc": 6,
    "contactor": 5,
    "mirror": 8,
    "rcm_trip": 14,
    "rcm_test": 15,
}
_C6_TWIN = {
    "CHIP": "esp32c6",
    "base": C6_PINS,
    "UART_METER": 1,
    "STRAPPING_USED": (4, 5, 8, 9, 15),
    "SECOND": {**_C6_SECOND, "heartbeat": 9},
}
# reason, changes of the good board, the sentence
PLANTED_PINS = (
    (
        "chip",
        {"CHIP": "esp33"},
        (
            "CHIP esp33: not one of esp32, esp32s2, esp32s3, esp32c3, esp32c6; choose one, or add the "
            "chip to pilectl/boardlint/chips.py"
        ),
    ),
    ("name", {"NAME": "other"}, "NAME other: the folder is called planted; give both one name"),
    ("phases", {"PHASES": 2}, "PHASES 2: write 1 or 3"),
    (
        "connector_kind",
        {"CONNECTOR_KIND": "plug"},
        "CONNECTOR_KIND plug: not one of cable, socket; choose one",
    ),
    (
        "role_missing",
        pins(cp_adc=None),
        "no pin for cp_adc, which every board needs: give it one in PINS",
    ),
    (
        "role_unknown",
        pins(fan=32),
        "GPIO 32, fan: no such role; take one of pilectl/boardlint/roles.py",
    ),
    ("pin_number", pins(led="IO18"), "'IO18', led: no GPIO number; write the plain number"),
    ("no_such_pin", pins(led=24), "GPIO 24, led: the esp32 has no such pin; choose another"),
    ("flash", pins(led=9), "GPIO 9, led: belongs to the flash of the esp32; choose another"),
    (
        "psram",
        {"PSRAM": True, **pins(rs485_tx=4)},
        "GPIO 16, rs485_rx: belongs to the PSRAM that PSRAM says is there; choose another",
    ),
    ("console", pins(led=3), "GPIO 3, led: belongs to the console; choose another"),
    (
        "usb",
        {"CHIP": "esp32s3", "base": S3_PINS, **pins(led=20)},
        "GPIO 20, led: belongs to USB, which stock MicroPython takes; choose another",
    ),
    (
        "input_only",
        pins(contactor=35),
        "GPIO 35, contactor: can only be an input, the role drives it; choose another",
    ),
    (
        "input_only",
        {"TEMPERATURE": "ds18b20", **pins(temperature_adc=None, temperature_onewire=35)},
        "GPIO 35, temperature_onewire: can only be an input, the role drives it; choose another",
    ),
    (
        "no_pull_up",
        pins(mirror=35),
        "GPIO 35, mirror: has no pull-up of its own; fit one and list the pin in EXTERNAL_PULL_UP",
    ),
    (
        "pull_up_idle",
        {"EXTERNAL_PULL_UP": (18,)},
        "EXTERNAL_PULL_UP names GPIO 18, which has no role with a pull-up; take it out",
    ),
    (
        "strapping",
        pins(heartbeat=12),
        (
            "GPIO 12, heartbeat: decides how the chip boots; choose another, or prove its level at "
            "reset on the page and list it in STRAPPING_USED"
        ),
    ),
    (
        "strapping_idle",
        {"STRAPPING_USED": (5,)},
        "STRAPPING_USED names GPIO 5, which has no role or is no strapping pin; take it out",
    ),
    (
        "not_adc1",
        pins(cp_adc=14),
        "GPIO 14, cp_adc: is not on ADC1; choose one of 32, 33, 34, 35, 36, 37, 38, 39",
    ),
    ("used_twice", pins(led=26), "GPIO 26, led: is contactor already; choose another"),
    (
        "used_twice",
        twin({"contactor": 5}),
        "GPIO 5, contactor 2: is contactor already; choose another",
    ),
    (
        "used_twice",
        ethernet(PINS={"led": 22}) | {"STRAPPING_USED": (2,)},
        "GPIO 22, led: is a pin of Ethernet already; choose another",
    ),
    ("uart", {"UART_METER": 0}, "UART_METER 0: not free on the esp32; allowed 1, 2"),
    (
        "uart_twice",
        uart_dead_man(UART_DEAD_MAN=2),
        "UART_DEAD_MAN 2: is UART_METER already; the esp32 has 1, 2, choose other parts",
    ),
    (
        "timers",
        {
            **_C6_TWIN,
            "INSTALLED_OUTSIDE": ("emergency_stop",),
            **pins(emergency_stop=None, rs485_direction=1),
        },
        (
            "3 timers for the safety ticks and the direction of RS-485: the esp32c6 has 2; choose other "
            "parts or another chip"
        ),
    ),
    (
        "rmt",
        {
            **_C6_TWIN,
            "SECOND": {**_C6_SECOND, "dead_man_rmt": 9},
            "DEAD_MAN": "rmt",
            "LIGHT": "ws2812",
            **pins(heartbeat=None, dead_man_rmt=21, led=None, led_data=7),
        },
        (
            "3 RMT channels for the dead-man and the lamps: the esp32c6 has 2; choose other parts or "
            "another chip"
        ),
    ),
    (
        "ethernet_chip",
        {"CHIP": "esp32s3", "base": S3_PINS, "ETHERNET": {**LAN, "pins": ()}},
        "ETHERNET: the esp32s3 has no Ethernet MAC; leave it away or choose an esp32",
    ),
    (
        "ethernet_key",
        ethernet(phy="W5500"),
        "ETHERNET phy = W5500: allowed LAN8710, LAN8720, IP101, RTL8201, DP83848, KSZ8041, KSZ8081",
    ),
    ("ethernet_key", ethernet(address=32), "ETHERNET address = 32: allowed 0..31"),
    (
        "ethernet_key",
        ethernet(clock="gpio5_in"),
        "ETHERNET clock = gpio5_in: allowed gpio0_in, gpio0_out, gpio16_out, gpio17_out",
    ),
    (
        "ethernet_pins",
        ethernet(pins=RMII[:-1]),
        "ETHERNET pins: GPIO 27 is missing, which the MAC or its clock takes; add it",
    ),
    (
        "ethernet_extra",
        ethernet(pins=(*RMII, 15)),
        "ETHERNET pins: GPIO 15 is neither the MAC's nor its clock's; take it out",
    ),
    (
        "ethernet_role",
        ethernet(PINS={"eth_mdio": None}),
        "no pin for eth_mdio, which ETHERNET needs: give it one in PINS",
    ),
    (
        "ethernet_idle",
        pins(eth_power=32),
        "GPIO 32, eth_power: ETHERNET is None; describe the PHY there or take the pin out",
    ),
)
