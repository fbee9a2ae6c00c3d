"""What only the start needs is found by what later code can reach, and leaves nothing behind."""

from small_programs import program, result, text

from pilectl.linker.splitting import split
from pilectl.linker.starting import start_only

MAIN = """
class Store:
    def __init__(self, size):
        self.size = check(size)
        self.found = [self.scan(n) for n in range(2)]
    def scan(self, n):
        return n * self.size
    def handed(self):
        return self.size
    def later(self):
        return self.helper() + 1
    def helper(self):
        return Late(self.size).value
    def by_text(self):
        return 7
class Late:
    def __init__(self, value):
        self.value = value
class Early:
    def __init__(self, store):
        self.ask = store.handed
        self.coming = self.work()
    async def work(self):
        return self.from_work()
    def from_work(self):
        return 11
def check(size):
    return max(size, 1)
class Station:
    def __init__(self):
        self.store = Store(3)
        self.early = Early(self.store)
    def run(self):
        try:
            self.early.coming.send(None)
        except StopIteration as end:
            worked = end.value
        return self.store.later(), self.early.ask(), getattr(self.store, "by_text")(), worked
def result():
    return Station().run()
"""


def members():
    found = program(main=MAIN)
    names = start_only(found, {"run"}, {"main"})
    return found, names


def test_only_what_nothing_reaches_later_belongs_to_the_start():
    _found, names = members()
    assert sorted(f"{item.owner}.{item.node.name}" for item in names) == [
        ".check",
        ".result",
        "Early.__init__",
        "Station.__init__",
        "Store.__init__",
        "Store.scan",
    ]


def test_the_start_is_put_back_and_taken_out_again():
    found, names = members()
    before = result(found)
    wanted = [item for item in names if item.node.name != "result"]
    assert split(found, "main", wanted, "start", set()) == 5
    source = text(found)
    for name in ("Store.__init__ = Store___init__", "Store.scan = None", "def check"):
        assert name in source
    assert "def scan" not in source.split("from main import")[0]
    # The program imports its start, makes the Station, and lets the start go
    run = found.modules["start"]
    run.tree.body += (
        program(
            x="from main import Station\ndef result():\n    s = Station()\n    release()\n    return s.run()"
        )
        .modules["x"]
        .tree.body
    )
    assert result(found, "start") == before


def test_what_makes_functions_stays_because_they_would_hold_the_module():
    found = program(
        main="""
class Part:
    def __init__(self, n):
        self.later = lambda: n
    def plain(self):
        return 1
class Station:
    def __init__(self):
        self.part = Part(4)
        self.one = self.part.plain()
    def run(self):
        return self.part.later(), self.one
def result():
    return Station().run()
"""
    )
    names = [item for item in start_only(found, {"run"}, {"main"}) if item.node.name != "result"]
    split(found, "main", names, "start", set())
    assert "lambda" in text(found).split("from main import")[0]
    moved = {item.node.name for item in names}
    assert "Part___init__" not in moved
    assert {"Part_plain", "Station___init__"} <= moved


def test_parts_of_a_board_are_reached_by_the_boards_name_only():
    board = """
class Board:
    def contactor(self):
        return Coil()
    def lamp(self):
        return Lamp()
class Coil:
    def __init__(self):
        self.on = 0
class Lamp:
    def __init__(self):
        self.on = 0
"""
    main = """
from board import Board
class Station:
    def __init__(self, board):
        self.board = board
        self.contactor = board.contactor()
    def run(self):
        return self.contactor.on, self.board.lamp().on
def result():
    return Station(Board()).run()
"""
    found = program(board=board, main=main)
    names = {f"{i.owner}.{i.node.name}" for i in start_only(found, {"run"}, {"main", "board"})}
    assert {"Coil.__init__", "Board.contactor"} <= names
    assert not {"Lamp.__init__", "Board.lamp"} & names
