"""The architecture as a test: import directions, who may touch the chip, what the core may not do."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EVSE = ROOT / "firmware" / "evse"

# layer: layers of ours it may import
MAY_IMPORT = {
    "core": {"core"},
    "drivers": {"core"},
    "control": {"core", "control"},
    "link": {"core", "link"},
    "app": {"core", "control", "link", "app"},
}
# Drivers do not know each other; the one that builds them for a board does
ASSEMBLES_DRIVERS = ("standard_board.py", "standard_parts.py")
CHIP = {"machine", "esp32", "onewire", "neopixel"}
RADIO = {"network"}
# What the core may import from outside: no I/O, no clock
CORE_OUTSIDE = {"micropython", "json", "struct", "binascii", "hashlib", "array"}
FORBIDDEN_CALLS = {"print", "open", "input", "exec", "eval"}
LONGEST_FILE = 300


def device_files():
    return sorted(EVSE.rglob("*.py")) + sorted((ROOT / "boards").rglob("*.py"))


def imports(path, base=EVSE.parent):
    """Absolute dotted names that a file imports, relative ones resolved against `base`."""
    found = set()
    package = path.relative_to(base).with_suffix("").parts[:-1] if base in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                parent = package[: len(package) - node.level + 1]
                module = ".".join((*parent, node.module)) if node.module else ".".join(parent)
                found.update(f"{module}.{alias.name}" for alias in node.names)
            else:
                found.add(node.module)
    return found


def layer_faults(path, layer, found):
    """Sentences about imports that `layer` may not have."""
    faults = []
    for name in found:
        parts = name.split(".")
        if parts[0] == "evse" and len(parts) > 1 and parts[1] in MAY_IMPORT:
            if path.name in ASSEMBLES_DRIVERS and parts[1] == "drivers":
                continue
            if parts[1] not in MAY_IMPORT[layer]:
                faults.append(f"{path.name}: {layer} imports {name}")
        elif parts[0] in CHIP and layer != "drivers":
            faults.append(f"{path.name}: only drivers import {parts[0]}")
        elif parts[0] in RADIO and layer != "link":
            faults.append(f"{path.name}: only link imports {parts[0]}")
        elif layer == "core" and parts[0] not in CORE_OUTSIDE | {"evse"}:
            faults.append(f"{path.name}: core imports {parts[0]}")
    return faults


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_imports_run_one_way(layer):
    faults = []
    for path in sorted((EVSE / layer).glob("*.py")):
        faults += layer_faults(path, layer, imports(path))
    assert not faults, "\n".join(faults)


def test_boards_import_drivers_only():
    faults = []
    for path in sorted((ROOT / "boards").rglob("*.py")):
        for name in imports(path):
            if not name.startswith("evse.drivers."):
                faults.append(f"{path}: {name}")
    assert not faults, "\n".join(faults)


def test_a_planted_upward_import_is_found(tmp_path):
    planted = tmp_path / "evse" / "core" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(
        "from ..control.safety_tick import SafetyTick\nimport machine\nimport time\n"
    )
    faults = layer_faults(planted, "core", imports(planted, tmp_path))
    assert sorted(faults) == [
        "planted.py: core imports evse.control.safety_tick.SafetyTick",
        "planted.py: core imports time",
        "planted.py: only drivers import machine",
    ]


def test_core_does_no_io():
    faults = []
    for path in sorted((EVSE / "core").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in FORBIDDEN_CALLS
            ):
                faults.append(f"{path.name}:{node.lineno}: {node.func.id}")
    assert not faults, "\n".join(faults)


def test_core_has_no_floats():
    faults = []
    for path in sorted((EVSE / "core").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if is_float or is_division:
                faults.append(f"{path.name}:{node.lineno}")
    assert not faults, "\n".join(faults)


def test_every_file_can_be_read_in_a_sitting():
    long = []
    for folder in ("firmware", "boards", "tools", "host_tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            lines = len(path.read_text().splitlines())
            if lines > LONGEST_FILE:
                long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert not long, "\n".join(long)


def test_every_file_says_what_it_is():
    silent = []
    for folder in ("firmware", "boards", "tools", "host_tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text()
            if text.strip() and not ast.get_docstring(ast.parse(text)):
                silent.append(str(path.relative_to(ROOT)))
    assert not silent, "\n".join(silent)


def test_every_room_states_its_rule():
    rooms = [EVSE.parent, *(EVSE / layer for layer in MAY_IMPORT)]
    rooms += [ROOT / "boards", ROOT / "host_tests", ROOT / "tools"]
    rooms += [path for path in (ROOT / "tools").iterdir() if (path / "__init__.py").exists()]
    missing = [str(room.relative_to(ROOT)) for room in rooms if not (room / "README.md").exists()]
    assert not missing, missing


def test_bridge_and_sandbox_use_the_wire_and_nothing_else_of_the_firmware():
    allowed = {
        "evse.core." + name
        for name in (
            "chunks",
            "fault_codes",
            "faults",
            "mac",
            "manifest",
            "messages",
            "records",
            "reports",
            "settings",
        )
    }
    faults = []
    for tool in ("pilebridge", "sandbox"):
        for path in sorted((ROOT / "tools" / tool).rglob("*.py")):
            for name in imports(path, ROOT / "tools"):
                module = ".".join(name.split(".")[:3])
                if name.startswith("evse") and name != "evse.core" and module not in allowed:
                    faults.append(f"{path.relative_to(ROOT)}: {name}")
                if tool == "sandbox" and name.startswith("evse"):
                    faults.append(f"{path.relative_to(ROOT)}: {name}")
    assert not faults, "\n".join(faults)


def test_this_test_reads_the_files_it_speaks_of():
    assert len(device_files()) > 40
    assert sys.version_info >= (3, 11)
