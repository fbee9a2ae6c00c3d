"""Rules for what a chip has only few of: UARTs, timers, RMT and PWM channels, the Ethernet MAC."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

from .chips import Chip
from .reasons import Problem, problem, whole

PHYS = ("LAN8710", "LAN8720", "IP101", "RTL8201", "DP83848", "KSZ8041", "KSZ8081")
# Pin of the 50 MHz clock, into the chip or out of it
CLOCKS = {"gpio0_in": 0, "gpio0_out": 0, "gpio16_out": 16, "gpio17_out": 17}
_ETHERNET_ROLES = ("eth_mdc", "eth_mdio")


def resource_problems(board: Any, chip: Chip) -> list[Problem]:
    """Problems of a board that asks for more than `chip` has."""
    return _uart_problems(board, chip) + _count_problems(board, chip) + _ethernet(board, chip)


def _uart_problems(board: Any, chip: Chip) -> list[Problem]:
    names = (
        ("UART_METER", board.METER != "s0"),
        ("UART_DEAD_MAN", board.DEAD_MAN == "uart"),
        ("UART_RFID", board.RFID == "pn532_uart"),
    )
    known = ", ".join(map(str, sorted(chip.uarts)))
    found = []
    owner: dict[int, str] = {}
    for name, used in names:
        uart = getattr_static(board, name, None)
        facts = {"name": name, "uart": uart, "chip": board.CHIP, "known": known}
        if not used:
            continue
        if uart not in chip.uarts:
            found.append(problem("uart", **facts))
        elif uart in owner:
            found.append(problem("uart_twice", other=owner[uart], **facts))
        else:
            owner[uart] = name
    return found


def _count_problems(board: Any, chip: Chip) -> list[Problem]:
    evses = 1 if board.SECOND is None else 2
    timers = [(evses, "the safety ticks")]
    if "rs485_direction" in board.PINS:
        timers.append((1, "the direction of RS-485"))
    rmt = []
    if board.DEAD_MAN == "rmt":
        rmt.append((evses, "the dead-man"))
    if board.LIGHT == "ws2812":
        # Taken for each write and given back
        rmt.append((1, "the lamps"))
    found = []
    for reason, wants, there in (
        ("timers", timers, chip.timers),
        ("rmt", rmt, chip.rmt_channels),
        ("pwm", [(evses, "the pilots")], chip.pwm_channels),
    ):
        needed = sum(count for count, _part in wants)
        if needed > there:
            parts = " and ".join(part for _count, part in wants)
            facts = {"needed": needed, "parts": parts, "chip": board.CHIP, "there": there}
            found.append(problem(reason, **facts))
    return found


def _ethernet(board: Any, chip: Chip) -> list[Problem]:
    ethernet = board.ETHERNET
    if ethernet is None:
        return [
            problem("ethernet_idle", pin=pin, role=role)
            for role, pin in board.PINS.items()
            if role.startswith("eth_")
        ]
    if not chip.rmii:
        return [problem("ethernet_chip", chip=board.CHIP)]
    found = [
        problem("ethernet_role", role=role) for role in _ETHERNET_ROLES if role not in board.PINS
    ]
    phy, address, clock = (ethernet.get(key) for key in ("phy", "address", "clock"))
    if phy not in PHYS:
        allowed = "allowed " + ", ".join(PHYS)
        found.append(problem("ethernet_key", key="phy", value=phy, allowed=allowed))
    if not whole(address) or not 0 <= address <= 31:
        facts = {"key": "address", "value": address, "allowed": "allowed 0..31"}
        found.append(problem("ethernet_key", **facts))
    if clock not in CLOCKS:
        facts = {"key": "clock", "value": clock, "allowed": "allowed " + ", ".join(CLOCKS)}
        found.append(problem("ethernet_key", **facts))
    pins = set(ethernet.get("pins", ()))
    fixed = chip.rmii | ({CLOCKS[clock]} if clock in CLOCKS else pins & set(CLOCKS.values()))
    found += [problem("ethernet_pins", pin=pin) for pin in sorted(fixed - pins)]
    return found + [problem("ethernet_extra", pin=pin) for pin in sorted(pins - fixed)]
