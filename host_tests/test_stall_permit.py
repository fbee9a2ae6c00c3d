"""Energised means quiet: every call that can hold the interpreter over 10 ms asks the stall permit, or
stands in ALLOWED with a reason that is proved here too.
"""

import ast
import re
from collections import defaultdict

import pytest

from rig import ROOT
from stall_allowed import ALLOWED, APP, CORE, DRIVERS, EARLY, RECEIVERS
from stall_link import LINK
from stall_search import START, search, search_file

FIRMWARE = ROOT / "firmware"


def row_of(hit):
    """The row of ALLOWED that a hit falls under, or None."""
    call = "import" if hit.call.startswith("import ") else hit.call
    for row in ALLOWED:
        file, function, calls = row
        same = hit.function == function or (
            function.endswith(".*") and hit.function.startswith(function[:-1])
        )
        if file == hit.file and same and call in calls.split():
            return row
    return None


def refused(hits):
    """Sentences about calls that neither ask nor are allowed."""
    return [
        f"{hit.file}:{hit.line}: {hit.function} calls {hit.call} ({hit.why}) without a permit"
        for hit in hits
        if not hit.asks and row_of(hit) is None
    ]


def is_use_of(use, file, function):
    """True when a use may call this function, constructor or method."""
    whole, _dot, name = function.rpartition(".")
    module = file[: -len(".py")].replace("/", ".")
    if name == "__init__":
        whole, name = "", whole
    if not whole:
        return use.call == f"{module}.{name}" or (use.file == file and use.call == name)
    if use.name != name or not use.receiver or use.call.startswith("evse."):
        return False
    if use.receiver == "self":
        return use.file == file and use.function.startswith(whole + ".")
    plain = use.receiver.strip("_").lower()
    return plain.endswith(RECEIVERS[whole]) if whole in RECEIVERS else True


def late_callers(file, function, uses, trees, seen=None):
    """Sentences about ways to this function that do not end where modules are loaded; `seen` grows."""
    seen = set() if seen is None else seen
    callers = [use for use in uses if is_use_of(use, file, function)]
    late = [] if callers else [f"{file}: nobody calls {function}"]
    for use in callers:
        here = (use.file, use.function)
        if use.function == "<module>" or here in seen or use.asks:
            continue
        if here in EARLY and is_early(use, uses, trees):
            continue
        if use.is_async:
            late.append(f"{use.file}:{use.line}: {use.function} reaches {function}")
        else:
            seen.add(here)
            late += late_callers(*here, uses, trees, seen)
    return late


def is_early(use, uses, trees):
    """True when a use stands before the task gives way and not behind its last early call."""
    here = (use.file, use.function)
    marks = [u.line for u in uses if (u.file, u.function) == here and u.call == EARLY[here]]
    name = use.function.rpartition(".")[2]
    body = next(
        node
        for node in ast.walk(trees[use.file])
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name
    )
    awaits = [node.lineno for node in ast.walk(body) if isinstance(node, ast.Await)]
    return bool(marks) and use.line <= marks[0] and use.line < min(awaits)


@pytest.fixture(scope="module")
def found():
    return search(FIRMWARE)


@pytest.fixture(scope="module")
def trees():
    return {
        path.relative_to(FIRMWARE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in FIRMWARE.rglob("*.py")
    }


def test_every_call_that_can_hold_the_interpreter_asks_or_is_allowed(found, record_property):
    hits, _uses = found
    assert sum(hit.asks for hit in hits) >= 3
    wrong = refused(hits)
    lines = defaultdict(list)
    for hit in hits:
        kind = "asks" if hit.asks else ALLOWED[row_of(hit)][0] if row_of(hit) else "REFUSED"
        lines[hit.file, kind].append(hit.call)
    for (file, kind), calls in lines.items():
        imports = sum(call.startswith("import ") for call in calls)
        said = sorted({call for call in calls if not call.startswith("import ")})
        said += [f"{imports} imports"] if imports else []
        record_property("figure", f"{file}: {kind}: {', '.join(said)}")
    assert not wrong, "\n".join(wrong)


def test_every_allowed_row_names_something_that_is_there(found):
    hits, uses = found
    stale = []
    for row in ALLOWED:
        there = {hit.call.split()[0] for hit in hits if row_of(hit) == row}
        missing = set(row[2].split()) - there
        if missing:
            stale.append(f"{row[0]}: {row[1]} has no {', '.join(sorted(missing))}")
    for (file, function), call in EARLY.items():
        if not any((u.file, u.function, u.call) == (file, function, call) for u in uses):
            stale.append(f"{file}: {function} has no {call}")
    assert not stale, "\n".join(stale)


def test_what_is_allowed_at_the_start_is_reached_from_nowhere_else(found, trees):
    hits, uses = found
    functions = {
        (hit.file, hit.function)
        for hit in hits
        if not hit.asks and row_of(hit) and ALLOWED[row_of(hit)][0] == START
    }
    assert len(functions) > 10
    late = []
    for file, function in sorted(functions):
        late += late_callers(file, function, uses, trees)
    assert not late, "\n".join(sorted(set(late)))


def test_a_sector_is_erased_only_by_what_asks(found):
    hits, uses = found
    erases = {(use.file, use.function) for use in uses if use.name == "erase"}
    assert erases == {
        (CORE + "ring.py", "Ring.prepare"),
        (CORE + "ring_sector.py", "Sectors.erase"),
    }
    asked = [hit for hit in hits if hit.call == "ring.prepare"]
    assert len(asked) == 1
    assert all(hit.asks for hit in asked)


def test_main_opens_before_it_prints_or_waits(trees):
    handlers = [n for n in ast.walk(trees["main.py"]) if isinstance(n, ast.ExceptHandler)]
    first = [ast.unparse(handler.body[0]) for handler in handlers]
    assert first == ["outputs_low()"] * 2


def test_the_loader_looks_for_a_slot_when_the_outputs_are_low(trees):
    importers = {
        file
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and "slots" in ast.unparse(node).split()
    }
    assert importers == {"boot.py", "main.py"}
    boot = [ast.unparse(node) for node in trees["boot.py"].body]
    assert boot.index("from safe import outputs_low") + 1 == boot.index("outputs_low()")
    assert boot.index("outputs_low()") + 1 == boot.index("import slots")
    assert boot[1:3] == ["import sys", "sys.path[:] = ['/loader', '.frozen']"]
    handlers = [n for n in ast.walk(trees["main.py"]) if isinstance(n, ast.ExceptHandler)]
    assert ast.unparse(handlers[1].body[0]) == "outputs_low()"
    assert "import slots" in ast.unparse(handlers[1])
    assert "slots" not in ast.unparse(handlers[0])


def test_what_the_short_ones_rest_on(trees):
    from evse.app import console, shell
    from evse.core import bl0942, dlt645, modbus, pn532

    assert console._PIECE * 87 < 10000
    assert shell._PIECE * 87 < 10000
    assert len(dlt645.encode_read("A" * 12, dlt645.ENERGY_IMPORT)) <= 20
    assert [len(bl0942.encode_read(address)) for address in range(4)] == [2] * 4
    assert len(modbus.encode_read(247, 4, 0xFFFF, 6)) == modbus.REQUEST_BYTES
    assert 16 + len(pn532.encode(pn532.RF_CONFIGURATION, bytes(4))) <= 256
    encrypted = ast.unparse(trees[LINK + "encrypted.py"])
    assert "do_handshake_on_connect=False" in encrypted
    ciphers = re.findall(r"'(TLS-[^']+)'", encrypted)
    assert len(ciphers) == 2
    assert all(name.startswith("TLS-PSK-WITH-") for name in ciphers)
    # Only what is short goes without the permit
    uses = [
        (file, ast.unparse(node.args[-1]))
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "encrypted"
    ]
    assert sorted(uses) == [
        (LINK + "certificate.py", "self._quiet_handshake"),
        (LINK + "encrypted.py", "_handshake"),
    ]
    assert "_MOST_LEDS = const(60)" in ast.unparse(trees[DRIVERS + "light_ws2812.py"])
    assert "_MOST_BYTES = const(36)" in ast.unparse(trees[DRIVERS + "dead_man_uart.py"])
    beats = [
        ast.unparse(node.body[1])
        for node in ast.walk(trees[DRIVERS + "dead_man_rmt.py"])
        if isinstance(node, ast.FunctionDef) and node.name == "beat"
    ]
    assert beats == ["self._rmt.active(False)"]


def test_a_task_that_reaches_what_is_for_the_start_is_found(tmp_path, found, trees):
    text = (
        "from . import config\n"
        "class Task:\n"
        "    async def run(self):\n        self._read()\n"
        "    def _read(self):\n        return config.read_json('x')\n"
    )
    path = tmp_path / "evse" / "app" / "planted.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    _hits, used = search_file(path, tmp_path)
    late = late_callers(APP + "config.py", "read_json", found[1] + used, trees)
    assert late == ["evse/app/planted.py:4: Task.run reaches Task._read"]
