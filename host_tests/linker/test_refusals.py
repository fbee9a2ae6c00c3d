"""What cannot be linked is refused with its place; what a board needs is read from its data."""

import pytest
from small_programs import program

from interpreters import ROOT
from pilectl import build as builder
from pilectl.linker import keep
from pilectl.linker.dialect import check
from pilectl.linker.needs import chosen_later, drivers, idle_rules
from pilectl.linker.program import LinkError, read


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def f():\n    global X\n    X = 1", "global"),
        ("def f(a, name):\n    return getattr(a, name)", "text made elsewhere"),
        (
            "class A:\n    def f(self, name):\n        return getattr(self.b, name)",
            "made elsewhere",
        ),
        ("def f():\n    class A:\n        pass", "top of its module"),
        ("from machine import *", "not all"),
        ("class A:\n    @f.setter\n    def f(self, x):\n        pass", "decorator"),
    ],
)
def test_what_the_passes_cannot_follow_is_refused_with_its_line(source, word):
    with pytest.raises(LinkError, match=rf"main.py:\d+: .*{word}"):
        check(program(main=source))


def test_what_the_passes_can_follow_passes():
    check(
        program(
            main="import machine\nclass A:\n    @property\n    def f(self):\n"
            "        return getattr(self, self.n), getattr(machine, self.n), hasattr(self.b, 'x')\n"
            "def g(name):\n    return getattr(A(), name)"
        )
    )


def test_a_kept_name_that_nothing_defines_is_an_error():
    found = program(
        board="class Board:\n    pass\nBOARD = Board()",
        evse__app__station="class Station:\n    def run(self):\n        pass",
    )
    with pytest.raises(LinkError, match=r"keeps authorize_local, .*which nothing defines"):
        keep.check(found)


def test_source_that_is_no_python_is_an_error_with_its_line(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(LinkError, match=r"a.py:2: "):
        read({"a.py": tmp_path / "a.py"})


def needed_by(board):
    files = builder.sources(ROOT, board)
    for target in builder.AS_SOURCE:
        files.pop(target)
    return read(files)


def test_drivers_of_other_boards_stay_out():
    cable, socket = needed_by("devkitc"), needed_by("devkitc_socket")
    rmt, pump = "evse.drivers.dead_man_rmt", "evse.drivers.dead_man"
    assert pump in drivers(cable)
    assert rmt not in drivers(cable)
    assert rmt in drivers(socket)
    assert pump not in drivers(socket)
    assert idle_rules(cable) == {"evse.core.lock"}
    assert not idle_rules(socket)


def test_drivers_that_a_setting_chooses_among_are_not_joined():
    text = """
class Board:
    def meter(self, model):
        if model == "a":
            from .meter_a import A
            return A()
        from .meter_b import B
        return B()
    def lamp(self):
        from .lamp import Lamp
        return Lamp()
"""
    found = program(evse__drivers__standard_parts=text)
    named = {f"evse.drivers.{name}" for name in ("meter_a", "meter_b", "lamp")}
    assert chosen_later(found.modules, named) == named - {"evse.drivers.lamp"}
    assert chosen_later(found.modules, named - {"evse.drivers.meter_b"}) == set()
