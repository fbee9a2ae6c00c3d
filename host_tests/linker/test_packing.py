"""Texts of modules that come and go are packed, and come out whole under MicroPython."""

import ast
import subprocess

import pytest

from interpreters import find_micropython
from pilectl.linker.packing import PACKED, pack
from pilectl.linker.program import Module, Program

SENTENCES = tuple("Sentence %d: check the cable, 检查电缆。" % number for number in range(40))
SOURCE = """
T = 5
TOLD = {"a text that is long": %r, "short": "short"}
def said(key, otherwise="what it says otherwise"):
    return TOLD.get(key, (otherwise,)) + (T,)
""" % (SENTENCES,)


def packed_source(source, name=PACKED[0]):
    """What pack() makes of a module."""
    module = Module(name, "evse/texts.py", ast.parse(source), False)
    pack(Program({module.name: module}))
    return ast.unparse(ast.fix_missing_locations(module.tree))


def test_texts_become_fewer_bytes_and_come_out_whole():
    found = packed_source(SOURCE)
    assert len(found.encode()) < len(SOURCE.encode()) * 2 // 3
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    check = (
        found
        + """
assert said("a text that is long") == %r + (5,)
assert said("none") == ("what it says otherwise", 5)
print("whole")"""
        % (SENTENCES,)
    )
    ran = subprocess.run(
        [find_micropython(), "-c", check], capture_output=True, text=True, check=False
    )
    assert (ran.stdout.strip(), ran.stderr) == ("whole", "")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("SENTENCES = ('a text that is long',)", PACKED[0]),
        ("SENTENCES = %r" % ([text + "\0" for text in SENTENCES],), PACKED[0]),
        ("SENTENCES = %r" % (SENTENCES,), "evse.app.session"),
        # Names of modules are changed later
        ("MODULES = %r" % (["evse.core.module_%d" % number for number in range(60)],), PACKED[0]),
    ],
)
def test_few_texts_and_those_of_what_stays_are_left_alone(source, name):
    assert packed_source(source, name) == ast.unparse(ast.parse(source))
