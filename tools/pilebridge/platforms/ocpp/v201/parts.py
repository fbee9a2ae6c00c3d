"""Long answers that go out in parts: each bounded in items and in characters."""

import json
from collections.abc import Iterator, Sequence

from pilebridge.platforms.ocpp.v201.words import Payload

PART_ITEMS = 25
PART_CHARACTERS = 12_000


def in_parts(items: Sequence[Payload]) -> Iterator[tuple[int, bool, list[Payload]]]:
    """(number from 0, whether more come, items) of each part; one empty part for no items."""
    parts: list[list[Payload]] = [[]]
    size = 0
    for item in items:
        length = len(json.dumps(item, separators=(",", ":")))
        if parts[-1] and (len(parts[-1]) >= PART_ITEMS or size + length > PART_CHARACTERS):
            parts.append([])
            size = 0
        parts[-1].append(item)
        size += length
    for number, part in enumerate(parts):
        yield number, number < len(parts) - 1, part


def text_in_parts(text: str, longest: int) -> Iterator[tuple[int, bool, str]]:
    """The same of a text, at most `longest` characters each."""
    pieces = [text[at : at + longest] for at in range(0, len(text), longest)] or [""]
    for number, piece in enumerate(pieces):
        yield number, number < len(pieces) - 1, piece
