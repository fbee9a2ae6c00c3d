"""Every board behind its serial port, and a file system that is cut off in the middle of its writing."""

import json
import time

import pytest

from interpreters import ROOT
from serial_board import read_until

pytestmark = pytest.mark.processes
PROMPT = b">>> "
BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
WRITER = """
import json, os
count = json.load(open("count.json")) if "count.json" in os.listdir() else 0
while True:
    count += 1
    with open("count.new", "w") as file:
        json.dump(count, file)
    os.rename("count.new", "count.json")
    print("wrote", count)
"""


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_comes_to_its_prompt(name, serial_board):
    board = serial_board(
        {"main.py": "import machine, esp32, network, onewire, umqtt.simple\n"},
        board=name,
        scenario="power off",
    )
    with board.open() as port:
        board.words("power on")
        assert b"Error" not in read_until(port, PROMPT)
    board.wait_for(f"board name={name} ")


def test_a_file_is_old_or_new_wherever_the_power_goes(serial_board):
    board = serial_board({"main.py": WRITER}, scenario="power off")
    count = 0
    with board.open() as port:
        board.words("power on")
        for cut in range(8):
            read_until(port, b"rst:0x1 (POWERON_RESET)")
            assert b"Error" not in read_until(port, b"wrote ")
            time.sleep(0.003 * cut)
            board.kill_chip()
            # It starts again by itself
            kept = json.loads(board.file("count.json"))
            assert kept >= count
            count = kept
    assert count >= 8
