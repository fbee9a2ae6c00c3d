"""Which things that bear each other come together, so that all groups cost least: by greedy colouring."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# Entries that a dict of MicroPython has room for as it grows
_ROOM = (0, 1, 2, 4, 6, 8, 10, 12, 17, 23, 29, 37, 47, 59, 73, 97, 127, 167, 223, 293, 389)
_ENTRY_BYTES = 16
_BLOCK_BYTES = 32
# The class, its dict, its global
_CLASS_BYTES = 128 + 32 + 16
# What MicroPython puts into every class: its module and its name
_GIVEN = 2


def class_bytes(members: int) -> int:
    """Heap of a class with so many entries in its table, on the interpreter that the budget is for."""
    room = next((size for size in _ROOM if size >= members + _GIVEN), members + _GIVEN)
    table = -(-room * _ENTRY_BYTES // _BLOCK_BYTES) * _BLOCK_BYTES
    return _CLASS_BYTES + table


def grouped(sizes: Sequence[int], bears: Callable[[int, int], bool]) -> list[list[int]]:
    """Indices of `sizes` in groups, each in order, the first by its first; the same input gives the same."""
    count = len(sizes)
    foes = [{j for j in range(count) if j != i and not bears(i, j)} for i in range(count)]
    groups: list[list[int]] = []
    place: dict[int, int] = {}

    def bytes_of(group: list[int]) -> int:
        return class_bytes(sum(sizes[i] for i in group)) if group else 0

    def best(item: int) -> tuple[int, int]:
        """(bytes more, group) of the cheapest place for an item that has none."""
        choices = [(class_bytes(sizes[item]), len(groups))]
        for number, group in enumerate(groups):
            if group and not foes[item].intersection(group):
                choices.append((bytes_of([*group, item]) - bytes_of(group), number))
        return min(choices)

    def put(item: int, number: int) -> None:
        if number == len(groups):
            groups.append([])
        groups[number].append(item)
        place[item] = number

    while len(place) < count:
        # Next who has the fewest groups to choose from
        waiting = [i for i in range(count) if i not in place]
        item = min(
            waiting,
            key=lambda i: (-len({place[j] for j in foes[i] if j in place}), -len(foes[i]), i),
        )
        put(item, best(item)[1])
    while _improved(groups, place, best, put, bytes_of):
        pass
    return sorted(sorted(group) for group in groups if group)


def _improved(
    groups: list[list[int]],
    place: dict[int, int],
    best: Callable[[int], tuple[int, int]],
    put: Callable[[int, int], None],
    bytes_of: Callable[[list[int]], int],
) -> bool:
    """Move one item to where all groups together cost less; False when there is none."""
    for item in range(len(place)):
        old = place[item]
        before = bytes_of(groups[old])
        groups[old].remove(item)
        more, new = best(item)
        if more < before - bytes_of(groups[old]):
            put(item, new)
            return True
        groups[old].append(item)
    return False
