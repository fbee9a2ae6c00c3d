"""How an opening is measured: coroutines of a moment, built from an action and what must follow it."""

from conformance.actions import chip_resets
from conformance.light import light_error
from conformance.moment import PHASE_US, STALL_US

# The main contacts open this long after the coil's release at the latest
_DROP_OUT_MS = 25
_NAMING_MS = 1000
_DEAD_MAN_MS = 120


def cause_now(m):
    """The cause is the event itself."""
    return m.event_us


def opens(action, within_ms, *, fault="", stalled=False, cause=cause_now):
    """From the cause to the open command; with `fault` the console must name it and its light show.

    `fault` is a name, or gives the name that a moment must lead to.
    """

    async def story(m):
        name = fault(m) if callable(fault) else fault
        m.require(m.world.contactor.closed, "contactor not closed before the event")
        at_us = m.arm(action)
        if stalled:
            m.stall_around(at_us)
        await _until_open(m, within_ms, name)
        m.event_us = cause(m)
        await _named(m, name)
        return m.open_command_us

    return story


def opens_after_order(action, within_ms, *, fault=""):
    """The same for what the firmware itself does or suffers between two callbacks."""

    async def story(m):
        m.require(m.world.contactor.closed, "contactor not closed before the event")
        await m.do(action)
        await _until_open(m, within_ms, fault)
        await _named(m, fault)
        return m.open_command_us

    return story


def opens_slowly(action, within_ms, *, fault="", cause=cause_now):
    """The same over seconds, with a collection now and then."""

    async def story(m):
        m.stall_now_and_then()
        return await opens(action, within_ms, fault=fault, cause=cause)(m)

    return story


def opens_late(stall_us, within_ms, *, fault=""):
    """A hold of the interpreter beyond what is allowed; from its end to the open command."""

    async def story(m):
        m.require(m.world.contactor.closed, "contactor not closed before the event")
        at_us = m.now_us + 1 + m.rng.randrange(PHASE_US)
        m.event_us = at_us + stall_us
        m.stall(at_us, stall_us)
        await _until_open(m, PHASE_US // 1000 + stall_us // 1000 + within_ms, fault)
        await _named(m, fault)
        return m.open_command_us

    return story


async def bears_stall(m):
    """How often the contactor opens though the stalls are the allowed ones, all of them at once."""
    contactor = m.world.contactor
    m.require(contactor.closed, "contactor not closed before the event")
    before_us = (contactor.last_open_command_us, contactor.main_opened_us)
    m.event_us = m.now_us + 1 + m.rng.randrange(PHASE_US)
    m.stall(m.event_us, STALL_US)
    await m.run(_DEAD_MAN_MS)
    m.require("tick_late" not in m.names(), "tick_late told")
    return 0 if (contactor.last_open_command_us, contactor.main_opened_us) == before_us else 1


def reports(action, fault, within_ms, *, hold_ms=3000):
    """From the event to the naming of a fault that must not move the contactor."""

    async def story(m):
        contactor = m.world.contactor
        before = (contactor.last_open_command_us, contactor.operations)
        m.arm(action)
        named = m.watch(lambda: m.told(fault), 1000)
        await m.until(lambda: named, within_ms)
        if named:
            await _named(m, fault)
        await m.run(hold_ms)
        after = (contactor.last_open_command_us, contactor.operations)
        m.require(after == before, "the contactor moved")
        return m.since_event(named[0]) if named else None

    return story


async def chip_reset(m):
    """From a reset of the chip to the coil's release."""
    m.require(m.world.contactor.closed, "contactor not closed before the event")
    m.arm(chip_resets)
    await m.run(_DEAD_MAN_MS)
    return m.since_event(m.world.contactor.coil_released_us)


def dead_man(action):
    """From the event, or the last beat when a tick was under way, to the coil's release."""

    async def story(m):
        m.require(m.world.contactor.closed, "contactor not closed before the event")
        beats = _beats(m)
        m.arm(action)
        await m.run(_DEAD_MAN_MS)
        m.event_us = max(m.event_us, beats[-1])
        return m.since_event(m.world.contactor.coil_released_us)

    return story


def freezes(us):
    """The interpreter stands still: from there to the coil's release, which the firmware cannot order."""

    async def story(m):
        contactor = m.world.contactor
        m.require(contactor.closed, "contactor not closed before the event")
        beats = _beats(m)
        begin_us = m.now_us + 1 + m.rng.randrange(PHASE_US)
        m.stall(begin_us, us)
        await m.run(PHASE_US // 1000 + us // 1000 + _DROP_OUT_MS)
        # A tick under way when the hold is due ends first
        m.event_us = max(begin_us, *(beat_us for beat_us in beats if beat_us < begin_us + us // 2))
        m.require(contactor.last_open_command_us >= begin_us + us, "the firmware was not frozen")
        return m.since_event(contactor.coil_released_us)

    return story


def _beats(m):
    """A list that gets the time of each beat of the dead-man."""
    part = m.station.tick._dead_man
    beat = part.beat
    times = [m.now_us]

    def told():
        beat()
        times.append(m.now_us)

    part.beat = told
    return times


async def _until_open(m, within_ms, fault):
    await m.until(lambda: m.event_us is not None, PHASE_US // 1000 + 2)
    await m.until(lambda: m.open_command_us is not None, within_ms)
    if fault and not m.complete:
        return
    await m.until(lambda: m.contacts_us is not None, _DROP_OUT_MS)
    m.require(m.contacts_us is not None, "the main contacts did not open")


async def _named(m, fault):
    if not fault or not m.complete:
        return
    told = await m.until(lambda: m.told(fault), _NAMING_MS)
    m.require(told, "%s not told, active: %s" % (fault, " ".join(m.names())))
    if told and m.thorough:
        error = await light_error(m, fault)
        m.require(not error, error)
