"""The control pilot of one state as SVG: two periods of its nominal 1 kHz, with the allowed windows."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from .commission_steps import Wave

PERIODS = 2
LIMIT_V = 15
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "commission",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # Every corner is a measured level
    "path.simplify": False,
}


def corners(wave: Wave) -> list[tuple[float, float]]:
    """(ms, V) of every corner of the wave."""
    high = wave.high_mv / 1000
    if wave.low_mv is None:
        return [(0.0, high), (float(PERIODS), high)]
    low, found = wave.low_mv / 1000, []
    for period in range(PERIODS):
        falls = period + wave.duty_permille / 1000
        found += [(float(period), low), (float(period), high), (falls, high), (falls, low)]
    return [*found, (float(PERIODS), low)]


def svg(wave: Wave) -> str:
    """SVG text; the wave is the group `wave-STEP-CONNECTOR`, the field behind it `field-STEP-CONNECTOR`."""
    name = f"{wave.step}-{wave.connector}"
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(4.2, 2.2), layout="constrained")
        axes.patch.set_gid(f"field-{name}")
        _band(axes, wave.high_window)
        if wave.low_mv is not None:
            _band(axes, wave.low_window)
        points = corners(wave)
        (line,) = axes.plot([x for x, _ in points], [y for _, y in points], "black", linewidth=1)
        line.set_gid(f"wave-{name}")
        axes.set_xlim(-0.1, PERIODS + 0.1)
        axes.set_ylim(-LIMIT_V, LIMIT_V)
        axes.set_yticks(range(-12, 13, 3))
        axes.set_xlabel("ms")
        axes.set_ylabel("CP, V")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        plt.close(figure)
    found = text.getvalue()
    return found[found.index("<svg") :]


def _band(axes: Any, limits_mv: tuple[int, int]) -> None:
    axes.axhspan(limits_mv[0] / 1000, limits_mv[1] / 1000, color="0.88", linewidth=0)
