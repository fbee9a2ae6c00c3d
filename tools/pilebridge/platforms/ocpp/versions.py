"""The version handlers, each loaded when the first central system wants it."""

import importlib
from collections.abc import Callable
from functools import cache

from pilebridge.platforms.ocpp.codes import V16, V201, Version
from pilebridge.platforms.ocpp.context import ChargerContext, VersionHandler

_HANDLERS = {V16: ("v16", "Station16"), V201: ("v201", "Station201")}


@cache
def handler_class(version: Version) -> Callable[[ChargerContext], VersionHandler]:
    """What makes the handler of a connection."""
    folder, name = _HANDLERS[version]
    module = importlib.import_module(f"{__package__}.{folder}.station")
    made: Callable[[ChargerContext], VersionHandler] = getattr(module, name)
    return made
