"""Builds that tests share: a board is built once in a run of pytest, by whichever worker needs it first."""

import fcntl
import hashlib
import json
import shutil

from interpreters import ROOT
from pilectl import build as builder
from pilectl import signing

# What a build is made from, and what makes it
_SOURCES = ("firmware", "boards", "tools/pilectl")
_BUILT = "built.json"
# What the builds of `make dialect` were made from
_MARK = ROOT / "build" / "sources.sha256"
_KEY = "fleet.pem"


def sources_hash():
    """Hash of every file that a build depends on: one that changes while tests run makes another build."""
    found = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_bytes()
            found.update(b"%s %d\n" % (path.relative_to(ROOT).as_posix().encode(), len(text)))
            found.update(text)
    return found.hexdigest()


def shared_build(place, board, keyed=False):
    """(folder, [BuiltFile]) as builder.build() gives them, made in `place` unless it is there already.

    Nobody may write into the folder: who plants something copies it first.
    """
    root = _root(place, board, keyed)
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / _BUILT).exists():
            for name in ("firmware", "boards"):
                if not (root / name).exists():
                    (root / name).symlink_to(ROOT / name)
            made = None if keyed else _taken_over(root, board)
            if made is None:
                _folder, made = builder.build(root, board, _new_modulus(root) if keyed else None)
            files = [(file.path, file.size_bytes, file.sha256) for file in made]
            (root / _BUILT).write_text(json.dumps(files))
    built = [builder.BuiltFile(*file) for file in json.loads((root / _BUILT).read_text())]
    return root / "build" / board, built


def _taken_over(root, board):
    """[BuiltFile] of a copy of the checkout's own build, None unless it is one of the marked ones."""
    places = [ROOT / "build" / board, ROOT / "build" / builder.LINKED / board]
    made = [path for place in places for path in place.rglob("*") if path.is_file()]
    if not made or not _MARK.exists() or _MARK.read_text() != sources_hash():
        return None
    # One made anew since then may have been made otherwise
    if max(path.stat().st_mtime for path in made) > _MARK.stat().st_mtime:
        return None
    for place in places:
        target = root / place.relative_to(ROOT)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(place, target)
    folder = root / "build" / board
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        builder.BuiltFile(
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files
    ]


def keyed_build(place, board):
    """(folder, private key) of a shared build that takes updates signed with this key."""
    folder, _built = shared_build(place, board, True)
    return folder, signing.private_key(_root(place, board, True) / _KEY)


def _root(place, board, keyed):
    return place / sources_hash()[:16] / (board + "_keyed" if keyed else board)


def _new_modulus(root):
    for half in root.glob("fleet.*"):
        # Of a build that was broken off
        half.unlink()
    return signing.modulus_of(signing.new_key(root / _KEY))


if __name__ == "__main__":
    _MARK.write_text(sources_hash())
