"""What happens at an event: functions of a moment that change the world or ask the station."""

from evse.core import limits
from evse.core.ring_sector import PAGE_BYTES, READY, SECTOR_BYTES

# Behind the diode: 1.6 V, which is neither D nor E
_NO_LEVEL_OHM = 85
_STILL_US = 800_000
HOT_C10 = 850


def unplug(m):
    """The plug is torn out, under load and past a lock."""
    m.world.vehicle.unplug(force=True)


def plug(m):
    """The plug is put in."""
    m.world.vehicle.plug()


def plug_simplified(m):
    """A vehicle without S2 is plugged in."""
    m.world.vehicle.set_mode("simplified")
    m.world.vehicle.plug()


def open_s2(m):
    """The vehicle opens S2 whatever the pilot says."""
    m.world.vehicle.force_s2("open")


def close_s2(m):
    """The vehicle closes S2."""
    m.world.vehicle.force_s2("closed")


def ask_ventilation(m):
    """The vehicle closes S2 over the resistor that asks for ventilation."""
    m.world.vehicle.mode = "ventilated"
    m.world.vehicle.force_s2("closed")


def no_level(m):
    """The positive half-wave falls to a level of no state."""
    m.world.line.set_vehicle_ohm(_NO_LEVEL_OHM)


def world_fault(name, on=True):
    """Switch a fault of the simulated world."""
    return lambda m: m.world.set_fault(name, on)


def sensor_open(m):
    """The wire of the temperature sensor breaks."""
    kind = m.r.board.TEMPERATURE
    m.world.set_fault({"ds18b20": "ds18b20_absent"}.get(kind, kind + "_open"), True)


def sensor_short(m):
    """The temperature sensor is shorted."""
    m.world.set_fault(m.r.board.TEMPERATURE + "_short", True)


def both(*actions):
    """One after the other in the same microsecond."""

    def action(m):
        for each in actions:
            each(m)

    return action


def mains_off(m):
    """The mains fails."""
    m.world.set_mains(False)


def heat(m):
    """The terminals are far too hot."""
    m.world.set_temperature(HOT_C10)


def authorize(m):
    """A transaction is asked for at the pile."""
    refusal = m.station.authorize_local()
    m.require(refusal == "", "start refused: %s" % refusal)


def stop(m):
    """The transaction is ended at the pile."""
    refusal = m.station.stop_local()
    m.require(refusal == "", "stop refused: %s" % refusal)


def offer(limit_a10):
    """The technician's limit is set."""
    return lambda m: m.loop.limits.set(limits.TECHNICIAN, limit_a10)


def tick_breaks(m):
    """The next tick ends by an error."""
    pilot = m.station.tick._control_pilot

    def broken():
        del pilot.measure
        raise RuntimeError("planted")

    pilot.measure = broken


def timer_dies(m):
    """The safety tick is never called again, while everything else goes on."""
    m.world.chip.timers[0].deinit()


def chip_resets(m):
    """The chip is reset: its pins float, its peripherals stop."""
    from machine import HARD_RESET

    m.world.replace_chip(HARD_RESET)


def control_stops(m):
    """The control loop does nothing for a while."""
    station = m.station

    def resume():
        del station._step

    station._step = lambda dt_ms: None
    m.at(m.now_us + _STILL_US, resume)


def task_breaks(m):
    """The next poll of the meter ends its task by an error."""
    meter = m.station.metering._turns[0].meter

    def broken():
        del meter.poll
        raise RuntimeError("planted")

    meter.poll = broken


def journal_fills(m):
    """Nobody has taken the records of weeks: hardly a page is left."""
    journal = m.station.journal
    ring = journal.ring
    # To write them all in this moment would hold the interpreter, which they did not in those weeks
    sectors = ring._sectors
    for sector, state in enumerate(sectors.state):
        if state == READY:
            sectors.free[sector] = SECTOR_BYTES
    sectors.free[ring._head] = SECTOR_BYTES - 2 * PAGE_BYTES
    journal._room = ring.room
    assert journal.full
