"""The table as one HTML page, with the waveform around each row's worst moment."""

import html

from conformance import plot

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em;
  color: #111; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ccc; vertical-align: top }
td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums }
.PASS { color: #060 } .FAIL, .NONE { color: #b00; font-weight: bold }
section { margin-top: 2em; break-inside: avoid } svg { max-width: 100%; height: auto }
p.note { color: #555 }
"""
_INTRO = (
    "Worst values in virtual time: the firmware as it is, on a simulated circuit, with the documented cost "
    "of pin and ADC accesses. They are not measurements of a real ESP32. Tags grade the limit's source: "
    "V two sources, S one source, M from memory, own: our own promise."
)
_LEGEND = (
    "Blue: the event. Green: what was measured. Red, dashed: the limit. Where seconds are shown, the band "
    "runs between the highest and the lowest level of the pilot. Order is the firmware's switch of the "
    "coil, coil what order and dead-man together let through."
)


def write(path, table, seed, recorded):
    """Write the page; `recorded` holds each row's worst moment, run again with its trace."""
    path.write_text("\n".join(_page(table, seed, recorded)), encoding="utf-8")


def _page(table, seed, recorded):
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Conformance</title>'
    yield "<style>%s</style></head><body><h1>Pilot and protection: conformance</h1>" % _STYLE
    yield "<p>%s</p><p>Seed %d. %s</p>" % (_INTRO, seed, _summary(table))
    heads = ["row", "clause", "what", "limit", *table.boards, "phases", "tag", "verdict"]
    yield "<table><tr>%s</tr>" % "".join("<th>%s</th>" % html.escape(head) for head in heads)
    for row in table.rows:
        yield _table_row(table, row)
    yield "</table><h2>Worst moments</h2><p>%s</p>" % _LEGEND
    for row in table.rows:
        yield from _section(table, row, recorded)
    yield "</body></html>"


def _summary(table):
    missed = [row.number for row in table.missed()]
    missed += ["no row for %s" % text for text in table.uncovered]
    if not missed:
        return "All %d rows are within their limits." % len(table.rows)
    return "Not within their limits: %s." % html.escape(", ".join(missed))


def _table_row(table, row):
    verdict = table.verdict(row)
    cells = ['<a href="#%s">%s</a>' % (_anchor(row), html.escape(row.number))]
    cells += [html.escape(text) for text in (row.clause, row.what, row.limit())]
    text = "".join("<td>%s</td>" % cell for cell in cells)
    for outcome in table.of(row):
        value = outcome.worst_value
        shown = outcome.verdict if value is None else row.show(value)
        text += '<td class="figure">%s</td>' % shown
    text += '<td class="figure">%d</td><td>%s</td>' % (table.phases(row), row.tag)
    return '<tr>%s<td class="%s">%s</td></tr>' % (text, verdict, verdict)


def _section(table, row, recorded):
    outcome = table.worst(row)
    yield '<section id="%s"><h3>%s: %s</h3>' % (
        _anchor(row),
        html.escape(row.number),
        html.escape(row.what),
    )
    if outcome is None:
        yield "<p>Nothing was measured.</p></section>"
        return
    place, number, value = outcome.worst
    shown = "nothing" if value is None else "%s %s" % (row.show(value), row.unit)
    yield '<p class="note">%s; measured %s at %s moment %d.</p>' % (
        html.escape(row.limit()),
        shown,
        html.escape(place.text()),
        number,
    )
    for note in outcome.notes:
        yield "<pre>%s</pre>" % html.escape(note)
    again = recorded[row.number]
    if again["value"] != value:
        # The figure must show the moment that the table speaks of
        yield "<p>Run again it gave %s: no figure.</p>" % again["value"]
    elif again["trace"]:
        yield plot.waveform(again["trace"], row)
    yield "</section>"


def _anchor(row):
    return "".join(char if char.isalnum() else "_" for char in row.number)
