"""The chips a board may have: which GPIOs there are and what they can do, and how much of each unit.

From Espressif's data sheets and ESP-IDF's GPIO and ADC pages; timers, UARTs, RMT and LEDC channels as
MicroPython hands them out. The RMT figures are channels that can send.
"""

from __future__ import annotations

from typing import NamedTuple


class Chip(NamedTuple):
    """One chip. Sets are GPIO numbers unless their name says otherwise."""

    gpios: frozenset[int]
    flash: frozenset[int]
    # Taken on modules with PSRAM, free on others
    psram: frozenset[int]
    input_only: frozenset[int]
    strapping: frozenset[int]
    # ADC2 is taken by Wi-Fi, or there is none
    adc1: frozenset[int]
    # Millivolts between which the ADC is linear at 11 dB
    adc_mv: tuple[int, int]
    # UART0, which the REPL has
    console: frozenset[int]
    usb: frozenset[int]
    # Numbers of the UARTs that are left
    uarts: frozenset[int]
    timers: int
    rmt_channels: int
    pwm_channels: int
    # Whether a running pulse can be stopped; the first ESP32 waits for its end, with interrupts off
    rmt_stops: bool
    # The Ethernet MAC's fixed pins but that of its clock, none without a MAC
    rmii: frozenset[int]


def _pins(*parts: int | range) -> frozenset[int]:
    found: set[int] = set()
    for part in parts:
        found |= set(part) if isinstance(part, range) else {part}
    return frozenset(found)


CHIPS = {
    "esp32": Chip(
        gpios=_pins(range(20), range(21, 24), range(25, 28), range(32, 40)),
        flash=_pins(range(6, 12)),
        psram=_pins(16, 17),
        input_only=_pins(range(34, 40)),
        strapping=_pins(0, 2, 5, 12, 15),
        adc1=_pins(range(32, 40)),
        adc_mv=(150, 2450),
        console=_pins(1, 3),
        usb=_pins(),
        uarts=_pins(1, 2),
        timers=4,
        rmt_channels=8,
        pwm_channels=16,
        rmt_stops=False,
        rmii=_pins(19, 21, 22, 25, 26, 27),
    ),
    "esp32s2": Chip(
        gpios=_pins(range(22), range(26, 47)),
        flash=_pins(range(27, 33)),
        psram=_pins(26),
        input_only=_pins(46),
        strapping=_pins(0, 45, 46),
        adc1=_pins(range(1, 11)),
        adc_mv=(50, 2450),
        console=_pins(43, 44),
        usb=_pins(19, 20),
        uarts=_pins(1),
        timers=4,
        rmt_channels=4,
        pwm_channels=8,
        rmt_stops=True,
        rmii=_pins(),
    ),
    "esp32s3": Chip(
        gpios=_pins(range(22), range(26, 49)),
        flash=_pins(range(26, 33)),
        # Octal flash takes them too
        psram=_pins(range(33, 38)),
        input_only=_pins(),
        strapping=_pins(0, 3, 45, 46),
        adc1=_pins(range(1, 11)),
        adc_mv=(50, 3050),
        console=_pins(43, 44),
        usb=_pins(19, 20),
        uarts=_pins(1, 2),
        timers=4,
        rmt_channels=4,
        pwm_channels=8,
        rmt_stops=True,
        rmii=_pins(),
    ),
    "esp32c3": Chip(
        gpios=_pins(range(22)),
        # 11 feeds the flash
        flash=_pins(range(11, 18)),
        psram=_pins(),
        input_only=_pins(),
        strapping=_pins(2, 8, 9),
        adc1=_pins(range(5)),
        adc_mv=(50, 2450),
        console=_pins(20, 21),
        usb=_pins(18, 19),
        uarts=_pins(1),
        timers=2,
        rmt_channels=2,
        pwm_channels=6,
        rmt_stops=True,
        rmii=_pins(),
    ),
    "esp32c6": Chip(
        gpios=_pins(range(31)),
        flash=_pins(range(24, 31)),
        psram=_pins(),
        input_only=_pins(),
        strapping=_pins(4, 5, 8, 9, 15),
        adc1=_pins(range(7)),
        adc_mv=(50, 3050),
        console=_pins(16, 17),
        usb=_pins(12, 13),
        uarts=_pins(1),
        timers=2,
        rmt_channels=2,
        pwm_channels=6,
        rmt_stops=True,
        rmii=_pins(),
    ),
}
