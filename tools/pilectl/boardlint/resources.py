"""Rules for what a chip has only few of: UARTs, timers, RMT and PWM channels, the Ethernet MAC."""

from __future__ import annotations

from typing import Any

from .chips import Chip
from .reasons import Problem, problem, whole

PHYS = ("lan8710", "lan8720", "ip101", "rtl8201", "dp83848", "ksz8041", "ksz8081")
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
        uart = getattr(board, name, None)
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
    second = board.SECOND or {}
    chains = 2 if second.get("led_data") is not None else 1
    timers = [(evses, "the safety ticks")]
    if "rs485_direction" in board.PINS:
        timers.append((1, "the direction of RS-485"))
    rmt = []
    if board.DEAD_MAN == "rmt":
        rmt.append((evses, "the dead-man"))
    if board.LIGHT == "ws2812":
        rmt.append((chains, "the lamps"))
    pwm = [(evses, "the pilots")]
    if board.LIGHT == "rgb":
        pwm.append((6 if second.get("led_red") is not None else 3, "the lights"))
    if "buzzer" in board.PINS:
        pwm.append((1, "the buzzer"))
    found = []
    for reason, wants, there in (
        ("timers", timers, chip.timers),
        ("rmt", rmt, chip.rmt_channels),
        ("pwm", pwm, chip.pwm_channels),
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
    if clock not in {"in", "out"}:
        facts = {"key": "clock", "value": clock}
        found.append(problem("ethernet_key", allowed="in from the PHY or out to it", **facts))
    pins = set(ethernet.get("pins", ()))
    found += [problem("ethernet_pins", pin=pin) for pin in sorted(chip.rmii - pins)]
    if not pins & chip.rmii_clock:
        known = ", ".join(map(str, sorted(chip.rmii_clock)))
        found.append(problem("ethernet_clock", known=known))
    extra = pins - chip.rmii - chip.rmii_clock
    return found + [problem("ethernet_extra", pin=pin) for pin in sorted(extra)]
