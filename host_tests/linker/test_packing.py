"""Sentences are packed where a module is nothing else, and come out whole under MicroPython."""

import ast
import subprocess

import pytest

from interpreters import find_micropython
from pilectl.linker.packing import pack
from pilectl.linker.program import Module, Program

SENTENCES = tuple("Sentence %d: check the cable, 检查电缆。" % number for number in range(40))


def packed_source(source):
    """What pack() makes of a module."""
    module = Module("evse.texts", "evse/texts.py", ast.parse(source), False)
    pack(Program({module.name: module}))
    return ast.unparse(ast.fix_missing_locations(module.tree))


def test_sentences_become_fewer_bytes_and_come_out_whole():
    source = "SENTENCES = %r" % (SENTENCES,)
    found = packed_source(source)
    assert len(found) < len(source.encode()) // 2
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    check = "%s\nassert tuple(SENTENCES) == %r\nprint(len(SENTENCES))" % (found, SENTENCES)
    ran = subprocess.run(
        [find_micropython(), "-c", check], capture_output=True, text=True, check=False
    )
    assert (ran.stdout.strip(), ran.stderr) == ("40", "")


@pytest.mark.parametrize(
    "source",
    [
        "SENTENCES = ('short',)",
        "SENTENCES = %r\nOTHER = 1" % (SENTENCES,),
        "SENTENCES = %r" % ((*SENTENCES, 5),),
        "SENTENCES = %r" % ((*SENTENCES, "\0"),),
    ],
)
def test_what_is_not_worth_it_or_not_sentences_stays(source):
    assert packed_source(source) == ast.unparse(ast.parse(source))
