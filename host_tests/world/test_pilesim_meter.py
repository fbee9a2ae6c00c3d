"""The DL/T 645-2007 meter, its UART and the RS-485 pair, against published frames."""

import time
from types import SimpleNamespace

import pytest

from pilesim import dlt645_frames as frames
from pilesim import host
from pilesim.mains import STEP_US
from pilesim.memory import MeterMemory
from pilesim.world import World

ADDRESS = frames.address_bytes("210012345678")


BOARD = SimpleNamespace(PINS={"rs485_tx": 17, "rs485_rx": 16}, UART_METER=2)


@pytest.fixture
def world():
    with host.installed(World(seed=3)) as installed:
        installed.wire(BOARD)
        yield installed


@pytest.fixture
def uart(world):
    import machine

    return machine.UART(2, 2400, bits=8, parity=0, stop=1)


def read(di):
    return bytes.fromhex(di)[::-1]


def ask(uart, data, address=ADDRESS, control=frames.READ):
    """Answer (address, control, data) to one request, None if there is none within 500 ms."""
    uart.write(frames.build(address, control, data))
    time.sleep_ms(600)
    buffer = bytearray(uart.read() or b"")
    return frames.take(buffer)


@pytest.mark.parametrize(
    ("control", "body", "text"),
    [
        (0x11, read("00010000"), "68 78 56 34 12 00 21 68 11 04 33 33 34 33 E7 16"),
        (
            0x91,
            read("00010000") + frames.bcd(123456, 4),
            "68 78 56 34 12 00 21 68 91 08 33 33 34 33 89 67 45 33 D3 16",
        ),
        (
            0x91,
            read("02010100") + frames.bcd(2304, 2),
            "68 78 56 34 12 00 21 68 91 06 33 34 34 35 37 56 F9 16",
        ),
        (
            0x91,
            read("02020100") + frames.bcd(15872, 3),
            "68 78 56 34 12 00 21 68 91 07 33 34 35 35 A5 8B 34 D2 16",
        ),
        (
            0x91,
            read("02030000") + frames.bcd(36543, 3),
            "68 78 56 34 12 00 21 68 91 07 33 33 36 35 76 98 36 B2 16",
        ),
        (
            0x91,
            read("02030000") + frames.bcd(-36543, 3),
            "68 78 56 34 12 00 21 68 91 07 33 33 36 35 76 98 B6 32 16",
        ),
        (
            0x93,
            ADDRESS,
            "68 78 56 34 12 00 21 68 93 06 AB 89 67 45 33 54 05 16",
        ),
        (0xD1, b"\x02", "68 78 56 34 12 00 21 68 D1 01 35 0C 16"),
    ],
)
def test_frames_match_the_published_ones(control, body, text):
    assert frames.build(ADDRESS, control, body) == bytes.fromhex(text)
    assert frames.take(bytearray(bytes.fromhex(text))) == (ADDRESS, control, body)


def test_take_skips_wake_up_bytes_garbage_and_broken_frames():
    good = frames.build(ADDRESS, 0x11, read("00010000"))
    broken = bytearray(good)
    broken[-2] ^= 1
    buffer = bytearray(b"\xfe\xfe\x68\x00") + broken + b"\xfe" + good + good[:5]
    assert frames.take(buffer) == (ADDRESS, 0x11, read("00010000"))
    assert buffer == good[:5]
    assert frames.take(buffer) is None


def test_register_is_answered_40_ms_after_the_request_at_11_bits_a_byte(world, uart):
    request = frames.build(ADDRESS, frames.READ, read("00010000"))
    uart.write(request)
    started_us = world.clock.now_us
    assert not uart.txdone()
    # 16 bytes of 11 bits at 2400 baud are 73.3 ms; then 40 ms; then one byte of 4.58 ms
    arrival_us = started_us + 16 * 11 * 1_000_000 // 2400 + 40_000 + 11 * 1_000_000 // 2400
    world.clock.advance_to(arrival_us - 30)
    assert uart.any() == 0
    world.clock.advance_to(arrival_us + 10)
    assert uart.any() == 1
    assert uart.txdone()
    time.sleep_ms(200)
    answer = uart.read()
    assert answer == b"\xfe\xfe\xfe\xfe" + frames.build(
        ADDRESS, 0x91, read("00010000") + frames.bcd(world.meter.base_units, 4)
    )


@pytest.mark.parametrize(
    ("di", "body"),
    [
        ("00010000", frames.bcd(123456, 4)),
        ("0001FF00", frames.bcd(123456, 4) * 2 + bytes(12)),
        ("02010100", frames.bcd(2200, 2)),
        ("0201FF00", frames.bcd(2200, 2) + bytes(4)),
        ("02020100", frames.bcd(0, 3)),
        ("0202FF00", bytes(9)),
        ("02030000", bytes(3)),
        ("0203FF00", bytes(12)),
        ("02800002", frames.bcd(5000, 2)),
        ("04000401", ADDRESS),
    ],
)
def test_identifiers(world, uart, di, body):
    world.mains.wander_mv = 0
    assert ask(uart, read(di)) == (ADDRESS, 0x91, read(di) + body)


def test_unknown_identifier_is_refused(uart):
    assert ask(uart, read("07000001")) == (ADDRESS, 0xD1, b"\x02")


def test_address_is_read_by_wildcard(uart):
    assert ask(uart, b"", frames.WILDCARD, frames.READ_ADDRESS) == (ADDRESS, 0x93, ADDRESS)


def test_another_address_gets_no_answer(uart):
    assert ask(uart, read("00010000"), frames.address_bytes("000000000001")) is None


@pytest.mark.parametrize("framing", [{"baudrate": 9600, "parity": 0}, {"baudrate": 2400}])
def test_wrong_framing_gets_no_answer(world, framing):
    import machine

    assert ask(machine.UART(2, **framing), read("00010000")) is None


def test_wrong_framing_of_the_receiver_reads_garbage(world, uart):
    uart.write(frames.build(ADDRESS, frames.READ, read("00010000")))
    time.sleep_ms(80)
    uart.init(4800, parity=0)
    time.sleep_ms(300)
    data = uart.read()
    assert data
    assert b"\x68" + ADDRESS not in data


def test_silent_and_wrong_address(world, uart):
    world.set_fault("silent", True)
    assert ask(uart, read("00010000")) is None
    world.set_fault("silent", False)
    world.set_fault("wrong_address", True)
    assert ask(uart, read("00010000"))[0] == frames.address_bytes("000000000042")


def test_echo_hands_back_the_own_request(world, uart):
    world.set_fault("echo", True)
    request = frames.build(ADDRESS, frames.READ, read("00010000"))
    uart.write(request)
    time.sleep_ms(600)
    data = uart.read()
    assert data.startswith(request)
    assert data[len(request) :].startswith(b"\xfe\xfe\xfe\xfe\x68")


def test_noise_spoils_some_answers_and_not_all(world, uart):
    world.set_fault("noisy", True)
    good = [ask(uart, read("00010000")) is not None for _ in range(40)]
    assert 10 < sum(good) < 40


def test_register_faults_move_it_while_they_are_on(world, uart):
    before = world.meter.register_units()
    world.set_fault("step_back", True)
    assert world.meter.register_units() < before
    world.set_fault("step_back", False)
    world.set_fault("jump", True)
    assert world.meter.register_units() > before + 10_000
    world.set_fault("jump", False)
    assert world.meter.register_units() == before


def test_receive_buffer_overflows_silently(world):
    import machine

    uart = machine.UART(2, 2400, parity=0, rxbuf=8)
    uart.write(frames.build(ADDRESS, frames.READ, read("00010000")))
    time.sleep_ms(600)
    assert len(uart.read()) == 8


def test_flush_and_a_full_transmit_buffer_hold_the_interpreter(world, uart):
    uart.write(bytes(24))
    uart.flush()
    assert world.clock.now_us == pytest.approx(24 * 11 * 1_000_000 // 2400, abs=30)
    before_us = world.clock.now_us
    uart.write(bytes(300))
    assert world.clock.now_us - before_us == pytest.approx(44 * 11 * 1_000_000 // 2400, abs=30)


def test_talking_over_the_answer_garbles_it(world, uart):
    request = frames.build(ADDRESS, frames.READ, read("00010000"))
    uart.write(request)
    time.sleep_ms(160)
    uart.write(request)
    time.sleep_ms(200)
    assert frames.take(bytearray(uart.read())) is None


def test_energy_is_exact_however_often_it_is_read(world):
    world.mains.wander_mv = 0
    other = World(seed=3)
    other.mains.wander_mv = 0
    for one in (world, other):
        one.load.ramp(32_000, 1_000_000)
    world.clock.advance(3_600_500_000)
    for _ in range(4000):
        other.clock.advance(900_125)
        other.load.energy_uwh(other.clock.now_us)
    assert other.clock.now_us == world.clock.now_us
    # Half a second at full current is lost in the ramp: 7040 W for an hour
    assert world.load.energy_uwh(world.clock.now_us) == 7_040_000_000
    assert other.load.energy_uwh(other.clock.now_us) == 7_040_000_000


def test_wandering_voltage_enters_the_energy(world):
    world.load.ramp(10_000, 0)
    expected_uwh = 0
    for step in range(1, 6):
        millivolts = world.mains.voltage_mv(0, (step - 1) * STEP_US)
        assert 219_200 <= millivolts <= 220_800
        expected_uwh += millivolts * 10_000 * STEP_US / 3_600_000_000
    world.clock.advance(5 * STEP_US)
    assert world.load.energy_uwh(world.clock.now_us) == pytest.approx(expected_uwh, abs=5)


def test_three_phases_are_metered_each(world, uart):
    world.mains.wander_mv = 0
    world.load.phases = 3
    world.load.ramp(16_000, 0)
    answer = ask(uart, read("0202FF00"))
    assert answer[2][4:] == frames.bcd(16_000, 3) * 3
    answer = ask(uart, read("02030000"))
    assert answer[2][4:] == frames.bcd(105_600, 3)


def test_without_mains_there_is_no_meter_and_no_energy(world, uart):
    world.load.ramp(32_000, 0)
    world.set_mains(False)
    before = world.load.energy_uwh(world.clock.now_us)
    assert ask(uart, read("00010000")) is None
    assert world.meter.requests == 0
    assert world.load.energy_uwh(world.clock.now_us) == before
    world.set_mains(True)
    assert ask(uart, read("00010000")) is not None


def test_begun_unit_of_the_register_outlives_the_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    moved = []
    for _life in range(5):
        with host.installed(World(seed=3)) as world:
            world.wire(BOARD)
            MeterMemory(world.meter)
            import machine

            line = machine.UART(2, 2400, bits=8, parity=0, stop=1)
            before = world.meter.register_units()
            world.load.ramp(10_000, 0)
            time.sleep_ms(2000)
            ask(line, read("00010000"))
            moved.append(world.meter.register_units() - before)
    # 2.2 kW for 2 to 2.6 s are 1.2 to 1.6 Wh a life, the register moves by 10 Wh
    assert sum(moved) == 0
    with host.installed(World(seed=3)) as world:
        MeterMemory(world.meter)
        assert 6_000_000 < world.meter.part_uwh() < 8_000_000
