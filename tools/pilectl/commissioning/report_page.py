"""The commissioning report as one HTML page that needs nothing beside itself."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..texts import Texts
from .commission_steps import Measured, Wave, outcome

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 62em; padding: 1.5em 1em;
  color: #111; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ccc; vertical-align: top;
  overflow-wrap: anywhere }
th:first-child, td:first-child, th:last-child, td:last-child { overflow-wrap: normal }
td.figure { font-variant-numeric: tabular-nums }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em }
dt { color: #555 } dd { margin: 0 }
.pass { color: #060 } .fail { color: #b00; font-weight: bold } .skipped { color: #850 }
p.outcome { font-size: 1.15em; font-weight: bold }
.waves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19em, 100%), 1fr)); gap: 1em }
figure { margin: 0; break-inside: avoid } svg { max-width: 100%; height: auto }
p.note { color: #555 } p.sign { margin-top: 3em; border-top: 1px solid #111; width: 18em }
@media (max-width: 40em) { th, td { padding: .25em .3em; font-size: 12px } }
"""


@dataclass
class Report:
    """What was measured; `head` is text key to value, shown above."""

    head: dict[str, str] = field(default_factory=dict)
    lines: list[Measured] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)


def summary(report: Report, texts: Texts) -> tuple[str, str]:
    """(passed, failed or incomplete; the sentence)."""
    word, steps = outcome(report.lines)
    comma = "、" if texts.language == "zh" else ", "
    return word, texts("report." + word, names=comma.join(texts("step." + key) for key in steps))


def page(report: Report, texts: Texts) -> str:
    """The whole page."""
    return "\n".join(_page(report, texts)) + "\n"


def _page(report: Report, texts: Texts) -> Iterator[str]:
    # matplotlib takes a second to load: no other verb shall wait for it
    from . import pilot_plot

    title, (word, sentence) = texts("report.title"), summary(report, texts)
    yield f'<!doctype html><html lang="{texts.language}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
    css = {"passed": "pass", "failed": "fail", "incomplete": "skipped"}[word]
    yield f'<p class="outcome {css}" data-testid="outcome">{html.escape(sentence)}</p>'
    yield from _head(report.head, texts)
    yield f"<h2>{texts('report.steps')}</h2>"
    yield from _steps(report.lines, texts)
    yield f'<h2>{texts("report.waves")}</h2><p class="note">{texts("report.note")}</p>'
    yield '<div class="waves">'
    for wave in report.waves:
        where = _connector(wave.connector, report.waves, texts)
        caption = f"{wave.state}: {texts('step.' + wave.step)}{where}"
        yield f"<figure><figcaption>{html.escape(caption)}</figcaption>{pilot_plot.svg(wave)}</figure>"
    yield f'</div><p class="sign">{texts("report.sign")}</p></body></html>'


def _head(head: Mapping[str, str], texts: Texts) -> Iterator[str]:
    yield "<dl>"
    for key, value in head.items():
        yield f"<dt>{texts('report.' + key)}</dt><dd>{html.escape(value)}</dd>"
    yield "</dl>"


def _steps(lines: list[Measured], texts: Texts) -> Iterator[str]:
    names = ("number", "step", "what", "measured", "allowed")
    heads = [texts("report." + name) for name in names] + [texts("head.verdict")]
    yield f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
    number, last = 0, ("", -1)
    for line in lines:
        is_new = (line.step, line.connector) != last
        last = (line.step, line.connector)
        number += is_new
        step = texts("step." + line.step) + _connector(line.connector, lines, texts)
        what = texts("row." + line.what) if texts.has("row." + line.what) else line.what
        cells = [str(number) if is_new else "", step if is_new else "", what]
        row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        figures = f'<td class="figure">{html.escape(line.measured)}</td>'
        figures += f'<td class="figure">{html.escape(line.allowed)}</td>'
        verdict = f'<td class="{line.verdict}">{texts("verdict." + line.verdict)}</td>'
        yield f'<tr data-step="{line.step}">{row}{figures}{verdict}</tr>'
    yield "</table>"


def _connector(number: int, rows: list[Measured] | list[Wave], texts: Texts) -> str:
    # With one connector only, its number says nothing
    if number and len({row.connector for row in rows if row.connector}) > 1:
        return f" ({texts('report.connector', number=number)})"
    return ""
