"""Small programs for the linker's tests: built from texts, run before and after a pass."""

import ast

from pilectl.linker.program import Module, Program
from pilectl.linker.values import Namespaces


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
