"""What is loaded when the station is asked for, under which names, and what is forgotten again."""

from __future__ import annotations

import ast

from .dotted import rename_modules
from .names import Told, forgotten, shortest, texts
from .ordering import order
from .program import Module, Program
from .tables import identifiers, short_texts, tabulate
from .words import names_of, words, words_tree

# The name by which everybody knows the station
STATION = "evse.app.station"
WORDS = "evse.words"
# Modules that a setting asks for: their texts are no names before
CHOSEN = ("evse.link.", "evse.core.modbus")
# A pile that has it takes a larger table, with a loss of what the others win
SELDOM = ("evse.app.operator",)
# It loads the rest in the order that saves most, and goes
_FACADE = """
from sys import modules
import {words}
del modules["{words}"]
del {words}
from {resident} import Station
import {starting}
del modules["{station}"]
del modules["{package}"]
del {package}
"""


def arrange(program: Program, resident: Module, starting: Module) -> Told:
    """Give modules and texts their last form, and add what loads them; returns the files' old names."""
    gone = forgotten(program)
    stay = [module for module in program.modules.values() if module not in gone]
    showing = [module for module in stay if not module.name.startswith(CHOSEN)]
    known: set[str] = set()
    for module in program.modules.values():
        known |= identifiers(module)
    for module in stay:
        known.update(short_texts(module.tree))
    # Longer texts of theirs become names if there is room
    known |= texts(showing)
    for module in gone:
        tabulate(module, known)
    seldom = [module for name, module in program.modules.items() if name in SELDOM]
    last = program.modules[WORDS] = Module(WORDS, "", ast.Module([], []))
    told = rename_modules(program, shortest(resident))
    # Of what comes and goes the file is to be small, which the beginning makes larger
    for module in (resident, starting):
        order(module)
    names = names_of([each for each in program.modules.values() if each not in seldom])
    showing = [each for each in showing if each not in seldom]
    last.tree = words_tree(words(showing, names))
    facade = _FACADE.format(
        words=last.name,
        resident=resident.name,
        starting=starting.name,
        station=STATION,
        package=STATION.rpartition(".")[0],
    )
    path = STATION.replace(".", "/") + ".py"
    program.modules[STATION] = Module(STATION, path, ast.parse(facade))
    return told
