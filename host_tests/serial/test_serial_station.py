"""A build runs on the simulated pile on a serial port, in its world, and the world outlives its resets."""

import json

import pytest

from chip_flash import tree
from pilesim.memory import BENCH_SETTINGS
from serial_board import read_until

pytestmark = pytest.mark.processes
PROMPT = b">>> "


@pytest.fixture
def files(build_of):
    """What a provisioned pile has on it."""
    return {**tree(build_of("devkitc")[0]), "settings.json": json.dumps(BENCH_SETTINGS)}


def test_a_charge_a_watchdog_reset_and_the_prompt(serial_board, files):
    board = serial_board(files, speed=4, scenario="plug; run 4s; authorize; wait charging; run 3s")
    with board.open() as port:
        read_until(port, b"connector charging\r\n", 30)
        seen = len(board.lines)
        board.words("freeze 5s; run 1s; unplug; run 1s")
        read_until(port, b"rst:0x8 (TG1WDT_SYS_RESET)", 20)
        # The vehicle is still there, in the same world: the words go on where they stood
        read_until(port, b"pilot A1 -> B", 20)
        board.wait_for("step unplug", 20, seen)
        assert not any("name=devkitc" in line for line in board.lines[seen:])
        assert any("contactor state=open" in line for line in board.lines[seen:])
        # While a vehicle may be there Ctrl-C is a byte like any other; the charge has ended by then
        read_until(port, b"energy 0 Wh\r\n", 20)
        port.write(b"\x03")
        read_until(port, PROMPT)
        port.write(b"__import__('machine').reset_cause()\r")
        assert b"\r\n3\r\n" in read_until(port, PROMPT)
    # A program at the prompt finds the chip's parts wired, time going on, and the journal in the flash
    told = board.mpremote(
        "resume",
        "exec",
        "import esp32, time\nt = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), t) < 50: pass\n"
        "print(esp32.Partition.find(1, label='journal')[0].info()[2:4])",
    )
    assert told.strip() == str((0x3F0000, 0x10000))
    assert board.flash()[0x3F0000:0x400000].strip(b"\xff")


def test_the_meter_and_the_vehicle_outlive_a_press_of_reset(serial_board, files):
    board = serial_board(
        files, speed=4, scenario="need 30Wh; vehicle normal; plug; fault welded on"
    )
    with board.open() as port:
        read_until(port, b"] meter ", 20)
    seen = len(board.lines)
    board.words(
        "press_reset; run 2s; expect contactor closed; fault welded off; nonsense; power of"
    )
    board.wait_for("name=devkitc", start=seen)
    assert "usage: power on|power off" in board.wait_for("'power of'", start=seen)
    assert "unknown word" in board.wait_for("'nonsense'", start=seen)
    assert json.loads((board.folder / "meter.json").read_text())["register_units"]
