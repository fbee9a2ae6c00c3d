"""Which rows `make test` measures on which board: fast ones on all, slow ones once for each kind of their part.

A fast row is one of the tick, which meets every board's pins, dead-man and feedback. A slow one takes seconds
of logic that is the same on all boards, but for the part it is about. `make conformance` measures all on all.
"""

from zlib import crc32

from conformance.row import FAST


def boards_for(row, boards):
    """Names of the boards that measure a row; `boards` maps a name to its Board."""
    fitted = [name for name in sorted(boards) if not row.missing_parts(boards[name].PINS)]
    if row.phases == FAST:
        return fitted
    by_kind = {}
    for name in fitted:
        kinds = tuple(_kind(boards[name], what) for what in row.kinds)
        by_kind.setdefault(kinds, []).append(name)
    # Not always the first one: each board has its turn
    turn = crc32(row.number.encode())
    return [names[turn % len(names)] for names in by_kind.values()]


def _kind(board, what):
    """Value of the board's data of this name, or whether it has a pin of this role."""
    return getattr(board, what) if what.isupper() else what in board.PINS
