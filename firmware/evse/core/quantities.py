"""Values as people read them: the unit stands at the end of the name, as everywhere in this program."""

_UNITS = {
    "mv": (1000, 2, "V"),
    "ma": (1000, 2, "A"),
    "a10": (10, 1, "A"),
    "wh": (1000, 3, "kWh"),
    "w": (1, 0, "W"),
    "chz": (100, 2, "Hz"),
    "c10": (10, 1, "\u00b0C"),
    "permille": (10, 1, "%"),
    "ms": (1, 0, "ms"),
    "s": (1, 0, "s"),
    "dbm": (1, 0, "dBm"),
}


def shown(name, value):
    """Text of one value: 5970 as `high_mv` is "5.97 V", None is "-"."""
    if value is None or value == "":
        return "-"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join([shown(name, each) for each in value]) or "-"
    unit = _UNITS.get(name.split("_")[-1])
    if unit is None or not isinstance(value, int):
        return str(value)
    scale, digits, text = unit
    sign = "-" if value < 0 else ""
    value = abs(value)
    if digits == 0:
        return "%s%d %s" % (sign, value, text)
    rest = str(scale + value % scale)[1 : digits + 1]
    return "%s%d.%s %s" % (sign, value // scale, rest, text)


def width(text):
    """Columns that a text takes on a terminal: a Chinese character takes two."""
    return sum([2 if char >= "\u2e80" else 1 for char in text])


def padded(text, columns):
    """A text filled with spaces up to so many columns."""
    return text + " " * (columns - width(text))
