"""The control pilot and the contactor around the worst moment of a row, as SVG."""

import io

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

_FONT = {
    "svg.fonttype": "none",
    "svg.hashsalt": "conformance",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify_threshold": 0.5,
}
# Offset on the axis, column of the trace, colour
_SWITCHES = ((2.6, "order", "tab:red"), (1.3, "coil", "tab:orange"), (0, "contacts", "black"))


def waveform(trace, row):
    """SVG text of a trace as the recorder gives it, the limit drawn where it is a time after the event."""
    with mpl.rc_context(_FONT):
        figure, (pilot, switches) = plt.subplots(
            2, 1, sharex=True, figsize=(7.5, 3), height_ratios=(5, 2), layout="constrained"
        )
        seconds = trace["us"][-1] - trace["us"][0] > 1_000_000
        scale = 1_000_000 if seconds else 1000
        at = [us / scale for us in trace["us"]]
        _draw_pilot(pilot, at, trace)
        _draw_switches(switches, at, trace)
        for axes in (pilot, switches):
            axes.axvline(0, color="tab:blue", linewidth=0.8)
            if row.unit == "ms":
                _draw_limits(axes, row, trace["value"], scale)
        switches.set_xlabel("%s from the event" % ("s" if seconds else "ms"))
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]


def _draw_pilot(axes, at, trace):
    high = [mv / 1000 for mv in trace["cp_mv"]]
    low = [mv / 1000 for mv in trace["low_mv"]]
    if high == low:
        axes.plot(at, high, color="black", linewidth=0.6)
    else:
        axes.fill_between(at, low, high, color="0.6", linewidth=0.4, edgecolor="black")
    axes.set_ylabel("CP, V")
    axes.set_ylim(-13.5, 13.5)


def _draw_switches(axes, at, trace):
    for offset, name, colour in _SWITCHES:
        levels = [level + offset for level in trace[name]]
        axes.step(at, levels, where="post", color=colour, linewidth=1.2)
    axes.set_yticks([row[0] + 0.5 for row in _SWITCHES], [row[1] for row in _SWITCHES])
    axes.set_ylim(-0.2, 3.8)


def _draw_limits(axes, row, value, scale):
    for limit in (row.least, row.most):
        if limit is not None:
            axes.axvline(limit / scale, color="tab:red", linestyle="--", linewidth=0.8)
    if value is not None:
        axes.axvline(value / scale, color="tab:green", linewidth=0.8)
