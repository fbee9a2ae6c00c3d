"""Modules that only the start needs: forgotten after it, so that their heap is free again."""

import sys


def forget(*names):
    """Drop modules by their whole dotted names, if they are loaded; nobody may hold them but their package."""
    for name in names:
        if name in sys.modules:
            package, _dot, last = name.rpartition(".")
            del sys.modules[name]
            delattr(sys.modules[package], last)


def start_is_over():
    """Drop what only the start needed. A linked build knows what that is and does it here."""
