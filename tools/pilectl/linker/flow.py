"""Cells into which values flow, and which values arrive where: a bound from above, by inclusion."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Cell = tuple[object, ...]
Value = tuple[str, str]
# Whatever is not followed: what goes there may come back from there; as a value, an object of any other kind
OUT: Cell = ("", "out")


class Flow:
    """Cells, the values in them, and the ways between them."""

    def __init__(self) -> None:
        self._ways: dict[Cell, set[Cell]] = {}
        self._held: dict[Cell, set[Cell]] = {}
        self._heard: dict[Cell, list[Callable[[Cell], None]]] = {}
        self._waiting: list[tuple[Cell, Cell]] = []

    def put(self, value: Cell, cell: Cell) -> None:
        """A value is in a cell."""
        held = self._held.setdefault(cell, set())
        if value not in held:
            held.add(value)
            self._waiting.append((cell, value))

    def flows(self, sources: Iterable[Cell], target: Cell) -> None:
        """All that is in the sources is in the target as well."""
        for source in sources:
            ways = self._ways.setdefault(source, set())
            if target not in ways:
                ways.add(target)
                for value in list(self._held.get(source, ())):
                    self.put(value, target)

    def hear(self, cells: Iterable[Cell], told: Callable[[Cell], None]) -> None:
        """Tell each value that is in one of the cells, once."""
        seen: set[Cell] = set()

        def tell(value: Cell) -> None:
            if value not in seen:
                seen.add(value)
                told(value)

        for cell in cells:
            self._heard.setdefault(cell, []).append(tell)
            for value in list(self._held.get(cell, ())):
                tell(value)

    def settle(self) -> None:
        """Let everything arrive."""
        while self._waiting:
            cell, value = self._waiting.pop()
            for target in list(self._ways.get(cell, ())):
                self.put(value, target)
            for tell in list(self._heard.get(cell, ())):
                tell(value)

    def held(self, cells: Iterable[Cell]) -> set[Cell]:
        """Values in cells."""
        return set().union(*(self._held.get(cell, ()) for cell in cells))
