"""Small programs for the linker's tests: built from texts, run before and after a pass."""

import ast

from pilectl.linker.attributes import Attributes
from pilectl.linker.globals import rename_globals
from pilectl.linker.merging import Merging
from pilectl.linker.program import Module, Program
from pilectl.linker.values import Namespaces

KEPT = {("main", "result")}


def program(**sources):
    """A Program of modules by name, in the order given; `__` in a name stands for a dot."""
    modules = {}
    for name, text in sources.items():
        dotted = name.replace("__", ".")
        modules[dotted] = Module(dotted, dotted.replace(".", "/") + ".py", ast.parse(text))
    return Program(modules)


def text(linked):
    """Source of a whole program."""
    return "\n".join(
        ast.unparse(ast.fix_missing_locations(module.tree)) for module in linked.modules.values()
    )


def result(linked, module="main"):
    """What `result()` of a module returns, everything run anew."""
    for item in linked.modules.values():
        ast.fix_missing_locations(item.tree)
    again = {
        name: Module(name, m.path, ast.parse(ast.unparse(m.tree)))
        for name, m in linked.modules.items()
    }
    return Namespaces(Program(again)).of[module]["result"]()


def merged(main, **others):
    """(classes that are left, text, told) of a program whose classes have become few."""
    found = program(main=main, **others)
    before = result(found)
    resident = found.modules["main"]
    merging = Merging(found, resident, KEPT, [])
    told = Attributes(found, resident, frozenset({"result"}), set()).rename(merging.beside)
    merging.merge()
    assert result(found) == before
    for name, old in rename_globals(found, resident, KEPT, set(told)).items():
        told.setdefault(name, []).extend(old)
    merging.tell(told)
    assert result(found) == before
    here = text(Program({"main": resident}))
    return here.count("class "), text(found), told
