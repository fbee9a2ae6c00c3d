"""Groups are cheap, hold nothing that does not bear the others, and come out the same every time."""

from pilectl.linker.grouping import class_bytes, grouped


def test_groups_cost_less_than_their_parts_and_are_the_same_every_time():
    sizes = [1, 4, 2, 7, 1, 3, 2, 5, 1]
    foes = {(0, 1), (1, 2), (0, 2), (3, 4), (2, 8)}

    def bears(i, j):
        return (min(i, j), max(i, j)) not in foes

    found = grouped(sizes, bears)
    assert found == grouped(sizes, bears)
    assert sorted(i for group in found for i in group) == list(range(9))
    assert all(bears(i, j) for group in found for i in group for j in group if i < j)
    cost = sum(class_bytes(sum(sizes[i] for i in group)) for group in found)
    assert len(found) == 3
    assert cost < sum(class_bytes(size) for size in sizes) / 2
