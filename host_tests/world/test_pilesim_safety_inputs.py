"""Emergency stop, PE monitor, mains monitor and output sensing of the world, at their microsecond."""

import pytest
from pilesim_bench import Bench


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize(
    ("fault", "role"), [("emergency_stop", "emergency_stop"), ("pe_lost", "pe_monitor")]
)
def test_inputs_switch_at_the_microsecond_and_survive_a_reset(bench, fault, role):
    bench.clock.advance(1234)
    assert bench.level(role) == 0
    bench.world.set_fault(fault, True)
    assert bench.level(role) == 1
    assert getattr(bench.world, role).changed_us == 1234
    bench.world.replace_chip(2)
    assert bench.level(role) == 1
    bench.world.set_fault(fault, False)
    assert bench.level(role) == 0


def test_an_input_queues_its_interrupt(bench):
    seen = []
    pad = bench.pad("emergency_stop")
    pad.irq_handler, pad.irq_trigger = seen.append, 1
    bench.world.set_fault("emergency_stop", True)
    bench.clock.run_callbacks()
    assert seen == [pad]


def test_mains_monitor_follows_10_ms_later_and_ignores_a_shorter_dip(bench):
    bench.world.set_mains(False)
    assert bench.until("mains_monitor", 1, 20_000) == pytest.approx(10_000, abs=100)
    bench.world.set_mains(True)
    assert bench.until("mains_monitor", 0, 20_000) == pytest.approx(10_000, abs=100)
    bench.world.set_mains(False)
    bench.clock.advance(9_000)
    bench.world.set_mains(True)
    # Another dip begins anew
    bench.world.set_mains(False)
    bench.clock.advance(9_000)
    bench.world.set_mains(True)
    bench.clock.advance(50_000)
    assert bench.world.mains_monitor.changed_us < bench.clock.now_us - 50_000
    bench.world.set_fault("phase_lost", True)
    bench.clock.advance(10_000)
    assert bench.level("mains_monitor") == 1


def test_output_sense_shows_voltage_and_holds_30_ms(bench):
    assert bench.level("output_sense") == 1
    bench.close()
    assert bench.level("output_sense") == 0
    bench.drive("contactor", 0)
    bench.clock.advance(15_000)
    assert not bench.world.contactor.closed
    assert bench.until("output_sense", 1, 40_000) == pytest.approx(30_000, abs=100)


def test_output_sense_needs_the_mains_and_sees_a_weld(bench):
    bench.world.set_fault("welded", True)
    assert bench.level("output_sense") == 0
    bench.world.set_mains(False)
    bench.clock.advance(29_900)
    assert bench.level("output_sense") == 0
    bench.clock.advance(200)
    assert bench.level("output_sense") == 1
    bench.world.set_mains(True)
    assert bench.level("output_sense") == 0


def test_broken_output_sense_reads_open(bench):
    bench.close()
    bench.world.set_fault("sense_broken", True)
    assert bench.level("output_sense") == 1
