"""What a pile says after power-up, and whether it charges all the same."""

from evse.core import faults

_CHARGE_MS = 5000
_PHASES_MS = 15000


async def _settled(m):
    """Time for the verdict; a phase contactor shows the vehicle an unplug before anything else."""
    phases = m.loop.protection.phases
    await m.run(_CHARGE_MS)
    if phases is not None and not phases.may_offer:
        await m.until(lambda: phases.may_offer or m.loop.blocking(), _PHASES_MS)
        await m.run(_CHARGE_MS)


def named_after_power_on(fault, *, refusal="", within_ms=1000):
    """From power-up to the naming of a fault; the pile must then charge, or refuse to with `refusal`."""

    async def story(m):
        m.event_us = m.now_us
        named = m.watch(lambda: m.told(fault), within_ms)
        await m.until(lambda: named, within_ms)
        if not named:
            return None
        if not refusal:
            await m.r.charge()
            await m.run(_CHARGE_MS)
            m.require(m.world.contactor.closed, "the charge did not go on")
        else:
            m.world.vehicle.plug()
            await _settled(m)
            said = m.station.authorize_local()
            m.require(said == refusal, "start answered %r" % said)
            await m.run(_CHARGE_MS)
            m.require(not m.world.contactor.operations, "the contactor closed")
            trips = refusal == "fault" and faults.row(fault)["severity"] == faults.TRIP
            wanted = "F" if trips else "B1"
            m.require(m.loop.machine.name() == wanted, "state %s" % m.loop.machine.name())
        return m.since_event(named[0])

    return story


def not_closed_in_c(within_ms):
    """How often the contactor closes when a vehicle stands in state C while the pile starts."""

    async def story(m):
        m.world.vehicle.set_mode("simplified")
        m.world.vehicle.plug()
        m.event_us = m.now_us
        await m.run(within_ms)
        await _settled(m)
        m.require(m.loop.machine.name() == "C1", "state %s" % m.loop.machine.name())
        return m.world.contactor.operations

    return story
