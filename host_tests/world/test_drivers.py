"""Drivers of the safety parts on the simulated chip: hold times, refusals, accuracy."""

import contextlib
import math
import sys
from types import SimpleNamespace

import pytest

from pilesim import host
from pilesim.world import World
from rig import load_board

FRONT_END = {"pullup_ohm": 9994, "pullup_mv": 2480, "ntc_ohm_25c": 10000, "beta_k": 3435}


@contextlib.contextmanager
def chip(ticks_offset_us=0):
    """A world whose chip nothing is wired to."""
    world = World(1, ticks_offset_us)
    world.chip.rmt_stops = True
    host.install(world)
    try:
        yield world
    finally:
        host.uninstall()


@contextlib.contextmanager
def wired(name, ticks_offset_us=0):
    """World and board, wired, nothing running."""
    with chip(ticks_offset_us) as world:
        board = load_board(name)
        world.wire(board)
        board.safe_outputs()
        yield world, board


def beat_for(world, dead_man, ms, period_us=5000):
    """Beats every `period_us` for `ms`; False as soon as the coil's switch opened in between."""
    held = True
    end_us = world.clock.now_us + ms * 1000
    next_us = world.clock.now_us
    while next_us < end_us:
        dead_man.beat()
        next_us += period_us
        world.clock.advance_to(next_us)
        held = held and world.contactor.dead_man.held
    return held


def hold_us(world, dead_man):
    """From the end of one more beat to the opening of the coil's switch."""
    dead_man.beat()
    start_us = world.clock.now_us
    while world.contactor.dead_man.held:
        world.clock.advance(50)
        assert world.clock.now_us < start_us + 200000
    return world.clock.now_us - start_us


# board, shortest and longest hold in us; the pump of devkitc is simulated at its longest
HOLDS = (
    ("devkitc", 49000, 50000),
    ("devkitc_socket", 40000, 41100),
    ("devkitc_uart", 43000, 44100),
)


@pytest.mark.parametrize(("name", "least_us", "most_us"), HOLDS)
def test_dead_man_holds_while_it_is_fed_and_lets_go_in_time(
    name, least_us, most_us, record_property
):
    with wired(name) as (world, board):
        dead_man = board.dead_man()
        assert not world.contactor.dead_man.held, "held before the first beat"
        longest_us = shortest_us = hold_us(world, dead_man)
        # Fed for longer and longer, at the tick's pace and with its jitter
        for ms, period_us in ((5, 5000), (100, 5000), (1000, 5000), (1000, 4700), (1000, 28000)):
            world.clock.advance(123457)
            assert beat_for(world, dead_man, ms, period_us), (ms, period_us)
            held_us = hold_us(world, dead_man)
            longest_us, shortest_us = max(longest_us, held_us), min(shortest_us, held_us)
        assert least_us <= shortest_us <= longest_us <= most_us
        assert longest_us <= board.DEAD_MAN_HOLD_MS * 1000
    record_property("figure", f"{name}: dead-man holds {shortest_us}..{longest_us} us")


@pytest.mark.parametrize("name", [row[0] for row in HOLDS])
def test_hold_time_does_not_drift_in_ten_minutes_of_beats(name):
    with wired(name) as (world, board):
        dead_man = board.dead_man()
        beat_for(world, dead_man, 1000)
        before_us = hold_us(world, dead_man)
        assert beat_for(world, dead_man, 600000)
        assert abs(hold_us(world, dead_man) - before_us) <= 1100


@pytest.mark.parametrize("name", ["devkitc_socket", "devkitc_uart"])
def test_beat_never_holds_the_interpreter(name):
    with wired(name) as (world, board):
        dead_man = board.dead_man()
        longest_us = 0
        for gap_us in (5000, 100, 0, 0, 5000, 28000, 39000, 70000, 5000):
            start_us = world.clock.now_us
            dead_man.beat()
            longest_us = max(longest_us, world.clock.now_us - start_us)
            world.clock.advance(gap_us)
        assert longest_us <= 150


def test_uart_dead_man_writes_no_byte_twice_and_never_more_than_36():
    with wired("devkitc_uart") as (world, board):
        dead_man = board.dead_man()
        port = world.chip.uart(board.UART_DEAD_MAN)
        assert port.framing == (10000, 8, None, 1)
        sizes = []
        write = port.write
        port.write = lambda data: (sizes.append(len(data)), write(data))[1]
        start_us = world.clock.now_us
        for _ in range(200):
            dead_man.beat()
            assert port.tx_end_us() - world.clock.now_us <= 36000
            world.clock.advance(5000)
        # One byte is a millisecond: what was written is what went by, and the 36 ms ahead
        assert sum(sizes) == (world.clock.now_us - start_us) // 1000 - 5 + 36
        assert max(sizes) == 36
        dead_man.beat()
        count = len(sizes)
        dead_man.beat()
        assert len(sizes) == count


@pytest.mark.parametrize("pause_us", [536_870_000, 536_900_000, 1_073_700_000, 1_073_741_824])
def test_uart_dead_man_fills_up_after_a_pause_in_which_the_ticks_wrapped(pause_us):
    with wired("devkitc_uart", ticks_offset_us=1 << 29) as (world, board):
        dead_man = board.dead_man()
        beat_for(world, dead_man, 1000)
        world.clock.advance(pause_us)
        assert hold_us(world, dead_man) >= 43000


def test_rmt_dead_man_is_refused_on_a_chip_that_cannot_stop_a_pulse():
    with wired("devkitc_socket") as (world, board):
        world.chip.rmt_stops = False
        with pytest.raises(OSError, match=r"dead_man_rmt: a pulse took .* us to stop"):
            board.dead_man()


def test_rmt_dead_man_takes_the_older_signature_and_refuses_an_rmt_without_active(monkeypatch):
    class OldRmt:
        def __init__(self, channel, *, pin, clock_div=8):
            pass

        def write_pulses(self, duration, data=True):
            pass

    with wired("devkitc_socket") as (_world, board):
        board.dead_man()
        monkeypatch.setattr(sys.modules["evse.drivers.dead_man_rmt"], "RMT", OldRmt)
        with pytest.raises(OSError, match=r"dead_man_rmt: RMT has no active\(\)"):
            board.dead_man()


def ntc_mv(celsius):
    """The beta equation and the divider, by themselves."""
    ohm = 10000 * math.exp(3435 * (1 / (celsius + 273.15) - 1 / 298.15))
    return 2480 * ohm / (ohm + 9994)


def thermometer(world, level_mv):
    """A TemperatureNtc on a pad with a settable level."""
    from evse.drivers.temperature_ntc import TemperatureNtc

    world.chip.pad(39).analog_mv = lambda _now_us: level_mv[0]
    return TemperatureNtc(39, FRONT_END)


def test_temperature_within_half_a_degree_from_minus_20_to_100(record_property):
    with chip() as world:
        level_mv = [1000]
        part = thermometer(world, level_mv)
        worst_c10 = 0
        for c10 in range(-200, 1001, 3):
            level_mv[0] = round(ntc_mv(c10 / 10))
            worst_c10 = max(worst_c10, abs(part.read() - c10))
    record_property("figure", f"NTC: worst error {worst_c10 / 10} degC")
    assert worst_c10 <= 5


@pytest.mark.parametrize("level_mv", [0, 60, 2420, 2480, 3100])
def test_open_and_shorted_ntc_are_errors(level_mv):
    with chip() as world, pytest.raises(OSError, match="5"):
        thermometer(world, [level_mv]).read()


def test_ntc_of_the_boards_reads_the_world():
    for name in ("devkitc", "devkitc_socket", "devkitc_uart"):
        with wired(name) as (world, board):
            part = board.temperature()
            for c10 in (-100, 250, 700, 950):
                world.temperature.set_c10(c10)
                assert abs(part.read() - c10) <= 5, (name, c10)
            for fault in ("ntc_open", "ntc_short"):
                world.set_fault(fault, True)
                with pytest.raises(OSError, match="5"):
                    part.read()
                world.set_fault(fault, False)


@pytest.mark.parametrize("method", ["emergency_stop", "pe_monitor", "mains_monitor"])
def test_a_safety_input_is_active_at_1_and_when_nothing_drives_it(method):
    with wired("devkitc_socket") as (world, board):
        part = getattr(board, method)()
        pad = world.chip.pad(board.PINS[method])
        assert not part.active()
        pad.source = lambda _now_us: 1
        assert part.active()
        pad.source = None
        assert part.active(), "a broken wire must read as active"


def test_a_pin_with_an_external_pull_up_is_left_without_the_chips_own():
    with wired("devkitc_uart") as (world, board):
        board.pe_monitor()
        board.emergency_stop()
        assert not world.chip.pad(board.PINS["pe_monitor"]).pull_up
        assert world.chip.pad(board.PINS["emergency_stop"]).pull_up


def test_parts_without_a_pin_are_none():
    with wired("devkitc") as (_world, board):
        assert board.lock() is None
        assert board.mains_monitor() is None
        from evse.drivers.standard_board import StandardBoard

        bare = StandardBoard()
        bare.PINS = {}
        assert bare.residual_current() is bare.emergency_stop() is bare.pe_monitor() is None
        assert bare.temperature() is None


def test_residual_current_monitor_trips_under_its_test_current():
    with wired("devkitc") as (world, board):
        part = board.residual_current()
        assert not part.active()
        part.test(True)
        world.clock.advance(200000)
        assert part.active()
        part.test(False)
        world.clock.advance(1000000)
        assert not part.active()
        assert world.residual_current.tests == 1


def test_lock_drives_both_ways_and_never_both_sides_at_once():
    with wired("devkitc_socket") as (world, board):
        part = board.lock()
        pads = SimpleNamespace(
            a=world.chip.pad(board.PINS["lock_a"]), b=world.chip.pad(board.PINS["lock_b"])
        )
        both = []
        for pad in (pads.a, pads.b):
            pad.watchers.append(
                lambda _pad, _now_us: both.append(bool(pads.a.high_us) and bool(pads.b.high_us))
            )
        assert not part.is_locked()
        for direction, levels in ((1, (1, 0)), (-1, (0, 1)), (1, (1, 0)), (0, (0, 0))):
            part.drive(direction)
            now_us = world.clock.now_us
            assert (pads.a.read(now_us), pads.b.read(now_us)) == levels, direction
            world.clock.advance(400000)
        assert part.is_locked()
        assert both
        assert not any(both)
        world.set_fault("lock_wire", True)
        assert not part.is_locked()


@pytest.mark.parametrize(("name", "broken"), [("devkitc", True), ("devkitc_socket", False)])
def test_contactor_feedback_has_its_own_sense(name, broken):
    with wired(name) as (world, board):
        part, dead_man = board.contactor(), board.dead_man()
        assert not part.is_closed()
        part.close()
        beat_for(world, dead_man, 200)
        assert world.contactor.closed
        assert part.is_closed()
        part.open()
        beat_for(world, dead_man, 200)
        assert not part.is_closed()
        role = "mirror" if "mirror" in board.PINS else "output_sense"
        world.chip.pad(board.PINS[role]).source = None
        assert part.is_closed() is broken
