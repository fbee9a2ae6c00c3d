"""What costs a name in the heap: short texts of modules that are forgotten, names of modules, long texts."""

import ast

import pytest
from small_programs import program, result, text

from bench_modules import heap_charge
from interpreters import find_micropython
from pilectl import build as builder
from pilectl.linker import rom
from pilectl.linker.companions import join_companions
from pilectl.linker.dotted import rename_modules
from pilectl.linker.late import by_name
from pilectl.linker.loading import arrange
from pilectl.linker.names import forgotten
from pilectl.linker.program import LinkError
from pilectl.linker.tables import identifiers, short_texts, tabulate
from pilectl.linker.words import names_of, words, words_tree

FORGOTTEN = """
KINDS = {"house": 1, "tree": "first"}
ROW = ("in a table", ("deep", -1))
class Part:
    name = "a part"
    def kind(self, of="tree"):
        self.seen = getattr(self, "asked", "none")
        return KINDS[of] + "first" if of == "tree" else [self.seen, "more than ten"]
def result():
    part = Part()
    return part.name, part.kind(), part.kind("house"), "seen" in ("seen", "house"), ROW, "known", "join"
"""


def test_short_texts_of_a_forgotten_module_become_parts_of_a_table():
    found = program(main=FORGOTTEN)
    before = result(found)
    tabulate(found.modules["main"], {"known", "none"} | identifiers(found.modules["main"]))
    assert result(found) == before
    # A name of the module itself, of another, and one in ROM stay what they are
    assert set(short_texts(found.modules["main"].tree)) == {"seen", "known", "join"}
    table = found.modules["main"].tree.body[0]
    assert ast.literal_eval(table.value) == ("house", "tree", "first", "a part")
    # What is asked for by its text is a name whatever becomes of the text
    assert "getattr(self, 'asked'," in text(found)
    assert "'more than ten'" in text(found)


def test_the_compiler_makes_names_of_the_texts_that_we_take_for_names(tmp_path):
    found = program(main=FORGOTTEN)
    expected = set(short_texts(found.modules["main"].tree)) | identifiers(found.modules["main"])
    assert compiled(tmp_path, FORGOTTEN) - {"main.py"} == rom.without(expected)
    tabulate(found.modules["main"], set())
    left = compiled(tmp_path, text(found))
    assert not left & {"house", "tree", "first", "a part", "known", "deep", "in a table"}


def compiled(folder, source):
    """Names in the .mpy of a source."""
    (folder / "main.py").write_text(source)
    builder._compile(builder._compiler(), folder / "main.py", folder / "main.mpy", "main.py")
    return rom.without(heap_charge.names_in((folder / "main.mpy").read_bytes()))


def test_names_in_rom_cost_nothing():
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    asked = {*rom.NAMES, *rom.TEXTS, *rom.ASKED.split()}
    assert heap_charge.cost_of(asked) == 0
    assert heap_charge.cost_of({"no_such_name"}) > 0


DRIVER = """
def forget(name):
    return name.rpartition(".")[2]
def result():
    from evse.core.settings import merge as settings_merge
    from evse.core import settings
    return settings_merge(1), settings.merge(2), forget("evse.core.settings") != ""
def missing():
    from evse.drivers.lamp import Lamp
    from evse.drivers.light import Light as Bulb
    return Lamp, Bulb
"""
SETTINGS = "from evse.core.rules import RULE\ndef merge(value):\n    return value + RULE\n"


def modules(main):
    return program(evse__core__rules="RULE = 40", evse__core__settings=SETTINGS, main=main)


def test_modules_get_short_names_and_who_imports_or_forgets_them_knows():
    found = modules(DRIVER)
    before = result(found)
    told = rename_modules(found, ["tx", "NOT", "up"])
    assert set(found.modules) == {"evse.tx", "evse.up", "main"}
    assert found.modules["evse.up"].path == "evse/up.py"
    assert told == {
        "evse/tx.mpy": ["module evse.core.rules"],
        "evse/up.mpy": ["module evse.core.settings"],
    }
    assert result(found) == before
    source = text(found)
    assert "forget('evse.up')" in source
    assert "from evse.left_out import left_out as Lamp\n" in source
    assert "from evse.left_out import left_out as Bulb\n" in source
    for name in ("core", "settings import", "rules", "drivers"):
        assert name not in source


def test_a_module_that_is_named_by_pieces_is_refused():
    main = 'def result():\n    return "evse.core.profile_" + "a"\n'
    with pytest.raises(LinkError, match=r"'evse\.core\.profile_' names no"):
        rename_modules(modules(main), [])


def test_a_traceback_is_told_with_the_module_and_the_function():
    told = {
        "evse/tx.mpy": ["module evse.core.settings"],
        "up": ["merge", "class Rule"],
        "by": ["Rule.check", "class Other"],
    }
    line = '  File "evse/tx.mpy", line 1, in up'
    assert builder.with_names(line, told) == line + "  (merge, module evse.core.settings)"
    line = '  File "evse/tx.mpy", line 1, in <module>'
    assert builder.with_names(line, told) == line + "  (module evse.core.settings)"
    line = "AttributeError: 'up' object has no attribute 'x'"
    assert builder.with_names(line, told) == line + "  (class Rule)"
    assert builder.with_names("ValueError: up", told) == "ValueError: up"


def test_a_late_import_of_a_module_becomes_one_of_names():
    found = modules(
        "def result():\n"
        "    from evse.core import settings, rules\n"
        "    from evse.core import settings as good\n"
        "    from evse.core import rules as whole\n"
        "    from evse.core import settings as twice\n"
        "    twice = twice.merge\n"
        "    taken = [whole][0].RULE\n"
        "    return good.merge(1), [good.merge(n) for n in (1, 2)], taken, settings, rules, twice(3)\n"
    )
    before = result(found)
    by_name(found)
    source = text(found)
    assert "from evse.core.settings import merge as good_merge" in source
    assert "good.merge" not in source
    # As a value, beside another, bound twice: these stay
    for kept in ("import settings, rules", "import rules as whole", "import settings as twice"):
        assert kept in source
    assert [repr(part)[:20] for part in result(found)] == [repr(part)[:20] for part in before]


def test_long_texts_become_names_while_there_is_room(monkeypatch):
    main = (
        "LINES = ('short one', 'short one', 'a text of thirty-one characters')\n"
        "def result(named):\n    named.append('a text of thirty characters ..')\n    return named.mirror, 'mirror'\n"
    )
    found = list(program(main=main).modules.values())
    names = names_of(found)
    assert {"LINES", "main", "main.mpy", "mirror"} <= names
    assert not names & {"append", "short one"}
    every = words(found, names)
    assert every == [
        "a text of thirty characters ..",
        "a text of thirty-one characters",
        "short one",
    ]
    monkeypatch.setattr("pilectl.linker.words._ROOM", len(names) + 1)
    # Two objects of 64 bytes for a name of 10
    assert words(found, names) == ["short one"]
    monkeypatch.setattr("pilectl.linker.words._ROOM", len(names) - 5)
    assert words(found, names) == []
    assert "hasattr(0, _)" in ast.unparse(words_tree(every))


def test_what_is_loaded_late_and_forgotten_is_known_by_the_text_that_names_it():
    main = (
        "def forget(name):\n    return name\n"
        "def result():\n    from evse.late import shown\n    forget('evse.late')\n    return shown()\n"
    )
    late = "def shown():\n    return ['only here', 'forget', 'result']\n"
    found = program(evse__late=late, evse__start="def release():\n    return 0\n", main=main)
    before = result(found)
    assert [module.name for module in forgotten(found)] == ["evse.late"]
    resident = found.modules["main"]
    told = arrange(found, resident, found.modules["evse.start"])
    assert sorted(whose[0] for whose in told.values()) == [
        "module evse.late",
        "module evse.start",
        "module evse.words",
    ]
    facade = ast.unparse(found.modules.pop("evse.app.station").tree)
    assert facade.index("import evse.") < facade.index("from main import Station")
    assert result(found) == before
    # What the resident module has as a name anyway stays a text
    assert "[0], 'forget', 'result']" in text(found)


def test_companions_are_joined_only_where_nothing_else_asks_for_them():
    found = program(
        evse__alone="X = 1",
        evse__shared="Y = 2",
        evse__late="Z = 3",
        evse__gone="W = 4",
        evse__panel="from evse.alone import X\nfrom evse.shared import Y\nfrom evse.gone import W",
        evse__reader="from evse.shared import Y\ndef f():\n    from evse.late import Z\n",
        evse__pile="def f(forget):\n    forget('evse.gone')\n    from evse.panel import X\n"
        "    from evse.reader import Y\n",
    )
    units = {name: name for name in found.modules}
    join_companions(found, units, "evse.pile")
    joined = {name: unit for name, unit in units.items() if name != unit}
    assert joined == {"evse.alone": "evse.panel"}
