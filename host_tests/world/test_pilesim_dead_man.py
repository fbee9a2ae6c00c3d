"""The three dead-mans before the coil, and the RMT and UART that feed two of them."""

import time
from types import SimpleNamespace

import pytest

from pilesim import host
from pilesim.chip import ResetRequest
from pilesim.dead_man import RMT_FILTER_US, UART_HOLD_US
from pilesim.world import World

DURATIONS_US = (20_000, 20_000)


def board(pins, **values):
    values.setdefault("CHIP", "esp32s3")
    return SimpleNamespace(PINS={"contactor": 26, "mirror": 33, **pins}, **values)


RMT_BOARD = board({"dead_man_rmt": 7}, DEAD_MAN="rmt")
UART_BOARD = board({"dead_man_uart": 27}, DEAD_MAN="uart", UART_DEAD_MAN=1)


@pytest.fixture
def world():
    with host.installed(World(seed=9)) as installed:
        yield installed


def relay_on(world):
    import machine

    return machine.Pin(26, machine.Pin.OUT, value=1)


def rmt(world, on=RMT_BOARD, **options):
    import esp32
    import machine

    world.wire(on)
    options = options or {"resolution_hz": 1_000_000}
    return esp32.RMT(pin=machine.Pin(7, machine.Pin.OUT, value=0), **options)


def uart(world):
    import machine

    world.wire(UART_BOARD)
    return machine.UART(1, 10_000, tx=27, txbuf=0, invert=machine.UART.INV_TX)


def released_after_us(world, since_us):
    world.clock.advance(200_000)
    assert not world.contactor.energised
    return world.contactor.coil_released_us - since_us


def test_charge_pump_holds_as_long_as_the_board_says(world):
    import machine

    world.wire(board({"heartbeat": 27}, DEAD_MAN="charge_pump", DEAD_MAN_HOLD_MS=50))
    relay_on(world)
    machine.Pin(27, machine.Pin.OUT, value=0)(1)
    assert world.contactor.energised
    assert released_after_us(world, world.clock.now_us) == 50_000


@pytest.mark.parametrize("roles", [{}, {"dead_man_rmt": 7}, {"dead_man_uart": 27}])
def test_a_coil_whose_own_dead_man_is_not_wired_never_holds(world, roles):
    import machine

    world.wire(board(roles))
    relay_on(world)
    for number in (7, 27):
        machine.Pin(number, machine.Pin.OUT, value=0)(1)
    time.sleep_ms(100)
    assert world.contactor.coil_energised_us == -1


def test_unknown_kind_names_the_allowed_ones(world):
    with pytest.raises(ValueError, match="DEAD_MAN spring, allowed charge_pump rmt uart"):
        world.wire(board({}, DEAD_MAN="spring"))


def test_charge_outlives_a_reset_of_the_chip(world):
    import machine

    world.wire(board({"heartbeat": 27}))
    heartbeat = machine.Pin(27, machine.Pin.OUT, value=0)
    heartbeat(1)
    heartbeat(0)
    fed_us = world.clock.now_us
    world.clock.advance(10_000)
    with pytest.raises(ResetRequest):
        machine.reset()
    relay_on(world)
    assert world.contactor.energised
    assert released_after_us(world, fed_us) == pytest.approx(45_000, abs=10)


# RMT


def test_rmt_pulse_is_the_hold_and_new_pulses_do_not_let_go(world):
    one_shot = rmt(world)
    relay_on(world)
    for _ in range(20):
        one_shot.active(False)
        one_shot.write_pulses(DURATIONS_US, (1, 1))
        assert world.contactor.energised
        time.sleep_ms(5)
    assert world.contactor.coil_released_us == -1
    # The last pulse began when write_pulses returned, 5 ms ago
    held_us = released_after_us(world, world.clock.now_us)
    assert held_us == pytest.approx(40_000 - 5_000 + RMT_FILTER_US, abs=30)


def test_a_low_longer_than_the_filter_releases(world):
    one_shot = rmt(world)
    relay_on(world)
    one_shot.write_pulses((5_000, RMT_FILTER_US + 200, 5_000))
    world.clock.advance(5_000 + RMT_FILTER_US + 100)
    assert not world.contactor.energised
    world.clock.advance(300)
    assert world.contactor.energised


def test_writing_while_a_pulse_runs_holds_the_interpreter(world):
    one_shot = rmt(world)
    one_shot.write_pulses(DURATIONS_US, (1, 1))
    started_us = world.clock.now_us
    one_shot.write_pulses(DURATIONS_US, (1, 1))
    assert world.clock.now_us - started_us >= 40_000


@pytest.mark.parametrize(
    ("chip", "least_us", "most_us"), [("esp32", 39_000, 40_100), ("esp32s3", 0, 100)]
)
def test_the_first_esp32_cannot_stop_a_pulse(world, chip, least_us, most_us):
    one_shot = rmt(world, board({"dead_man_rmt": 7}, DEAD_MAN="rmt", CHIP=chip))
    one_shot.write_pulses(DURATIONS_US, (1, 1))
    started_us = world.clock.now_us
    assert one_shot.active(False) is False
    assert least_us <= world.clock.now_us - started_us <= most_us
    assert world.chip.pad(7).read(world.clock.now_us) == 0


def test_stopping_more_than_300_ms_on_the_first_esp32_is_a_panic(world):
    one_shot = rmt(world, board({"dead_man_rmt": 7}, DEAD_MAN="rmt", CHIP="esp32"))
    one_shot.write_pulses((30_000,) * 12)
    with pytest.raises(ResetRequest):
        one_shot.active(False)


def test_a_reset_ends_the_pulse(world):
    import machine

    one_shot = rmt(world)
    relay_on(world)
    one_shot.write_pulses(DURATIONS_US, (1, 1))
    world.clock.advance(1000)
    with pytest.raises(ResetRequest):
        machine.reset()
    assert not world.contactor.energised


def levels(world, one_shot, *arguments):
    started_us = world.clock.now_us
    seen = []
    pad = world.chip.pad(7)
    pad.watchers.append(
        lambda pad, now_us: seen.append((now_us - started_us, 1 if pad.high_us else 0))
    )
    one_shot.write_pulses(*arguments)
    world.clock.advance(100_000)
    first_us = seen[0][0]
    return [(us - first_us, level) for us, level in seen]


@pytest.mark.parametrize(
    ("arguments", "edges"),
    [
        (((100, 200, 300),), [(0, 1), (100, 0), (300, 1), (600, 0)]),
        (((100, 200, 300), False), [(0, 1), (200, 0)]),
        ((50, (1, 1, 0, 1)), [(0, 1), (100, 0), (150, 1), (200, 0)]),
        (((100, 200), (1, 1)), [(0, 1), (300, 0)]),
        # 15 bits are kept, and nothing follows a duration of 0
        (((32_768 + 70, 0, 90),), [(0, 1), (70, 0)]),
    ],
)
def test_the_three_ways_to_give_pulses(world, arguments, edges):
    assert levels(world, rmt(world), *arguments) == edges


def test_older_construction_by_channel_and_divider(world):
    import esp32
    import machine

    world.wire(RMT_BOARD)
    one_shot = esp32.RMT(0, pin=machine.Pin(7), clock_div=80)
    assert levels(world, one_shot, (100,)) == [(0, 1), (100, 0)]
    assert one_shot.clock_div() == 80
    # 100 ns a tick is the default
    assert levels(world, esp32.RMT(pin=machine.Pin(7)), (1000,)) == [(0, 1), (100, 0)]


def test_wait_done_and_active_tell_what_runs(world):
    one_shot = rmt(world)
    assert one_shot.wait_done()
    one_shot.write_pulses(DURATIONS_US, (1, 1))
    assert one_shot.active()
    assert not one_shot.wait_done()
    assert not one_shot.wait_done(timeout=10)
    assert one_shot.wait_done(timeout=100)
    assert not one_shot.active()


def test_loop_repeats_until_it_is_switched_off(world):
    one_shot = rmt(world)
    one_shot.loop(True)
    one_shot.write_pulses((100, 100))
    world.clock.advance(1_000_000)
    assert one_shot.active()
    one_shot.loop(False)
    assert not one_shot.active()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolution_hz": 1, "clock_div": 1}, "mutually exclusive"),
        ({"resolution_hz": 0}, "must be positive"),
        ({"clock_div": 256}, "between 1 and 255"),
    ],
)
def test_what_the_port_refuses_is_refused(world, options, message):
    with pytest.raises(ValueError, match=message):
        rmt(world, **options)


def test_bad_pulses_and_a_returned_channel_are_refused(world):
    one_shot = rmt(world)
    with pytest.raises(ValueError, match="No pulses"):
        one_shot.write_pulses(())
    with pytest.raises(ValueError, match="same length"):
        one_shot.write_pulses((1, 2), (1,))
    with pytest.raises(ValueError, match="activate by calling"):
        one_shot.active(True)
    one_shot.deinit()
    with pytest.raises(OSError, match="deinitialized"):
        one_shot.write_pulses((1,))


# UART


def test_uart_pump_holds_until_after_the_last_byte(world):
    port = uart(world)
    relay_on(world)
    port.write(b"\x55" * 36)
    written_us = world.clock.now_us
    assert world.contactor.energised
    assert released_after_us(world, written_us) == pytest.approx(36_000 + UART_HOLD_US, abs=20)


def test_bytes_behind_bytes_hold_longer(world):
    port = uart(world)
    relay_on(world)
    port.write(b"\x55" * 10)
    written_us = world.clock.now_us
    world.clock.advance(5_000)
    port.write(b"\x55" * 10)
    assert released_after_us(world, written_us) == pytest.approx(20_000 + UART_HOLD_US, abs=20)


def test_a_closed_uart_throws_away_what_is_queued(world):
    port = uart(world)
    relay_on(world)
    port.write(b"\x55" * 36)
    assert not port.txdone()
    port.deinit()
    assert port.txdone()
    assert released_after_us(world, world.clock.now_us) == pytest.approx(UART_HOLD_US, abs=20)


def test_a_reset_throws_away_what_is_queued(world):
    import machine

    port = uart(world)
    relay_on(world)
    port.write(b"\x55" * 36)
    world.clock.advance(2_000)
    with pytest.raises(ResetRequest):
        machine.reset()
    reset_us = world.clock.now_us
    relay_on(world)
    assert world.contactor.energised
    assert released_after_us(world, reset_us) == pytest.approx(UART_HOLD_US, abs=20)
