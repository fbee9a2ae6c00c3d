"""Connector 1 of a board with a phase contactor: what a test asks of it, and what the world holds against it."""

from twin_bench import charge, charging, connector

BOARD = "esp32s3_twin"
# From power-up: no vehicle for 10 s, then the mirror has proven three phases
PROVEN_MS = 14_000
# No second change within a minute, here within DWELL_MS; the change itself takes 10 s of state F
DWELL_MS = 12_000
CHANGED_MS = DWELL_MS + 20_000


def phases(r):
    return connector(r, 1).loop.protection.phases


def drawn_a(r):
    """Amperes on each phase in the world."""
    now_us = r.world.clock.now_us
    return [r.world.load.phase_current_ma(phase, now_us) // 1000 for phase in range(3)]


def complaints(r):
    return [
        entry
        for name in ("phases_switched_under_load", "vehicle_saw_phase_change_without_unplug")
        for entry in r.world.events(name)
    ]


async def on_three(r):
    """Charging on three phases."""
    await r.run(PROVEN_MS)
    assert phases(r).proven_phases == 3
    await charge(r, 1)
    await r.run(3000)
    assert drawn_a(r) == [31, 31, 31]


async def changed(r, wanted):
    """The wish is met and current flows again."""
    await r.until(lambda: phases(r).proven_phases == wanted and charging(r, 1), CHANGED_MS)
    await r.run(3000)
