"""Methods of one name in several classes are told apart where nobody else asks for them."""

from small_programs import program, result, text

from pilectl.linker.apart import tell_apart
from pilectl.linker.inlining import inline
from pilectl.linker.meanings import plain

MAIN = """
class Base:
    def read(self):
        return self.check(1) + self.count()
    def check(self, n):
        return n
    def count(self):
        return 10
class Heir(Base):
    def check(self, n):
        return 5 * n
class Other:
    def read(self):
        return self.check() + self.named() + self.count()
    def check(self):
        return 100
    def named(self):
        return 1000
    def count(self):
        return 10000
class Asked:
    def check(self):
        return "named"
    def later(self):
        return self.check()
def result():
    other = Other()
    return Base().read(), Heir().read(), other.read(), other.count(), Asked().later()
"""


def test_what_only_its_class_asks_for_is_told_apart():
    found = program(main=MAIN)
    before = result(found)
    tell_apart(found, frozenset({"later"}))
    assert result(found) == before
    source = text(found)
    # A family keeps one name for what it overrides, and the text "named" may ask for an attribute
    for name in ("check__of_Heir", "check__of_Other", "check__of_Asked", "def named", "def count"):
        assert name in source
    assert source.count("def check__of_Heir") == 2
    assert "check__of_Base" not in source
    assert plain("check__of_Heir") == plain("check") == "check"


def test_a_method_told_apart_can_be_inlined():
    found = program(main=MAIN)
    before = result(found)
    kept = {("main", "result")}
    assert "Other.check" not in inline(program(main=MAIN), kept, frozenset())
    tell_apart(found, frozenset())
    gone = {plain(name) for name in inline(found, kept, frozenset())}
    assert {"Other.check", "Asked.check"} <= gone
    assert "Base.check" not in gone
    assert result(found) == before
