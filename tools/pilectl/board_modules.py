"""Which modules a board can ever import, so that a build leaves the others out."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

# Whatever the board: chip, safe start, pilot, coil, tick, journal, watchdog
_ALWAYS = (
    "chip",
    "contactor_gpio",
    "control_pilot",
    "flash_partition",
    "safe_state",
    "serial_port",
    "standard_board",
    "standard_parts",
    "tick_timer",
    "watchdog",
)
# Attribute of a board, choice: its drivers
CHOSEN: dict[str, dict[str, tuple[str, ...]]] = {
    "DEAD_MAN": {
        "charge_pump": ("dead_man",),
        "rmt": ("dead_man_rmt",),
        "uart": ("dead_man_uart",),
    },
    "METER": {
        # Which of both is a setting
        "rs485": ("rs485", "meter_dlt645", "meter_modbus"),
        "hlw8032": ("meter_hlw8032",),
        "bl0942": ("meter_bl0942",),
        "s0": ("meter_s0",),
    },
    "RFID": {
        "rc522": ("rfid_rc522",),
        "pn532_i2c": ("rfid_pn532",),
        "pn532_uart": ("rfid_pn532",),
    },
    "LIGHT": {"led": ("status_led",), "rgb": ("light_rgb",), "ws2812": ("light_ws2812",)},
    "TEMPERATURE": {
        "ntc": ("temperature_ntc",),
        "mcp9700a": ("temperature_mcp9700a",),
        "ds18b20": ("temperature_ds18b20",),
    },
}
# Role that must have a pin: the driver
_WIRED = {
    "emergency_stop": "safety_input",
    "pe_monitor": "safety_input",
    "mains_monitor": "safety_input",
    "lock_a": "lock_hbridge",
    "pp_adc": "proximity_adc",
    "button": "button",
    "buzzer": "buzzer",
}
_READER = ("rfid_sck", "rfid_sda", "rfid_tx")
# Beside the drivers: path below evse/, and the roles of which a board must have one
_OPTIONAL = {
    "control/phases.py": ("phase_contactor",),
    "control/cable.py": ("pp_adc",),
    "app/panel.py": ("button", "buzzer", *_READER),
    "app/id_tokens.py": _READER,
    "link/lan.py": ("eth_mdc",),
}


def drivers(board: Any) -> set[str]:
    """Names of the driver modules that `board` can import, the standard ones among them."""
    found = set(_ALWAYS)
    for attribute, choices in CHOSEN.items():
        found.update(choices.get(getattr(board, attribute), ()))
    if "temperature" in board.INSTALLED_OUTSIDE:
        found -= {name for names in CHOSEN["TEMPERATURE"].values() for name in names}
    found.update(driver for role, driver in _WIRED.items() if role in board.PINS)
    if "rcm_trip_ac" in board.PINS:
        found.add("residual_current_two_level")
    elif "rcm_trip" in board.PINS:
        found.add("residual_current_monitor")
    return found


def left_out(root: Path, board: Any) -> set[str]:
    """Paths below firmware/ that `board` never imports: what it has no part for, and what only that needs."""
    evse = root / "firmware" / "evse"
    wanted = drivers(board) | {"__init__"}
    unused = {path for path in (evse / "drivers").glob("*.py") if path.stem not in wanted}
    unused |= {
        evse / path
        for path, roles in _OPTIONAL.items()
        if (evse / path).exists() and not any(role in board.PINS for role in roles)
    }
    theirs = _reached(unused, evse / "core")
    others = set(evse.rglob("*.py")) - unused - theirs
    gone = unused | theirs - _reached(others, evse / "core")
    return {path.relative_to(evse.parent).as_posix() for path in gone}


def _reached(files: set[Path], core: Path) -> set[Path]:
    """Core modules that these files import, and those that they import in turn."""
    found: set[Path] = set()
    waiting = set(files)
    while waiting:
        names = {name for path in waiting for name in _core_imports(path)}
        waiting = {path for path in core.glob("*.py") if path.stem in names} - found
        found |= waiting
    return found


def _core_imports(path: Path) -> set[str]:
    """Names of core modules that a file imports, at its top or late."""
    found: set[str] = set()
    in_core = path.parent.name == "core"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if module == "core" or (in_core and node.level == 1 and not module):
            found.update(alias.name for alias in node.names)
        elif module.startswith("core."):
            found.add(module.split(".")[1])
        elif in_core and node.level == 1:
            found.add(module.split(".")[0])
    return found
