"""The checks that field tables are made of: presence, type, length, enumeration, decimal places.

A check takes a value and the path to it and returns the problems it found, as sentences.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

Check = Callable[[Any, str], list[str]]
# name, mandatory, check
Row = tuple[str, bool, Check]
Table = Sequence[Row]

DATE_TIME = "%Y-%m-%d %H:%M:%S"
_DATE_TIME_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_ID_FORM = re.compile(r"[0-9A-Za-z_-]+")
_OPERATOR_FORM = re.compile(r"[0-9A-Z]{9}")
_SEQ_FORM = re.compile(r"[0-9A-Z]{9}[0-9A-Za-z]{18}")


def problems(table: Table, body: Any, path: str = "") -> list[str]:
    """Every breach of `table` by the object `body`; empty when it is clean."""
    if not isinstance(body, dict):
        return [f"{path.rstrip('.') or 'Data'}: {_shown(body)} is not an object"]
    found = []
    for name, mandatory, check in table:
        if name in body:
            found += check(body[name], path + name)
        elif mandatory:
            found.append(f"{path}{name}: missing")
        # The 2016 text writes Sevice; the other spelling belongs to another dialect
        twin = name.replace("Sevice", "Service")
        if twin != name and twin in body:
            found.append(f"{path}{twin}: this platform speaks the 2016 text, which writes {name}")
    return found


def text(lowest: int, highest: int, form: re.Pattern[str] | None = None) -> Check:
    """Text of `lowest` to `highest` characters, of the given form."""

    def check(value: Any, path: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{path}: {_shown(value)} is not text"]
        if not lowest <= len(value) <= highest:
            return [f"{path}: {len(value)} characters, allowed {lowest} to {highest}"]
        if form is not None and not form.fullmatch(value):
            return [f"{path}: {_shown(value)} has the wrong form"]
        return []

    return check


def identifier(highest: int) -> Check:
    """An ID of 1 to `highest` letters, digits, - and _."""
    return text(1, highest, _ID_FORM)


def operator_id() -> Check:
    """An organisation code: 9 digits or capitals."""
    return text(9, 9, _OPERATOR_FORM)


def sequence() -> Check:
    """A "…Seq": 27 characters, the operator's 9 first."""
    return text(27, 27, _SEQ_FORM)


def integer(lowest: int, highest: int) -> Check:
    """A JSON whole number in the range; neither text nor true nor 1.0."""

    def check(value: Any, path: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            return [f"{path}: {_shown(value)} is not a whole number"]
        if not lowest <= value <= highest:
            return [f"{path}: {value}, allowed {lowest} to {highest}"]
        return []

    return check


def one_of(*values: int) -> Check:
    """A JSON whole number out of an enumeration."""

    def check(value: Any, path: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            return [f"{path}: {_shown(value)} is not a whole number"]
        if value not in values:
            return [f"{path}: {value}, allowed {', '.join(map(str, values))}"]
        return []

    return check


def decimal(places: int, lowest: int = 0, highest: int = 10**9) -> Check:
    """A JSON number written with at most `places` decimal places."""

    def check(value: Any, path: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return [f"{path}: {_shown(value)} is not a number"]
        found = []
        exponent = Decimal(value).as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > places:
            found.append(f"{path}: {value} has more than {places} decimal places")
        if not lowest <= value <= highest:
            found.append(f"{path}: {value}, allowed {lowest} to {highest}")
        return found

    return check


def date_time() -> Check:
    """`yyyy-MM-dd HH:mm:ss`, a moment that exists."""

    def check(value: Any, path: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{path}: {_shown(value)} is not text"]
        if _DATE_TIME_FORM.fullmatch(value):
            try:
                datetime.strptime(value, DATE_TIME)
            except ValueError:
                pass
            else:
                return []
        return [f"{path}: {_shown(value)} is not yyyy-MM-dd HH:mm:ss"]

    return check


def record(table: Table) -> Check:
    """An object that keeps to `table`."""

    def check(value: Any, path: str) -> list[str]:
        return problems(table, value, path + ".")

    return check


def listing(item: Check, lowest: int = 0, highest: int = 1000) -> Check:
    """An array of `lowest` to `highest` items that pass `item`."""

    def check(value: Any, path: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{path}: {_shown(value)} is not an array"]
        found = []
        if not lowest <= len(value) <= highest:
            found.append(f"{path}: {len(value)} items, allowed {lowest} to {highest}")
        for index, entry in enumerate(value):
            found += item(entry, f"{path}[{index}]")
        return found

    return check


def echo(body: Mapping[str, Any], sent: Mapping[str, Any], *names: str) -> list[str]:
    """Problems where an answer does not repeat what was asked."""
    return [
        f"{name}: {_shown(body.get(name))}, asked for {_shown(sent[name])}"
        for name in names
        if body.get(name) != sent[name]
    ]


def _shown(value: Any) -> str:
    return repr(value)[:60]
