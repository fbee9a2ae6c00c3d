"""Locals share names, and no function notices."""

import ast
import random

import pytest
from small_programs import program, text

from pilectl.linker.scopes import local_names
from pilectl.linker.slots import share_locals


def shared(source):
    """(locals of the function f before, after, the program as text)."""
    found = program(main=source)
    before = len(local_names(found.modules["main"].tree.body[-1]))
    share_locals(found)
    return before, len(local_names(found.modules["main"].tree.body[-1])), text(found)


def run(source, n):
    """What f(n) gives, and what it did on the way; its exception instead of a result."""
    seen = []
    space = {"note": lambda value: seen.append(value) or value}
    exec(source, space)
    try:
        return space["f"](n), seen
    except (NameError, ValueError) as error:
        return type(error), seen


FEWER = {
    "one after the other": ("a = n + 1\nnote(a)\nb = 2 * n\nnote(b)", 2),
    "out of one into the next": ("a = n + 1\nb = a * 2\nc = b - 3\nreturn c", 1),
    "a result of both branches": ("if n:\n a = 1\nelse:\n a = 2\nnote(a)\nb = 5\nreturn b", 2),
    "within a loop": ("for i in range(n):\n a = i\n note(a)\n b = 7\n note(b)\nreturn n", 3),
    "the end of a loop that runs once": (
        "while True:\n if n:\n  a = 1\n  break\n a = 2\n break\nb = a\nreturn note(b)",
        2,
    ),
}


@pytest.mark.parametrize("name", FEWER)
def test_what_is_not_needed_at_the_same_time_shares_a_name(name):
    body, count = FEWER[name]
    source = "def f(n):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    before, after, linked = shared(source)
    assert after == count < before
    for n in range(4):
        assert run(linked, n) == run(source, n)


KEPT = {
    "needed in the next round": "a = 0\nfor i in range(n):\n b = i + a\n a = b\nreturn note(a)",
    "set in the first round only": (
        "for i in range(n + 1):\n if i == 0:\n  a = 5\n b = i\n note(b)\n note(a)\nreturn n"
    ),
    "seen by a function within": "a = n\ng = lambda: a\nb = 7\nnote(b)\nreturn g() + n",
    "both on one line": "a, b = n, 2\nreturn note(a) + b + n",
    "set while the other is read": "a = [1, 2]\nb, a[n % 2] = n, 5\nreturn note(b), note(a), n",
    "perhaps not set": "if n > 5:\n a = 1\nb = 2\nnote(b)\nif n > 5:\n note(a)\nreturn n",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_needed_at_the_same_time_does_not(name):
    source = "def f(n):\n" + "".join(f"    {line}\n" for line in KEPT[name].split("\n"))
    before, after, linked = shared(source)
    assert after == before
    for n in range(8):
        assert run(linked, n) == run(source, n)


def test_defaults_are_no_locals():
    source = (
        "x = 5\ndef f(n, m=x):\n    note(m + n)\n    a = 3\n    note(a)\n    x = 4\n    return x"
    )
    before, after, linked = shared(source)
    assert after < before
    assert run(linked, 1) == run(source, 1) == (4, [6, 3])


class _Made:
    """A random function over a few locals."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._left = 40

    def block(self, depth, in_loop):
        """Lines of a block."""
        lines = []
        for _ in range(self._random.randint(1, 4)):
            lines += self._statement(depth, in_loop)
        return lines

    def _value(self):
        names = [*"abcdn", str(self._random.randint(0, 5))]
        one, other = self._random.choice(names), self._random.choice(names)
        return f"({one} * 3 + {other}) % 7" if self._random.random() < 0.5 else one

    def _statement(self, depth, in_loop):
        self._left -= 1
        kind = self._random.random()
        if depth > 3 or self._left < 0 or kind < 0.45:
            return [f"{self._random.choice('abcd')} = {self._value()}"]
        if kind < 0.6:
            return [f"note({self._value()})"]
        if kind < 0.65 and in_loop:
            return [f"if {self._value()}:", " " + self._random.choice(["break", "continue"])]
        inner = [" " + line for line in self.block(depth + 1, in_loop)]
        other = [" " + line for line in self.block(depth + 1, in_loop)]
        if kind < 0.75:
            return [f"if {self._value()}:", *inner, "else:", *other]
        if kind < 0.87:
            inner = [" " + line for line in self.block(depth + 1, True)]
            name = self._random.choice("abcd")
            return [f"for {name} in range({self._random.randint(0, 3)}):", *inner, "else:", *other]
        if kind < 0.94:
            check = [f" if {self._value()} > 4:", "  raise ValueError"]
            return ["try:", *inner, *check, "except ValueError:", *other]
        return ["try:", *inner, "finally:", f" note({self._value()})"]


def test_random_functions_do_the_same():
    fewer = compared = 0
    for seed in range(400):
        lines = _Made(seed).block(0, False)
        # A function that sets everything first would keep everything
        head = [f"{name} = n" for name in "abcd"[: seed % 5]]
        body = "".join(f"    {line}\n" for line in [*head, *lines])
        source = f"def f(n):\n{body}    return n\n"
        ast.parse(source)
        before, after, linked = shared(source)
        fewer += after < before
        for n in range(4):
            wanted = run(source, n)
            if wanted[0] is UnboundLocalError:
                # No program of ours does
                continue
            compared += 1
            assert run(linked, n) == wanted, source
    assert fewer > 60
    assert compared > 500
