"""Measured distances in time: duty changes, closings, wake-up pulses, the dwell in state F."""

from itertools import pairwise

from conformance import actions, transitions
from evse.core import limits
from pilesim.vehicle import allowed_ma

_SWINGS = 24
_PATIENCE_MS = 35_000


def new_limit(limits_a10):
    """From a new external limit to the duty that offers it; `limits_a10` are drawn from."""

    async def story(m):
        return await _offered_us(m, m.rng.choice(limits_a10))

    return story


async def lower_then_higher(m):
    """The same for a limit that rises a moment after it fell."""
    m.loop.limits.set(limits.TECHNICIAN, m.rng.randrange(60, 70))
    await m.run(m.rng.randrange(50, 2000))
    return await _offered_us(m, m.rng.randrange(80, 321))


async def _offered_us(m, a10):
    m.stall_now_and_then()
    await m.do(actions.offer(a10))
    found = m.watch(lambda: 0 <= a10 * 100 - m.loop.offered_ma < 100, 1000)
    await m.until(lambda: found, 12_000)
    # The generator takes a new duty at the end of its period
    await m.run(2)
    read_ma = allowed_ma(m.world.line.duty_u16())
    m.require(0 <= a10 * 100 - read_ma < 100, "the vehicle reads %d mA" % read_ma)
    return m.since_event(found[0]) if found else None


async def rise_apart(m):
    """Shortest time from a change of duty to a rise, while the limit swings."""
    changes = transitions.wave_changes(m)
    m.event_us = m.now_us
    for _ in range(_SWINGS):
        m.loop.limits.set(limits.TECHNICIAN, m.rng.randrange(60, 321))
        await m.run(m.rng.randrange(200, 2500))
    return min((b[0] - a[0] for a, b in pairwise(changes) if b[1] > a[1]), default=None)


async def open_apart(m):
    """Shortest time from an open command to the next close command, while the vehicle chatters."""
    vehicle, contactor = m.world.vehicle, m.world.contactor
    orders = []
    pad = m.world.chip.pad(m.r.board.PINS["contactor"])
    pad.watchers.append(lambda pad, now_us: orders.append((now_us, bool(pad.high_us))))
    m.event_us = m.now_us
    while m.now_us < m.event_us + 20_000_000:
        vehicle.force_s2("open")
        await m.run(m.rng.randrange(50, 1000))
        vehicle.force_s2("closed")
        await m.until(lambda: contactor.closed, 6000)
        await m.run(m.rng.randrange(50, 1000))
    return min((b[0] - a[0] for a, b in pairwise(orders) if b[1] and not a[1]), default=None)


async def _wake(m):
    """[(us, duty)]: the offer, the pulse, its end, and what followed within a minute."""
    changes = transitions.wave_changes(m)
    m.stall_now_and_then()
    await m.do(actions.authorize)
    await m.until(lambda: len(changes) >= 3, _PATIENCE_MS)
    return changes


async def wake_wait(m):
    """From the beginning of the offer, B2, to the pulse that wakes."""
    changes = await _wake(m)
    if len(changes) < 2:
        return None
    m.event_us = changes[0][0]
    return m.since_event(changes[1][0])


async def wake_pulse(m):
    """Length of the pulse that wakes; the offer must come back and no second pulse follow."""
    changes = await _wake(m)
    if len(changes) < 3:
        return None
    m.event_us = changes[1][0]
    await m.until(lambda: transitions.has_pwm(m), 2000)
    seen = len(changes)
    await m.run(_PATIENCE_MS)
    m.require(transitions.has_pwm(m), "the offer did not come back")
    m.require(len(changes) == seen, "a second pulse came")
    return m.since_event(changes[2][0])


async def f_dwell(m):
    """Time at -12 V when the cause of state F is repaired as soon as it is seen."""
    changes = transitions.wave_changes(m)
    m.world.set_fault("welded", True)
    await m.until(lambda: changes, 1000)
    m.world.set_fault("welded", False)
    await m.run(m.rng.randrange(40))
    await m.until(m.station.unlock, 200)
    await m.until(lambda: len(changes) >= 2, 2000)
    if len(changes) < 2 or changes[0][1] != 0:
        return None
    m.event_us = changes[0][0]
    return m.since_event(changes[1][0])
