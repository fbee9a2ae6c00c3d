"""Who makes an object of a class that became one with others finds what makes it, the start included."""

from small_programs import KEPT, merged, program, result, text

from pilectl.linker.attributes import Attributes
from pilectl.linker.merging import Merging
from pilectl.linker.splitting import split
from pilectl.linker.starting import start_only


def test_a_late_import_and_a_class_handed_on_find_what_makes_their_objects():
    main = """
class Coil:
    def __init__(self, pin):
        self._pin = pin
    def close(self):
        return self._pin
class Lamp:
    def __init__(self, pin):
        self._pin = pin * 2
    def shine(self):
        return self._pin
class Bell:
    def ring(self):
        return 7
def result():
    from builder import Builder
    lamp = Builder()
    return lamp.coil(), lamp.lamp(), lamp.bell()
"""
    builder = """
class Builder:
    def coil(self):
        from main import Coil
        return Coil(3).close()
    def lamp(self):
        from main import Lamp as Light
        return self._once(Light, 4).shine()
    def bell(self):
        from main import Bell
        return Bell().ring()
    def _once(self, part, *pins):
        return part(*pins)
"""
    count, _found, _told = merged(main, builder=builder)
    assert count == 1


def test_a_class_handed_to_who_may_keep_it_stays():
    count, _found, _told = merged("""
class One:
    def first_of_all(self):
        return 1
class Two:
    def second_to_none(self):
        return 2
class Keeper:
    def keep(self, part):
        self._kept = part
        return part
    def kept_is(self, part):
        return self._kept is part
def result():
    keeper = Keeper()
    keeper.keep(One)
    return keeper.kept_is(Two), One().first_of_all(), Two().second_to_none()
""")
    # One and Two are handed on; only Keeper could become one with others
    assert count == 3


START = """
class Coil:
    def __init__(self, pin):
        self._pin = pin
    def close(self):
        return self._pin
class Lamp:
    def __init__(self):
        self._coil = Coil(4)
    def shine(self):
        return self._coil.close()
class Late:
    def __init__(self):
        self._mine = 6
    def come(self):
        return self._mine
class Lambda:
    def __init__(self):
        self._kept = [lambda: 1, Unmoved()]
    def many(self):
        return len(self._kept) + self._kept[1].stays()
class Unmoved:
    def __init__(self):
        self._here = 2
    def stays(self):
        return self._here
class Station:
    def __init__(self):
        self.lamp = Lamp()
        self.many = Lambda()
    def run(self):
        return self.lamp.shine(), Late().come(), self.many.many()
def result():
    return Station().run()
"""


def test_a_constructor_of_the_start_goes_with_it_and_leaves_no_entry():
    found = program(main=START)
    before = result(found)
    names = [m for m in start_only(found, {"run"}, {"main"}) if m.node.name != "result"]
    resident = found.modules["main"]
    merging = Merging(found, resident, {*KEPT, ("main", "Station")}, names)
    Attributes(found, resident, frozenset({"result", "run"}), set()).rename(merging.beside)
    merging.merge()
    split(found, "main", names, "start", KEPT)
    stays, moved = text(found).split("from main import")
    assert "def Lamp___init__" in moved
    assert "def Coil___init__" in moved
    for name in ("Late", "Lambda", "Unmoved"):
        # Needed later; makes a function; made by what stays
        assert f"def {name}___init__" in stays
    assert "Station.__init__ = " in moved
    assert moved.count("= None") == 1
    run = found.modules["start"]
    tail = "def result():\n    from main import Station\n    s = Station()\n    release()\n    return s.run()"
    run.tree.body += program(x=tail).modules["x"].tree.body
    assert result(found, "start") == before
