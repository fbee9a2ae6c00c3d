"""Power, resets and flash of the simulated pile on a serial port: what a chip says and what outlives it."""

import os
import re
import signal

import pytest

from chip_flash import JOURNAL_AT, flash_of
from serial_board import read_until

pytestmark = pytest.mark.processes
PROMPT = b">>> "
# A test that reads from the first byte on opens the port before it says `power on`
OFF = "power off"


def test_bare_flash_says_what_the_rom_says(serial_board):
    board = serial_board(scenario=OFF)
    with board.open() as port:
        board.words("power on")
        said = read_until(port, 2 * b"invalid header: 0xffffffff\r\n")
    assert said.startswith(b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\ninvalid")
    assert board.flash() == b"\xff" * (4 << 20)


def test_flash_of_a_chip_with_more_of_it(serial_board):
    assert len(serial_board(board="devkitc_socket").flash()) == 8 << 20


def test_a_blank_file_system_is_formatted(serial_board):
    board = serial_board(None)
    assert board.mpremote("fs", "ls").split()[2:] == ["75", "boot.py"]
    assert board.file("boot.py").startswith(b"# This file is executed on every boot")


def test_files_and_journal_outlive_a_loss_of_power(serial_board):
    board = serial_board({"kept.txt": "kept"})
    board.mpremote(
        "exec",
        "import esp32; esp32.Partition.find(1, label='journal')[0].writeblocks(2, b'record', 256)\n"
        "f = open('written.txt', 'w'); f.write('written'); f.close()",
    )
    seen = len(board.lines)
    board.kill_chip()
    board.wait_for("name=devkitc", start=seen)
    told = board.mpremote(
        "resume",
        "exec",
        "import machine\n"
        "print(machine.reset_cause(), open('kept.txt').read(), open('written.txt').read())",
    )
    assert told == "1 kept written\n"
    at = JOURNAL_AT + 2 * 4096 + 256
    assert board.flash()[at : at + 8] == b"record\xff\xff"


def test_resets_and_their_causes(serial_board):
    board = serial_board(
        {"main.py": "import machine\nprint('cause', machine.reset_cause())\n"}, scenario=OFF
    )
    with board.open() as port:
        board.words("power on")
        read_until(port, b"cause 1\r\n")
        read_until(port, PROMPT)
        port.write(b"machine.reset()\r")
        assert b"SW_CPU_RESET" in read_until(port, b"cause 2\r\n")
        read_until(port, PROMPT)
        port.write(b"\x04")
        assert b"MPY: soft reboot\r\n" in read_until(port, b"cause 5\r\n")
        read_until(port, PROMPT)
        port.write(b"machine.WDT(timeout=100)\r")
        port.write(b"import time; time.sleep(9)\r")
        read_until(port, b"cause 3\r\n")
        board.words("power off; power on")
        read_until(port, b"cause 1\r\n")


def test_resets_inside_the_program_keep_the_world(serial_board):
    main = (
        "import machine, time\nprint('cause', machine.reset_cause())\ntime.sleep_ms(50)\n"
        "if machine.reset_cause() == 1:\n    machine.reset()\n"
        "if machine.reset_cause() == 2:\n    machine.soft_reset()\n"
    )
    board = serial_board({"boot.py": "print('boot')\n", "main.py": main}, scenario=OFF)
    with board.open() as port:
        board.words("power on")
        said = read_until(port, PROMPT)
    assert [line for line in said.split(b"\r\n") if b"MicroPython" not in line][:8] == [
        b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        b"boot",
        b"cause 1",
        b"rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        b"boot",
        b"cause 2",
        b"MPY: soft reboot",
        b"boot",
    ]
    assert b"cause 5\r\n" in said
    board.wait_for("reset cause=5")
    assert len([line for line in board.lines if "name=devkitc" in line]) == 1


def test_a_program_at_the_prompt_sees_what_has_become_of_the_world(serial_board):
    board = serial_board({"main.py": "import time\n"})
    pilot = "from machine import ADC, PWM, Pin; PWM(Pin(25), freq=1000, duty_u16=65535)\n"
    pilot += "time.sleep_ms(20)\nprint(ADC(Pin(36)).read_uv())\n"
    before = board.mpremote("exec", "import time\n" + pilot)
    board.words("plug")
    after = board.mpremote("resume", "exec", pilot)
    assert int(after) < int(before) - 200_000


def test_a_crash_of_the_interpreter_starts_the_chip_anew(serial_board):
    main = "import machine, time\nprint('cause', machine.reset_cause())\ntime.sleep(60)\n"
    board = serial_board({"main.py": main}, scenario=OFF)
    with board.open() as port:
        board.words("power on")
        read_until(port, b"cause 1\r\n")
        os.kill(board.chip_pid(), signal.SIGABRT)
        read_until(port, b"cause 2\r\n")
    board.wait_for("world: error the process ended")


def test_soft_reset_runs_both_files_and_raw_mode_only_the_first(serial_board):
    board = serial_board(
        {"boot.py": "print('boot runs')\n", "main.py": "print('main runs')\n"}, scenario=OFF
    )
    with board.open() as port:
        board.words("power on")
        read_until(port, PROMPT)
        port.write(b"\x04")
        said = read_until(port, PROMPT)
        assert re.search(
            rb"MPY: soft reboot\r\nboot runs\r\nmain runs\r\nMicroPython [^\r]+\r\n", said
        )
        port.write(b"\x01")
        read_until(port, b"raw REPL; CTRL-B to exit\r\n>")
        port.write(b"\x04")
        assert read_until(port, b"exit\r\n>") == (
            b"OK\r\nMPY: soft reboot\r\nboot runs\r\nraw REPL; CTRL-B to exit\r\n>"
        )


def test_an_exception_shows_the_files_own_lines(serial_board):
    board = serial_board(
        {"main.py": "def fails():\n    return 1 // 0\n\n\nfails()\n"}, scenario=OFF
    )
    with board.open() as port:
        board.words("power on")
        said = read_until(port, PROMPT)
    assert said.split(b"\r\n")[1:5] == [
        b"Traceback (most recent call last):",
        b'  File "main.py", line 5, in <module>',
        b'  File "main.py", line 2, in fails',
        b"ZeroDivisionError: divide by zero",
    ]


def test_a_traceback_that_a_program_prints_shows_the_chips_files_alone(serial_board):
    main = "import sys\ntry:\n    import broken\nexcept Exception as error:\n    sys.print_exception(error)\n"
    board = serial_board({"main.py": main, "broken.py": "1 // 0\n"}, scenario=OFF)
    with board.open() as port:
        board.words("power on")
        said = read_until(port, PROMPT)
    assert said.split(b"\r\n")[1:5] == [
        b"Traceback (most recent call last):",
        b'  File "main.py", line 3, in <module>',
        b'  File "broken.py", line 1, in <module>',
        b"ZeroDivisionError: divide by zero",
    ]


def test_ctrl_c_interrupts_a_running_program(serial_board):
    board = serial_board(
        {"main.py": "import time\nprint('begins')\nwhile True:\n    time.sleep_ms(5)\n"},
        scenario=OFF,
    )
    with board.open() as port:
        board.words("power on")
        read_until(port, b"begins\r\n")
        port.write(b"\x03")
        assert b"\r\nKeyboardInterrupt: \r\n" in read_until(port, PROMPT)
        port.write(b"while True: pass\r\r")
        read_until(port, b"... ")
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in read_until(port, PROMPT)


def test_ctrl_c_is_a_byte_when_the_program_says_so(serial_board):
    main = (
        "import micropython, select, sys\nmicropython.kbd_intr(-1)\n"
        "poller = select.poll()\npoller.register(sys.stdin, select.POLLIN)\nprint('begins')\n"
        "taken = b''\nwhile b'.' not in taken:\n    if poller.poll(0):\n"
        "        taken += sys.stdin.buffer.read(1)\nprint(taken)\n"
    )
    board = serial_board({"main.py": main}, scenario=OFF)
    with board.open() as port:
        board.words("power on")
        read_until(port, b"begins\r\n")
        port.write(b"a\x03b\x00\xff\r.")
        read_until(port, b"b'a\\x03b\\x00\\xff\\r.'\r\n")


def test_no_file_of_the_host_can_be_reached(serial_board):
    board = serial_board({"main.py": ""})
    said = board.mpremote(
        "exec",
        "import os, sys\nprint(os.listdir('/'), sys.path, 'evse' in sys.modules)\n"
        "try:\n    open('/etc/passwd')\nexcept OSError as e:\n    print(e.errno)\n"
        "try:\n    import evse.core\nexcept ImportError:\n    print('none')\n",
    )
    assert said.split("\n")[:3] == ["['main.py'] ['', '.frozen', '/lib'] False", "2", "none"]


def test_another_file_system_is_complained_of_and_left_alone(serial_board, tmp_path):
    flash = bytearray(flash_of(None))
    flash[0x200000:0x200004] = b"text"
    (tmp_path / "chip").mkdir()
    (tmp_path / "chip" / "flash.bin").write_bytes(flash)
    board = serial_board()
    with board.open() as port:
        read_until(port, b"appears to be corrupted")
        port.write(b"\x03")
        read_until(port, PROMPT)
    assert board.flash() == bytes(flash)
