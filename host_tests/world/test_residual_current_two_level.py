"""Residual-current monitors: the driver and the self-test on the models, each fault of the two-level one."""

from types import SimpleNamespace

import pytest
from parts_bench import bare_chip, timed

from evse.core.residual_current import ResidualCurrentTest
from pilesim import residual_current, residual_current_two_level
from pilesim.residual_current_two_level import DC_TRIP_US
from pilesim.rng import Random

DC_PIN, AC_PIN, TEST_PIN = 4, 5, 6
STEP_MS = 20


@pytest.fixture
def world():
    with bare_chip() as made:
        yield made


def two_level(world, seed=1, test_level=0):
    """Model, driver and self-test as the board and the control loop join them."""
    from evse.drivers.residual_current_two_level import ResidualCurrentTwoLevel

    model = residual_current_two_level.ResidualCurrentTwoLevel(
        world.clock, world.contactor, Random(seed), world.log
    )
    pads = [world.chip.pad(pin) for pin in (DC_PIN, AC_PIN, TEST_PIN)]
    model.attach(*pads, test_level)
    part = ResidualCurrentTwoLevel(DC_PIN, AC_PIN, TEST_PIN, test_level=test_level)
    return SimpleNamespace(model=model, part=part, test=ResidualCurrentTest(*part.TEST))


def run(world, joined, ms, wanted=False):
    """The control loop's part: two readings in a row must agree, then the test current follows."""
    part, test = joined.part, joined.test
    before, level = part.level(), 0
    for _ in range(ms // STEP_MS):
        world.clock.advance(STEP_MS * 1000)
        now = part.level()
        level = now if now == before else level
        before = now
        test.step(level, True, wanted, STEP_MS)
        part.test(test.output)


@pytest.mark.parametrize("test_level", [0, 1])
@pytest.mark.parametrize("seed", range(10))
def test_a_good_monitor_passes_and_says_nothing_afterwards(world, seed, test_level):
    joined = two_level(world, seed, test_level)
    assert not joined.part.active()
    run(world, joined, 2300)
    assert joined.test.passed
    assert joined.test.proven
    assert not joined.test.busy
    assert joined.model.tests == 1
    for _ in range(100):
        run(world, joined, 100)
        assert not joined.part.active()


# fault: the self-test fails
FAILS = ("rcm_dc_dead", "rcm_ac_dead", "rcm_dead", "rcm_test_dead", "rcm_slow")
# reads as tripped, with this level
TRIPPED = {
    "rcm_dc_stuck": 1,
    "rcm_dc_wire": 1,
    "rcm_ac_stuck": 2,
    "rcm_ac_wire": 2,
    "rcm_stuck": 3,
    "rcm_wire": 3,
    "residual_current": 2,
    "residual_current_dc": 1,
}


def test_every_fault_of_the_model_is_in_a_table_of_this_test():
    assert sorted((*FAILS, *TRIPPED)) == sorted(residual_current_two_level.FAULTS)


@pytest.mark.parametrize("fault", FAILS)
def test_a_monitor_that_cannot_do_its_work_fails_the_test(world, fault):
    joined = two_level(world)
    joined.model.set_fault(fault, True)
    run(world, joined, 10_000)
    assert joined.test.failed
    assert not joined.test.proven
    joined.model.set_fault(fault, False)
    run(world, joined, 5_000)
    joined.test.restart()
    run(world, joined, 5_000)
    assert joined.test.proven


@pytest.mark.parametrize("fault", TRIPPED)
def test_what_trips_is_active_and_named(world, fault):
    joined = two_level(world)
    run(world, joined, 3000)
    joined.model.set_fault(fault, True)
    world.clock.advance(DC_TRIP_US[1])
    assert joined.part.active()
    assert joined.part.level() == TRIPPED[fault]
    joined.model.set_fault(fault, False)
    world.clock.advance(1_000_000)
    assert joined.part.level() == 0
    assert not joined.part.active()


@pytest.mark.parametrize("fault", [name for name in TRIPPED if name.startswith("rcm")])
def test_an_output_that_hangs_within_a_test_fails_it(world, fault):
    joined = two_level(world)
    run(world, joined, 400)
    joined.model.set_fault(fault, True)
    run(world, joined, 10_000)
    assert joined.test.failed
    assert not joined.test.passed


def test_a_wire_that_is_cut_reads_as_tripped(world):
    joined = two_level(world)
    for pin, level in ((DC_PIN, 1), (AC_PIN, 2)):
        source = world.chip.pad(pin).source
        world.chip.pad(pin).source = None
        assert joined.part.active()
        assert joined.part.level() == level
        world.chip.pad(pin).source = source


def test_each_input_has_its_own_pull_up_choice(world):
    from evse.drivers.residual_current_two_level import ResidualCurrentTwoLevel

    ResidualCurrentTwoLevel(DC_PIN, AC_PIN, TEST_PIN, pull_up=False)
    assert [world.chip.pad(pin).pull_up for pin in (DC_PIN, AC_PIN)] == [False, True]
    ResidualCurrentTwoLevel(DC_PIN + 9, AC_PIN + 9, TEST_PIN, ac_pull_up=False)
    assert [world.chip.pad(pin + 9).pull_up for pin in (DC_PIN, AC_PIN)] == [True, False]


def test_a_current_within_a_test_keeps_it_tripped(world):
    joined = two_level(world)
    run(world, joined, 400)
    joined.model.set_fault("residual_current", True)
    run(world, joined, 10_000)
    assert not joined.test.passed
    assert joined.part.active()


def test_a_current_behind_the_contactor_needs_it_closed(world):
    joined = two_level(world)
    joined.model.behind_contactor = True
    joined.model.set_fault("residual_current_dc", True)
    run(world, joined, 3000)
    assert joined.test.passed
    assert not joined.part.active()


def test_no_call_takes_long(world):
    joined = two_level(world)
    for call, arguments in (
        (joined.part.active, ()),
        (joined.part.level, ()),
        (joined.part.test, (True,)),
        (joined.part.test, (False,)),
    ):
        assert timed(world, call, *arguments)[0] <= 20


@pytest.mark.parametrize("test_level", [0, 1])
def test_the_test_current_of_a_plain_monitor_flows_at_the_level_that_the_board_names(
    world, test_level
):
    from evse.drivers.residual_current_monitor import ResidualCurrentMonitor

    pad = world.chip.pad(TEST_PIN)
    part = ResidualCurrentMonitor(DC_PIN, TEST_PIN, test_level=test_level)
    levels = [pad.read(0)]
    for on in (True, False):
        part.test(on)
        levels.append(pad.read(world.clock.now_us))
    assert levels == [1 - test_level, test_level, 1 - test_level]


def test_a_plain_monitor_passes_the_same_way(world):
    from evse.drivers.residual_current_monitor import ResidualCurrentMonitor

    model = residual_current.ResidualCurrentMonitor(
        world.clock, world.contactor, Random(3), world.log
    )
    model.attach(world.chip.pad(DC_PIN), world.chip.pad(TEST_PIN))
    part = ResidualCurrentMonitor(DC_PIN, TEST_PIN)
    joined = SimpleNamespace(model=model, part=part, test=ResidualCurrentTest(*part.TEST))
    run(world, joined, 2000)
    assert joined.test.proven
    model.set_fault("rcm_stuck", True)
    assert part.active() is part.level() is True
