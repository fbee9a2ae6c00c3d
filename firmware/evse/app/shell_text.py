"""Shows an answer as aligned text that fits 80 columns, in English or Chinese."""

from ..core import phrases
from ..core.quantities import padded, shown, width

_COLUMNS = 79
# The last column of a table wraps, unless it would be narrower
_LAST_COLUMN = 24


def lines(found, language):
    """Aligned text of a dict: plain values as rows, lists of dicts as tables or blocks."""
    names = _in_order(found)
    most = max([0] + [width(_word(name, language)) for name in names if _is_plain(found[name])])
    for name in names:
        if _is_plain(found[name]):
            label = _word(name, language)
            for line in _wrapped(shown(name, found[name]), _COLUMNS - most - 2):
                yield padded(label, most + 2) + line
                label = ""
    for name in names:
        if isinstance(found[name], dict):
            yield from lines(found[name], language)
        elif not _is_plain(found[name]):
            yield from _table(found[name], language)


def _table(rows, language):
    names = _in_order(rows[0])
    cells = [[_word(name, language) for name in names]]
    cells += [[shown(name, row[name]) for name in names] for row in rows]
    columns = [max([width(row[at]) for row in cells]) + 2 for at in range(len(names))]
    rest = _COLUMNS - sum(columns[:-1])
    if rest >= min(_LAST_COLUMN, columns[-1]) and all(
        _is_plain(row[name]) for row in rows for name in names
    ):
        for row in cells:
            head = "".join([padded(cell, size) for cell, size in zip(row[:-1], columns)])
            for line in _wrapped(row[-1], rest):
                yield head + line
                head = " " * sum(columns[:-1])
    else:
        for row in rows:
            yield from lines(row, language)


def _in_order(found):
    known = [name for name in phrases.NAMES if name in found]
    return known + sorted([name for name in found if name not in known])


def _is_plain(value):
    return not isinstance(value, dict) and not (
        isinstance(value, list) and value and isinstance(value[0], dict)
    )


def _wrapped(text, columns):
    """Pieces of a text that fit, cut at spaces where there are any."""
    line = ""
    for word in text.split(" "):
        longer = line + " " + word if line else word
        if width(longer) <= columns:
            line = longer
            continue
        if line:
            yield line
        line = word
        while width(line) > columns:
            cut = columns if width(line) == len(line) else columns // 2
            yield line[:cut]
            line = line[cut:]
    yield line


def _word(name, language):
    if language == "zh" and name in phrases.NAMES:
        return phrases.NAMES_ZH[phrases.NAMES.index(name)]
    return name
