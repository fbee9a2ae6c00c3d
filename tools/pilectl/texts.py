"""The language of doctor, commission and report: one table for each, with the same keys."""

from __future__ import annotations

import unicodedata
from typing import Any

from evse.core import fault_codes, faults

from . import texts_en, texts_zh

TABLES = {"en": texts_en.TEXTS, "zh": texts_zh.TEXTS}
_FAULT = "fault_"


class Texts:
    """`language` is en or zh."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._table = TABLES[language]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key with its places filled in; KeyError for an unknown key."""
        return self._table[key].format(**values) if values else self._table[key]

    def has(self, key: str) -> bool:
        """True when the table has the key."""
        return key in self._table

    def reading(self, text: str) -> str:
        """A reading in words in this language; figures and what the pile says itself stay as they are."""
        return self._table.get("reading." + text, text)

    def test_name(self, name: str) -> str:
        """The name of a self-test; a connector's number behind it stays."""
        first, space, number = name.partition(" ")
        return self._table.get("test." + first, first) + space + number

    def advice(self, cause: str) -> str:
        """What to do about a defect; that of a fault stands in the fault table."""
        if cause.startswith(_FAULT):
            index = faults.NAMES.index(cause.removeprefix(_FAULT))
            if self.language == "zh":
                return str(fault_codes.TABLE[index][fault_codes.FIELDS.index("sentence_zh")])
            return str(faults.row(faults.NAMES[index])["sentence"])
        return self("do." + cause)


def table(rows: list[list[str]], most: int = 34) -> list[str]:
    """Lines of aligned columns; Chinese characters count two, long cells are cut."""
    cut = [[_cut(cell, most) for cell in row] for row in rows]
    widths = [max(_width(row[i]) for row in cut) for i in range(len(cut[0]))]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cut
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(text: str, most: int) -> str:
    while _width(text) > most:
        text = text[:-3] + ".." if text.endswith("..") else text[:-2] + ".."
    return text
