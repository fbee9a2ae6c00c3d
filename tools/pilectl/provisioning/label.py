"""The label on a pile: for each connector a QR code that a driver's app reads. The one place that says what is in it."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from dataclasses import dataclass

import segno

_CELL = 60
_MARGIN = 4
_TEXT_LINES = 3


@dataclass(frozen=True)
class Labelled:
    """One connector as the platforms know it."""

    station: str
    number: int
    connector_id: str
    operator_id: str

    @property
    def content(self) -> str:
        """What the code says: T/CEC 102.1 Annex A, connector first."""
        return f"hlht://{self.connector_id}.{self.operator_id}/"

    @property
    def lines(self) -> list[str]:
        """What people read under it."""
        return [self.station, f"{self.number}", self.connector_id]


def code(label: Labelled) -> segno.QRCode:
    """The QR code of a connector; a quarter of it may be scratched."""
    return segno.make(label.content, error="q", micro=False)


def as_text(labels: Iterable[Labelled]) -> str:
    """The codes in half blocks, for a terminal."""
    parts = []
    for label in labels:
        text = io.StringIO()
        code(label).terminal(out=text, compact=True)
        parts.append(f"{text.getvalue()}{'  '.join(label.lines)}  {label.content}\n")
    return "\n".join(parts)


def as_svg(labels: Iterable[Labelled]) -> str:
    """One sheet, the codes side by side, 60 mm each."""
    cells = []
    for place, label in enumerate(labels):
        found = code(label)
        size = found.symbol_size(border=_MARGIN)[0]
        drawn = found.svg_inline(border=_MARGIN, scale=1)
        texts = "".join(
            f'<text x="{_CELL / 2}" y="{_CELL + 5 * (i + 1)}" font-size="4.5" text-anchor="middle" '
            f'font-family="sans-serif">{html.escape(line)}</text>'
            for i, line in enumerate(label.lines)
        )
        cells.append(
            f'<g transform="translate({place * _CELL} 0)" data-content="{html.escape(label.content)}">'
            f'<g transform="scale({_CELL / size:.6f})">{drawn}</g>{texts}</g>'
        )
    width, height = _CELL * len(cells), _CELL + 5 * _TEXT_LINES + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(cells)}</svg>\n'
    )
