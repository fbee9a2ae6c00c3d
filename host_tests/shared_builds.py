"""Builds that tests share: a board is built once in a run of pytest, by whichever worker needs it first."""

import fcntl
import hashlib
import json

from interpreters import ROOT
from pilectl import build as builder

# What a build is made from, and what makes it
_SOURCES = ("firmware", "boards", "tools/pilectl")
_BUILT = "built.json"


def sources_hash():
    """Hash of every file that a build depends on: one that changes while tests run makes another build."""
    found = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_bytes()
            found.update(b"%s %d\n" % (path.relative_to(ROOT).as_posix().encode(), len(text)))
            found.update(text)
    return found.hexdigest()


def shared_build(place, board):
    """(folder, [BuiltFile]) as builder.build() gives them, made in `place` unless it is there already.

    Nobody may write into the folder: who plants something copies it first.
    """
    root = place / sources_hash()[:16] / board
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / _BUILT).exists():
            for name in ("firmware", "boards"):
                if not (root / name).exists():
                    (root / name).symlink_to(ROOT / name)
            _folder, made = builder.build(root, board)
            files = [(file.path, file.size_bytes, file.sha256) for file in made]
            (root / _BUILT).write_text(json.dumps(files))
    built = [builder.BuiltFile(*file) for file in json.loads((root / _BUILT).read_text())]
    return root / "build" / board, built
