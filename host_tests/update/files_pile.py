"""Under CPython: a pile of files in a folder, with the stand-ins of stand_in.py, for tests of what it refuses."""

import asyncio
import importlib
import json
import os
import sys

from interpreters import ROOT
from update import bundles, stand_in

_MODULES = ("slots", "evse.core.update_key", "machine", "stand_in")


class FilesPile:
    """Files as flashed, in `folder`; `bridge` is the last one, what it heard."""

    def __init__(self, folder, minimum=(0, 0, 0)):
        self.folder = bundles.flashed(folder, minimum=minimum)
        self.bridge = None
        self.slots = importlib.import_module("slots")
        self.old = self.tree("a")

    def tree(self, slot):
        """{path: bytes} of a slot."""
        root = self.folder / slot
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*.*")}

    def state(self):
        return json.loads((self.folder / "slots.json").read_text())

    def order(self, made, answer=None, well=True):
        """The bridge orders a bundle and sends it."""
        self.bridge = stand_in.Bridge(made.data, made.id, answer)
        return stand_in.live(self.bridge, order=True, well=well)

    def by_cable(self, made, data=None):
        """A bundle copied as a file, then a restart."""
        (self.folder / "update.bundle").write_bytes(made.data if data is None else data)
        self.bridge = stand_in.Bridge(made.data, made.id)
        return stand_in.live(self.bridge)

    def assert_refused(self, updates, text=""):
        """The old slot runs as before, is chosen again, and one sentence says why."""
        said = self.bridge.heard[-1]
        assert said["phase"] == "refused", self.bridge.heard
        assert text in said["problem"], said
        assert len(said["problem"]) <= 120
        # What is wrong, and what to do
        assert ": " in said["problem"], said
        assert (updates.slot, updates.job) == ("a", "")
        assert not (self.folder / "update.bundle").exists()
        state = self.slots.choose()
        assert (state["slot"], state["trial"]) == ("a", False)
        assert "fetch" not in state
        assert self.tree("a") == self.old
        return said["problem"]


class loader:  # noqa: N801 - stands for a module
    """loader/slots.py at work in a folder, wherever the test is."""

    def __init__(self, folder):
        self._folder = folder

    def choose(self):
        """As boot.py does."""
        here = os.getcwd()
        sys.path.insert(0, str(ROOT / "firmware" / "loader"))
        os.chdir(self._folder)
        try:
            return importlib.import_module("slots").choose()
        finally:
            os.chdir(here)
            sys.path.pop(0)
            sys.modules.pop("slots", None)


def installed(monkeypatch, folder):
    """Stand-ins in place, `folder` the current one; undone by monkeypatch."""
    for name in _MODULES:
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    monkeypatch.delattr(importlib.import_module("evse.core"), "update_key", raising=False)
    monkeypatch.setattr(asyncio, "sleep_ms", None, raising=False)
    monkeypatch.syspath_prepend(str(ROOT / "firmware" / "loader"))
    stand_in.prepare(bundles.modulus())
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(os.fspath(folder))
    # As a start does, but for what other tests have of them
    package = importlib.import_module("evse.app")
    for name in [name for name in sys.modules if name.startswith("evse.app.")]:
        monkeypatch.delitem(sys.modules, name)
        if hasattr(package, name[9:]):
            monkeypatch.delattr(package, name[9:])
