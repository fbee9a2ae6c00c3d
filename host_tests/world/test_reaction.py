"""What opens the contactor when Python stands still; the reaction to the line is in conformance/.

All times are virtual and exact to the microsecond; what is measured is the firmware's own path
under the documented cost of pin and ADC accesses, not a real ESP32.
"""

from rig import rig


def test_frozen_interpreter_drops_the_contactor_by_the_dead_man_and_is_reported(record_property):
    async def story(r):
        await r.charge()
        await r.run(1000)
        frozen_us = r.world.clock.now_us
        r.world.freeze(1_000_000)
        opened_us = r.world.contactor.main_opened_us - frozen_us
        await r.run(500)
        names = [record.get("fault") for record in r.records()]
        return opened_us, names, r.station.session.status(), r.station.tick.late_us

    worst_us = 0
    for seed in range(20):
        with rig(seed=seed) as r:
            opened_us, names, status, late_us = r.play(story)
        assert 0 < opened_us <= 70_000, (seed, opened_us)
        worst_us = max(worst_us, opened_us)
        assert "tick_late" in names, names
        assert "contactor_released" in names, names
        assert status == "suspended_evse"
        assert late_us > 900_000
    record_property(
        "figure", f"contactor open {worst_us / 1000:.1f} ms after the freeze, worst of 20"
    )


def test_lost_control_loop_opens_by_the_tick():
    async def story(r):
        await r.charge()
        # The loop's task dies and is not started again
        r.station._step = lambda dt_ms: None
        stopped_us = r.world.clock.now_us
        await r.run(1000)
        seen = faults.names(r.station.tick.latched)
        return r.world.contactor.last_open_command_us - stopped_us, seen

    with rig() as r:
        from evse.core import faults

        opened_us, seen = r.play(story)
    assert 0 < opened_us <= 530_000
    assert "control_lost" in seen
