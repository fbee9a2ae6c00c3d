"""Watches the status light and compares it with the pattern of a fault's row."""

from evse.core import faults

# The control loop moves the light every 20 ms
_TOLERANCE_MS = 45
_LOOK_MS = 5


async def light_error(m, fault):
    """Empty when the light shows the pattern of `fault`, else what it shows instead."""
    from evse.app.indication import PATTERNS

    name = faults.row(fault)["light"]
    shown = name or m.station.session.status()
    wanted = next(row[1:3] for row in PATTERNS if row[0] == shown)
    edges = []
    lit = m.world.light.colour(m.world.clock.now_us) != 0
    for _ in range((wanted[1] * 22 // 10 + 100) // _LOOK_MS):
        await m.run(_LOOK_MS)
        was, lit = lit, m.world.light.colour(m.world.clock.now_us) != 0
        if lit != was:
            edges.append((m.world.clock.now_us // 1000, int(lit)))
    seen = _pattern(edges, int(lit))
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
