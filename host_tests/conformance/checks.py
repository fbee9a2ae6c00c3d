"""Measured supervision of pilot, contactor, self-test and lock: what must be seen around a closing."""

from conformance.moment import PHASE_US
from evse.core import faults

# Longer than a tick with its bursts, shorter than the debounce of a state
_TWITCH_US = 12_000


def weld_seen(m):
    """True when the tick has seen the weld."""
    return bool(m.station.tick.contactor.faults & faults.CONTACTOR_WELDED)


async def twitches(m):
    """Slowest opening of three, each by a break of CP that is over before the state follows."""
    contactor = m.world.contactor
    slowest_us = 0
    for _ in range(3):
        m.require(await m.until(lambda: contactor.closed, 20_000), "not closed again")
        await m.run(m.rng.randrange(300, 1500))
        at_us = m.arm(lambda m: m.world.set_fault("cp_open", True))
        m.at(at_us + _TWITCH_US, lambda: m.world.set_fault("cp_open", False))
        await m.run(PHASE_US // 1000 + 30)
        if m.open_command_us is None:
            return None
        slowest_us = max(slowest_us, m.open_command_us)
    m.require(await m.until(lambda: m.told("pilot_unstable"), 500), "pilot_unstable not told")
    return slowest_us


def weld_input(fault):
    """From the feedback of a contactor that is closed with its coil off to the tick's fault."""

    async def story(m):
        changes = _feedback_changes(m)
        m.arm(lambda m: m.world.set_fault(fault, True))
        found = m.watch(lambda: m.event_us is not None and weld_seen(m), 20)
        await m.until(lambda: found, 300)
        told = await m.until(lambda: m.told("contactor_welded"), 300)
        m.require(told, "contactor_welded not told")
        await m.until(lambda: m.world.line.duty_u16() == 0, 300)
        m.require(m.world.line.duty_u16() == 0, "no state F")
        if not found:
            return None
        m.event_us = _steady_since(changes, found[0])
        return m.since_event(found[0])

    return story


async def weld_at_opening(m):
    """From the open command that a welded contactor does not follow to the tick's fault."""
    m.world.set_fault("weld", True)
    m.arm(lambda m: m.world.vehicle.force_s2("open"))
    found = m.watch(lambda: m.event_us is not None and weld_seen(m), 100)
    await m.until(lambda: found, 1000)
    m.event_us = m.world.contactor.last_open_command_us
    operations = m.world.contactor.operations
    m.world.vehicle.force_s2("closed")
    await m.run(5000)
    m.require(m.world.contactor.relay == 0, "the coil was switched on again")
    m.require(m.world.contactor.operations == operations, "the contactor closed again")
    return m.since_event(found[0]) if found else None


def no_close(fault):
    """From the close command that the feedback does not confirm to the open command."""

    async def story(m):
        contactor = m.world.contactor
        m.world.set_fault(fault, True)
        m.arm(lambda m: m.world.vehicle.force_s2("closed"))
        await m.until(lambda: contactor.relay, 8000)
        m.event_us = contactor.last_close_command_us
        await m.until(lambda: not contactor.relay, 1000)
        told = await m.until(lambda: m.told("contactor_no_close"), 300)
        m.require(told, "contactor_no_close not told")
        return m.open_command_us

    return story


def released(fault):
    """From the feedback that a commanded contactor is open to the open command."""

    async def story(m):
        contactor = m.world.contactor
        m.require(contactor.closed, "contactor not closed before the event")
        changes = _feedback_changes(m)
        m.arm(lambda m: m.world.set_fault(fault, True))
        opened = await m.until(lambda: not contactor.relay, 200)
        told = await m.until(lambda: m.told("contactor_released"), 300)
        m.require(told, "contactor_released not told")
        if not opened:
            return None
        m.event_us = _steady_since(changes, contactor.last_open_command_us)
        return m.open_command_us

    return story


def _feedback_changes(m):
    """A list that gets the times at which the feedback's level changes; it bounces."""
    pins = m.r.board.PINS
    pad = m.world.chip.pad(pins["output_sense"] if "output_sense" in pins else pins["mirror"])
    clock = m.world.clock
    changes = []
    seen = [pad.read(clock.now_us)]

    def look(now_us):
        level = pad.read(now_us)
        if level != seen[0]:
            seen[0] = level
            changes.append(now_us)
        event.at(now_us + 20)

    event = clock.event(look)
    event.at(clock.now_us + 1)
    return changes


def _steady_since(changes, at_us):
    """The last change before `at_us`: a level that still bounces tells nothing yet."""
    # None: it changed since the look before
    return max((us for us in changes if us <= at_us), default=at_us)


async def failed_self_test(m):
    """From the opening, after which the monitor no longer trips, to the naming of the failed test."""
    contactor = m.world.contactor
    operations = contactor.operations
    m.world.set_fault("rcm_dead", True)
    m.arm(lambda m: m.world.vehicle.force_s2("open"))
    await m.until(lambda: not contactor.relay, PHASE_US // 1000 + 20)
    m.event_us = contactor.last_open_command_us
    named = m.watch(lambda: m.told("residual_current_test"), 1000)
    await m.run(1000)
    m.world.vehicle.force_s2("closed")
    await m.until(lambda: named, 5000)
    await m.run(2000)
    m.require(contactor.operations == operations, "closed without a self-test")
    return m.since_event(named[0]) if named else None


async def untested_closings(m):
    """How many closings had no self-test since the closing before."""
    contactor, monitor, vehicle = m.world.contactor, m.world.residual_current, m.world.vehicle
    untested = 0
    m.event_us = m.now_us
    for _ in range(3):
        tests, operations = monitor.tests, contactor.operations
        vehicle.force_s2("open")
        await m.until(lambda: not contactor.closed, 200)
        await m.run(m.rng.randrange(10, 1500))
        vehicle.force_s2("closed")
        closed = await m.until(lambda before=operations: contactor.operations > before, 20_000)
        m.require(closed, "not closed again")
        untested += monitor.tests == tests
        await m.run(m.rng.randrange(10_500, 12_000))
    return untested


async def lock_not_home(m):
    """From the order to the naming of a bolt that does not reach home; nothing may close."""
    m.world.set_fault("lock_jam", True)
    await m.do(lambda m: m.station.authorize_local())
    named = m.watch(lambda: m.told("lock_jam"), 1000)
    await m.until(lambda: named, 8000)
    await m.run(1000)
    m.require(not m.world.contactor.operations, "closed with the lock open")
    return m.since_event(named[0]) if named else None


async def unlocked_while_closed(m):
    """How often the bolt leaves its home while the contacts are closed, in a stop with vehicle's help."""
    world = m.world
    early = []

    def watch(pad, _now_us):
        if pad.high_us and world.contactor.closed:
            early.append(pad)

    world.chip.pad(m.r.board.PINS["lock_b"]).watchers.append(watch)
    await m.do(lambda m: m.station.stop_local())
    await m.until(lambda: not world.lock.locked, 10_000)
    m.require(not world.lock.locked, "the plug stays locked")
    return len(early)
