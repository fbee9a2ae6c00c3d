"""The scenarios of the conformance suite: what each plays, and which messages and use cases it shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from suite_claims import CLAIMS

V16, V201 = "ocpp1.6", "ocpp2.0.1"


def _nothing(_central):
    pass


@dataclass(frozen=True)
class Scenario:
    """`acts` are coroutine functions of a suite_bench.Bench; `v16` are messages, `v201` use cases that it shows.

    `prepare(central)` is called before the station comes; `settings` are the pile's; `login` goes into the
    bridge's settings of the central system; `others`: the platform of T/CEC 102 is there too.
    """

    name: str
    acts: tuple[Callable[..., Any], ...]
    v16: tuple[str, ...] = ()
    v201: tuple[str, ...] = ()
    board: str = "devkitc"
    settings: dict[str, Any] = field(default_factory=dict)
    login: dict[str, Any] = field(default_factory=dict)
    others: bool = False
    prepare: Callable[[Any], None] = _nothing


ALL: dict[str, Scenario] = {}


def scenario(*acts, **more):
    """Enter a function under its name, `acts` being those that follow it; the rest as in Scenario."""

    def enter(function):
        name = function.__name__
        v16, v201 = (tuple(words.split()) for words in CLAIMS[name])
        ALL[name] = Scenario(name, (function, *acts), v16, v201, **more)
        return function

    return enter


def rows():
    """(version, scenario) of each version that a scenario has something to show of."""
    return [
        (version, entry)
        for entry in ALL.values()
        for version, claims in ((V16, entry.v16), (V201, entry.v201))
        if claims
    ]
