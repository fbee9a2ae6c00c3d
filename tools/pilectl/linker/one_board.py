"""The program of one board: rounds of asking it and of leaving out what then nothing asks for."""

from __future__ import annotations

import ast

from . import foreign, keep
from .board_data import drop_unasked
from .board_facts import facts
from .folding import Folding
from .kinds import Def
from .program import LinkError, Program, needed
from .settled import Settled, hand_over
from .shaking import prune, shake_once

_MOST_ROUNDS = 20


def fold(program: Program, roots: list[str], left_out: set[str], outside: set[str]) -> Program:
    """The program that is left when its board has been asked for all that it is.

    `roots`: modules that are loaded from outside; `outside`: names that are asked for there.
    """
    others = foreign.names(program)
    handed: list[Def] = []
    for _ in range(_MOST_ROUNDS):
        found = facts(program)
        count = Folding(program, found, Settled(program, others), handed).fold()
        handed = hand_over(program)
        count += len(handed) + drop_unasked(program, found, outside)
        for module in program.modules.values():
            ast.fix_missing_locations(module.tree)
        prune(program)
        count += shake_once(program, keep.GLOBALS, set(keep.NAMES))
        program = needed(program.modules, roots, left_out)
        if not count:
            return program
    raise LinkError("the board's facts find no end")
