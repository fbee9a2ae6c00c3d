"""Modules become one and mean the same; what nothing names goes."""

import pytest
from small_programs import program, result, text

from pilectl.linker.joining import Joiner
from pilectl.linker.program import LinkError
from pilectl.linker.shaking import shake


def joined(**sources):
    found = program(**sources)
    before = result(found)
    units = {name: "main" if name.startswith("lib") else name for name in found.modules}
    linked = Joiner(found, units, {("main", "result")}).joined()
    assert result(linked) == before
    return linked


def test_equal_names_of_two_modules_are_kept_apart():
    linked = joined(
        lib_a="_HEAD = 1\ndef pick(x):\n    return x + _HEAD",
        lib_b="_HEAD = 10\ndef pick(x):\n    return x + _HEAD",
        main="from lib_a import pick\nfrom lib_b import pick as other\n"
        "def result():\n    return pick(1), other(1)",
    )
    assert set(linked.modules) == {"main"}


def test_a_local_does_not_capture_what_comes_from_another_module():
    joined(
        lib_a="def names(x):\n    return x * 2",
        lib_b="from lib_a import names\ndef all_of(y):\n    return names(y)",
        main="from lib_a import names as twice\nfrom lib_b import all_of\n"
        "def result():\n    names = [twice(all_of(n)) for n in (1, 2)]\n    return names",
    )


def test_a_global_may_not_take_the_name_of_a_builtin_that_another_module_uses():
    joined(
        lib_a="def min(x):\n    return 'mine'",
        lib_b="def least(x):\n    return min(x)",
        main="from lib_a import min as mine\nfrom lib_b import least\n"
        "def result():\n    return mine(0), least((2, 1))",
    )


def test_a_late_import_finds_what_has_moved():
    linked = joined(
        lib_a="def answer():\n    return 42",
        late="from lib_a import answer\ndef ask():\n    return answer() + 1",
        main="def result():\n    from late import ask\n    from lib_a import answer as a\n    return ask() + a()",
    )
    assert "from main import answer" in text(linked)


def test_a_module_handed_about_as_a_value_is_refused():
    main = "from evse import parts\ndef result():\n    return str(parts)"
    found = program(evse__parts="X = 1", main=main)
    with pytest.raises(LinkError, match="used as a value"):
        Joiner(found, dict.fromkeys(found.modules, "main"), set()).joined()


def shaken(main, kept_names=frozenset()):
    found = program(main=main)
    before = result(found)
    shake(found, {("main", "result")}, set(kept_names))
    assert result(found) == before
    return text(found)


def test_what_nothing_names_goes():
    found = shaken("""
UNUSED = (1, 2)
def gone():
    return also_gone()
def also_gone():
    return UNUSED
class Part:
    def __init__(self):
        self.count = 0
        self.total = 0
        self.seen = 0
    def step(self):
        self.count += 1
        self.total += 2
        return self.total
    def unused(self):
        return self.seen
def result():
    return Part().step()
""")
    for name in ("UNUSED", "gone", "unused", "count", "seen"):
        assert name not in found
    assert "self.total += 2" in found


def test_what_a_text_an_alias_or_outside_may_ask_for_stays():
    found = shaken(
        """
log = []
class Part:
    def by_text(self):
        return 1
    def halt(self):
        return 2
    stop = halt
    def by_outside(self):
        return 3
    def __init__(self):
        self.kept = log.append("called")
def result():
    return getattr(Part(), "by_text")(), Part().stop(), log
""",
        {"by_outside"},
    )
    for name in ("by_text", "halt", "by_outside", "log.append"):
        assert name in found
