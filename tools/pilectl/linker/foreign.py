"""Names that objects which are not ours may have: an attribute of that name is never given another.

What Python's objects have is asked of this Python; what the chip's have, of their stand-ins in the simulator,
which offer whatever the firmware asks for; what modules have, of the program that imports them.
"""

from __future__ import annotations

import array
import ast
import asyncio
import hashlib
import io
import json
import socket
import ssl
import struct
import types
from pathlib import Path

from .program import Program
from .walking import walk

STAND_INS = Path(__file__).resolve().parents[2] / "pilesim"
_STAND_IN_FILES = ("standins/*.py", "standins_upy/*.py", "machine_*.py", "esp32_*.py")
_PYTHON = (
    *(object, str, bytes, bytearray, memoryview, int, float, list, tuple, dict, set, type),
    *(property, range, slice, BaseException, OSError, UnicodeDecodeError, StopIteration),
    *(types.GeneratorType, types.CoroutineType, types.FunctionType, types.ModuleType),
    *(array.array, hashlib.sha256(), io.TextIOWrapper, io.BytesIO, json, struct),
    *(socket, socket.socket, ssl, ssl.SSLContext, ssl.SSLSocket),
    *(asyncio, asyncio.Event, asyncio.Lock, asyncio.Task, asyncio.StreamReader),
    asyncio.StreamWriter,
)
# What an umqtt.simple.MQTTClient has; it is on the chip and not here
UMQTT = (
    *("connect", "disconnect", "ping", "publish", "subscribe", "wait_msg", "check_msg"),
    *("set_callback", "set_last_will", "client_id", "sock", "server", "port", "ssl", "ssl_params"),
    *("pid", "cb", "user", "pswd", "keepalive", "lw_topic", "lw_msg", "lw_qos", "lw_retain"),
)


def names(program: Program) -> set[str]:
    """Attributes of Python's own objects, of the chip's, and of whatever the program imports."""
    found = {name for kind in _PYTHON for name in dir(kind) if not name.startswith("_")}
    found.update(UMQTT)
    for pattern in _STAND_IN_FILES:
        for path in sorted(STAND_INS.glob(pattern)):
            found |= _defined(ast.parse(path.read_text(encoding="utf-8")))
    for module in program.modules.values():
        foreign = imported(program, module.tree)
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute):
                root: ast.expr = node.value
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and root.id in foreign:
                    found.add(node.attr)
    return found


def _defined(tree: ast.Module) -> set[str]:
    """Public names that a file defines, and attributes that it sets."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return {name for name in found if not name.startswith("_")}


def imported(program: Program, tree: ast.Module) -> set[str]:
    """Names that stand for modules and objects which are not ours."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "") not in program.modules:
            found |= {alias.asname or alias.name for alias in node.names}
    return found
