"""Measures the status light on its pin and compares it with the pattern of a fault's row."""

from evse.core import faults

# The control loop moves the light every 20 ms
_TOLERANCE_MS = 45


async def light_error(m, fault):
    """Empty when the pin shows the pattern of `fault`, else what it shows instead."""
    from evse.app.indication import PATTERNS

    name = faults.row(fault)["light"]
    wanted = (PATTERNS[name] or PATTERNS[m.station.session.status()])[:2]
    pad = m.world.chip.pad(m.r.board.PINS["led"])
    edges = []

    def changed(_pad, now_us):
        edges.append((now_us // 1000, 1 if pad.high_us else 0))

    pad.watchers.append(changed)
    await m.run(wanted[1] * 22 // 10 + 100)
    pad.watchers.remove(changed)
    seen = _pattern(edges, 1 if pad.high_us else 0)
    if all(abs(a - b) <= _TOLERANCE_MS for a, b in zip(_steady(wanted), seen, strict=True)):
        return ""
    return "light of %s is %s, must be %s: %s" % (fault, seen, name or "the status", wanted)


def _steady(pattern):
    on_ms, period_ms = pattern
    return (1, 1) if on_ms == period_ms else (0, 1) if on_ms == 0 else pattern


def _pattern(edges, level):
    """(on_ms, period_ms) of the first whole period; (1, 1) for steady on, (0, 1) for steady off."""
    rises = [ms for ms, high in edges if high]
    if len(rises) < 2:
        return (level, 1)
    fall = next(ms for ms, high in edges if not high and ms > rises[0])
    return (fall - rises[0], rises[1] - rises[0])
