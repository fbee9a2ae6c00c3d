"""Records each call of the firmware that can hold the interpreter, and whether current could flow then."""

import asyncio
import builtins
import gc
import importlib.util
import json
import os
import socket
import sys
import time

_WATCHED = (
    (builtins, ("open", "print", "exec", "eval", "compile")),
    (gc, ("collect",)),
    (json, ("dump", "load")),
    (os, ("listdir", "mkdir", "remove", "rename", "rmdir", "stat", "statvfs", "sync")),
    (socket, ("getaddrinfo", "create_connection")),
    (time, ("sleep", "sleep_ms")),
    (asyncio, ("open_connection",)),
)
# These hold for a name only
_LOOK_UP = ("asyncio.open_connection", "socket.getaddrinfo")


class HoldRecorder:
    """`quiet` are calls while nothing was energised, `loud` all others; both (module, call)."""

    def __init__(self, monkeypatch):
        self.quiet = []
        self.loud = []
        self.rig = None  # set once a station runs
        # Modules that an earlier test loaded would hide an import that comes too late
        for name in [name for name in sys.modules if name.split(".")[0] == "evse"]:
            monkeypatch.delitem(sys.modules, name)
        self._import = builtins.__import__
        self._monkeypatch = monkeypatch

    def watch(self):
        """Begin; call it inside the rig, which puts functions of its own in place."""
        for owner, names in _WATCHED:
            for name in names:
                whole = owner.__name__ + "." + name
                wrapped = self._recording(whole, getattr(owner, name))
                self._monkeypatch.setattr(owner, name, wrapped)
        self._monkeypatch.setattr(builtins, "__import__", self._importing)

    @property
    def energised(self):
        """By the coil, by the main contacts or by what the permit believes."""
        station = self.rig.station if self.rig else None
        if station is None:
            return False
        commanded = station.tick.contactor.commanded
        return commanded or self.rig.world.contactor.closed or station.permit.energised

    def _note(self, module, call):
        (self.loud if self.energised else self.quiet).append((module, call))

    def _recording(self, whole, function):
        def call(*args, **options):
            module = sys._getframe(1).f_globals.get("__name__", "")
            by_number = whole in _LOOK_UP and _is_number(args[0])
            if module.split(".")[0] == "evse" and not by_number:
                self._note(module, whole)
            return function(*args, **options)

        return call

    def _importing(self, name, scope=None, local=None, fromlist=(), level=0):
        module = (scope or {}).get("__name__", "")
        if module.split(".")[0] == "evse":
            wanted = [name]
            if level:
                package = scope.get("__package__") or module.rpartition(".")[0]
                parent = importlib.util.resolve_name("." * level + name, package)
                wanted = [parent]
            self._note_unloaded(module, wanted)
        return self._import(name, scope, local, fromlist, level)

    def _note_unloaded(self, module, wanted):
        for name in wanted:
            if name not in sys.modules:
                self._note(module, "import " + name)


def _is_number(host):
    parts = str(host).split(".")
    return len(parts) == 4 and all(part.isdigit() for part in parts)
