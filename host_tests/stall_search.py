"""Searches device code for calls that can hold the interpreter over 10 ms, and for who may reach them.

A call is written as the search sees it: `module.name` where an import tells the module, else the last
name of the receiver without underscores and the method (`wlan.active`, `self.connect`).
"""

import ast
from fnmatch import fnmatchcase
from typing import NamedTuple

FLASH = "flash: a write may erase, 45 to 400 ms"
# pattern, what it holds and for how long (ESP32, stock MicroPython)
HOLDING = (
    ("open", FLASH),
    ("os.*", FLASH),
    ("vfs.*", FLASH),
    ("json.dump", FLASH),
    ("json.load", "flash: reads a file"),
    ("esp32.NVS*", FLASH),
    ("esp32.Partition*", FLASH + "; an image check takes seconds"),
    ("*.writeblocks", FLASH),
    ("*.ioctl", FLASH),
    ("*ring.prepare", FLASH),
    ("*.set_boot", "checks a whole image, seconds"),
    ("import *", "reads and builds a module from flash, 5 to 100 ms"),
    ("__import__", "reads and builds a module from flash, 5 to 100 ms"),
    ("exec", "compiles"),
    ("eval", "compiles"),
    ("compile", "compiles"),
    ("gc.collect", "5 to 10 ms with 100 KB in use"),
    ("time.sleep", "as long as it says"),
    ("time.sleep_ms", "as long as it says"),
    ("time.sleep_us", "as long as it says"),
    ("machine.*sleep", "stops the chip"),
    ("machine.bitstream", "30 us for each LED of a chain"),
    ("socket.*", "a name lookup takes seconds, connect and recv wait"),
    (
        "asyncio.open_connection",
        "looks the name up without giving way: seconds, unless it is a number",
    ),
    ("ssl.*", "handshake with certificates, 1 s"),
    ("tls.*", "handshake with certificates, 1 s"),
    ("*.wrap_socket", "handshake with certificates, 1 s"),
    ("*.do_handshake", "handshake with certificates, 1 s"),
    ("*tls*.write", "the first one makes the handshake, with certificates 1 s"),
    ("*.getaddrinfo", "seconds"),
    ("*.connect", "waits for the other side"),
    ("network.WLAN", "starts the radio and reads its calibration from flash, 100 to 300 ms"),
    ("network.LAN", "waits for the power of the PHY and reads its registers, 100 ms"),
    ("*lan*.active", "starts the radio or the PHY, 20 to 300 ms"),
    ("*interface.start", "starts the radio or the PHY, 20 to 300 ms"),
    ("*wlan*.scan", "2 to 3 s"),
    ("print", "87 us for a character"),
    ("sys.print_exception", "87 us for a character"),
    ("*stdout.write", "87 us for a character"),
    ("input", "waits for a person"),
    ("*stdin.*", "waits for a person"),
    ("*.flush", "a UART waits for its last bit with the interpreter held"),
    ("*uart*.write", "waits for room when the buffer is full"),
    ("*.write_pulses", "waits for the end of a running pulse"),
    ("*.wait_done", "waits for the end of a running pulse"),
    ("*.acquire", "waits for another thread"),
)
# Why a call that matches may stand without a permit
START = "reached only before the contactor can close"
BRIEF = "shorter than its pattern says"
ASKED = "every caller asks"
OPENED = "the contactor was told to open in the statement before"
# Names that match above and hold nothing
HARMLESS = ("os.urandom", "os.uname", "os.getcwd", "socket.socket", "sys.stdin")
_MOST_US = 10000
_SLEEPS = {"time.sleep_us": 1, "time.sleep_ms": 1000, "time.sleep": 1000000}


class Hit(NamedTuple):
    """One holding call: where, which pattern, and whether it stands under the permit."""

    file: str
    line: int
    function: str
    call: str
    why: str
    asks: bool


class Use(NamedTuple):
    """One name that code uses: `call` as the search sees it, `receiver` "" for a plain name, `asks` under the permit."""

    file: str
    line: int
    function: str
    is_async: bool
    call: str
    receiver: str
    name: str
    asks: bool


def why_holding(call):
    """The reason from the table, or "" for a call that does not hold."""
    if call in HARMLESS:
        return ""
    return next((why for pattern, why in HOLDING if fnmatchcase(call, pattern)), "")


def search_file(path, root):
    """(hits, uses) of one file; names are resolved against its place under `root`."""
    reader = _Reader(path, root)
    reader.visit(ast.parse(path.read_text(encoding="utf-8")))
    return reader.hits, reader.uses


def search(root):
    """(hits, uses) of every device file under `root`."""
    hits, uses = [], []
    for path in sorted(root.rglob("*.py")):
        found, used = search_file(path, root)
        hits += found
        uses += used
    return hits, uses


def asks_permit(item):
    """True for `with permit.hold(..)`, whatever the permit hangs on."""
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "hold"
        and _last_name(call.func.value).strip("_").endswith("permit")
    )


def _last_name(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "?"


def _bound_us(node, unit_us):
    """Longest sleep that the argument's form allows, or None when it does not tell."""
    value = node.args[0] if node.args else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitAnd):
        value = value.right
    if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
        return value.value * unit_us
    return None


class _Reader(ast.NodeVisitor):
    def __init__(self, path, root):
        self.file = path.relative_to(root).as_posix()
        self.package = path.relative_to(root).with_suffix("").parts[:-1]
        self.hits = []
        self.uses = []
        self._names = {}  # local name: dotted name it was imported as
        self._scopes = []  # (name, is a class, is async)
        self._held = False
        self._brief = set()  # sleeps whose length is bounded by their form
        self._awaited = set()

    @property
    def function(self):
        return ".".join(scope[0] for scope in self._scopes) or "<module>"

    def visit_Module(self, node):
        # Imports first: a function may use what is imported below it, or inside another
        for child in ast.walk(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    whole = alias.name if alias.asname else alias.name.split(".")[0]
                    self._names[alias.asname or whole] = whole
            elif isinstance(child, ast.ImportFrom) and child.module != "board":
                for alias in child.names:
                    self._names[alias.asname or alias.name] = self._module(child) + alias.name
        self.generic_visit(node)

    def _module(self, node):
        parts = self.package[: len(self.package) - node.level + 1] if node.level else ()
        return ".".join((*parts, *(node.module.split(".") if node.module else ()))) + "."

    def visit_Import(self, node):
        self._import(node, [alias.name for alias in node.names])

    def visit_ImportFrom(self, node):
        self._import(node, [self._module(node).rstrip(".")])

    def _import(self, node, modules):
        # At module level it runs with the import of this file, which is found where that stands
        if any(not is_class for _name, is_class, _is_async in self._scopes):
            for module in modules:
                self._found(node, "import " + module)

    def visit_ClassDef(self, node):
        self._scope(node, (node.name, True, False))

    def visit_FunctionDef(self, node):
        self._scope(node, (node.name, False, False))

    def visit_AsyncFunctionDef(self, node):
        self._scope(node, (node.name, False, True))

    def visit_Lambda(self, node):
        self._scope(node, None)

    def _scope(self, node, scope):
        # A function that is made under the permit may be called without it
        held, self._held = self._held, False
        if scope:
            self._scopes.append(scope)
        self.generic_visit(node)
        if scope:
            self._scopes.pop()
        self._held = held

    def visit_With(self, node):
        held = self._held
        for item in node.items:
            self.visit(item)
            self._held = self._held or asks_permit(item)
        for statement in node.body:
            self.visit(statement)
        self._held = held

    def visit_Await(self, node):
        if isinstance(node.value, ast.Call):
            self._awaited.add(id(node.value.func))
        self.generic_visit(node)

    def visit_Call(self, node):
        unit_us = _SLEEPS.get(self._text(node.func)[0])
        if unit_us:
            bound_us = _bound_us(node, unit_us)
            if bound_us is not None and bound_us < _MOST_US:
                self._brief.add(id(node.func))
        self.generic_visit(node)

    def visit_Name(self, node):
        self._use(node)

    def visit_Attribute(self, node):
        self._use(node)
        if not isinstance(node.value, ast.Name):
            self.visit(node.value)

    def _text(self, node):
        """(call, whether an import told the module)."""
        names = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            if node.id in self._names:
                return ".".join((self._names[node.id], *reversed(names))), True
            names.append(node.id)
        if not names:
            # What a call or a subscript gave is called: nobody knows its name
            return "?", False
        if len(names) == 1:
            return names[0] if isinstance(node, ast.Name) else "?." + names[0], False
        return names[1].strip("_") + "." + names[0], False

    def _use(self, node):
        call, resolved = self._text(node)
        receiver = _last_name(node.value) if isinstance(node, ast.Attribute) else ""
        is_async = any(scope[2] for scope in self._scopes)
        self.uses.append(
            Use(
                self.file,
                node.lineno,
                self.function,
                is_async,
                call,
                receiver,
                _last_name(node),
                self._held,
            )
        )
        # Awaited, a method gives way while it waits, and its own body is searched where it stands
        waits_well = id(node) in self._awaited and not resolved
        if id(node) not in self._brief and not waits_well:
            self._found(node, call)

    def _found(self, node, call):
        why = why_holding(call)
        if why:
            self.hits.append(Hit(self.file, node.lineno, self.function, call, why, self._held))
