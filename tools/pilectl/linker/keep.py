"""Names that something outside the linked program asks for; whatever else keeps its name does so by itself."""

from __future__ import annotations

import ast

from .program import LinkError, Program
from .walking import walk

# Asked for by main.py and boot.py
GLOBALS = {("board", "BOARD"), ("evse.app.station", "Station")}
# What a technician at the REPL and the simulator call on a Station, and read of its console
STATION = (
    "run",
    "authorize_local",
    "stop_local",
    "reset_faults",
    "unlock",
    "connector_status",
    "cp_state",
    "console",
    "mid_line",
)
# What umqtt.simple asks of its socket, and of the module where it looks for one
SOCKET = (
    "connect",
    "settimeout",
    "setblocking",
    "close",
    "write",
    "read",
    "socket",
    "getaddrinfo",
)
# What every start and every crash needs of a board
BOARD = ("safe_outputs", "watchdog", "chip", "reset")
NAMES = frozenset((*STATION, *SOCKET, *BOARD))


def check(program: Program) -> None:
    """LinkError for a name that nothing defines: the list has outlived what it speaks of."""
    defined = {
        node.name
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    defined |= {
        node.attr
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    missing = sorted(NAMES - defined)
    if missing:
        raise LinkError(f"linker/keep.py keeps {', '.join(missing)}, which nothing defines")
    for module, name in sorted(GLOBALS):
        spaces = program.modules.get(module)
        if spaces is None or not any(
            isinstance(node, ast.Name | ast.ClassDef)
            and name == (node.id if isinstance(node, ast.Name) else node.name)
            for node in walk(spaces.tree)
        ):
            raise LinkError(f"linker/keep.py keeps {module}.{name}, which is not there")
