"""Classes keep no names of their module and of themselves beside their methods."""

from small_programs import program, result, text

from pilectl.linker.unlabelled import unlabel

MAIN = """
class Wrong(ValueError):
    pass
class Part:
    size = 3
    def check(self, n):
        if n > self.size:
            raise Wrong(n)
        return type(self).__name__
class Heir(Part):
    def check(self, n):
        return super().check(n - 1)
def result():
    found = [Part().check(3), Heir().check(4), "__module__" in vars(Part).get("x", ())]
    try:
        Heir().check(5)
    except Wrong as error:
        found.append(repr(error))
    return found
"""


def test_what_a_class_does_stays():
    found = program(main=MAIN.replace('"__module__" in', '"module" in'))
    before = result(found)
    unlabel(found)
    # A class that defines nothing has a table of two places either way
    assert text(found).count("del __module__, __qualname__\n") == 2
    assert result(found) == before


def test_a_program_that_asks_for_them_has_them():
    found = program(main=MAIN)
    unlabel(found)
    assert "del" not in text(found)
