"""What a call is made of is evaluated once, in its order, when the body stands in its place."""

from small_programs import program, result

from pilectl.linker.inlining import inline


def test_the_object_is_looked_up_once_and_before_the_arguments():
    main = """
log = []
class Lamp:
    def __init__(self, name):
        self.name = name
    def shine(self, n):
        log.append((self.name, n))
        return self.name
class Pile:
    def __init__(self):
        self.lamps = [Lamp("a"), Lamp("b")]
        self.lamp = self.lamps[0]
    def swap(self):
        self.lamp = self.lamps[1]
        return len(log)
    def run(self):
        return self.lamp.shine(self.swap())
def result():
    pile = Pile()
    return [pile.run(), pile.run(), log]
"""
    found = program(main=main)
    before = result(found)
    assert "shine" in " ".join(inline(found, {("main", "result")}, frozenset({"run"})))
    assert result(found) == before
