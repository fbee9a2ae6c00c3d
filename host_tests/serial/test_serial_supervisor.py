"""The surroundings of the simulated chip: the port's two ends, who ends when, esptool, a program that reads the port."""

import os
import signal
import subprocess
import sys
import time

import pytest

from chip_flash import flash_of
from serial_board import SerialBoard, read_until

pytestmark = pytest.mark.processes
PROMPT = b">>> "
OFF = "power off"
# As the firmware's console reads: a look each 20 ms of virtual time, then up to 64 bytes
CONSOLE = """
import asyncio, micropython, select, sys
micropython.kbd_intr(-1)
poller = select.poll()
poller.register(sys.stdin, select.POLLIN)

async def main():
    line = b""
    print("begins")
    while not line.endswith(b"."):
        for _ in range(64):
            if not poller.poll(0):
                break
            line += sys.stdin.buffer.read(1)
        await asyncio.sleep_ms(20)
    sys.stdout.write("%d bytes, %d times Ctrl-C\\n" % (len(line), line.count(b"\\x03")))

asyncio.run(main())
"""


def test_a_program_reads_the_port_under_asyncio(serial_board):
    board = serial_board({"main.py": CONSOLE}, scenario=OFF)
    with board.open() as port:
        board.words("power on")
        read_until(port, b"begins\r\n")
        port.write(b"status --json\r\x03" * 200 + b".")
        # 15 bytes, 200 times, and one: 48 looks
        read_until(port, b"3001 bytes, 200 times Ctrl-C\r\n")
        read_until(port, PROMPT)


def test_both_ends_carry_the_same(serial_board):
    board = serial_board({}, scenario=OFF)
    with board.open() as terminal, board.open(board.url) as stream:
        board.words("power on")
        for port in (terminal, stream):
            read_until(port, PROMPT)
        terminal.write(b"6 * 7\r")
        assert b"\r\n42\r\n" in read_until(stream, PROMPT)
        stream.write(b"7 * 7\r")
        read_until(terminal, b"\r\n42\r\n")
        read_until(terminal, b"\r\n49\r\n")
        assert os.path.realpath(board.folder / "tty") == board.path
        assert board.end() == 0
    assert not (board.folder / "tty").is_symlink()
    assert not any("Traceback" in line for line in board.lines), board.lines


def test_what_nobody_has_read_is_not_for_the_next_one(serial_board):
    board = serial_board({"main.py": "print('x' * 3000)\n"})
    with board.open() as port:
        board.words("press_reset")
        read_until(port, b"xxx")
    time.sleep(0.2)
    fd = os.open(board.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        # Not waiting for anything is how pyserial has left the terminal
        assert os.read(fd, 1) == b""
    finally:
        os.close(fd)


def test_quit_ends_it_and_a_second_one_is_refused(serial_board):
    board = serial_board({"main.py": "import time; time.sleep(60)\n"})
    with pytest.raises(
        AssertionError, match=r"another simulated pile has .*flash\.bin; end it first"
    ):
        SerialBoard(board.folder)
    board.words("plug; quit")
    board.wait_for("step plug")
    assert board.end(by_itself=True) == 0


def test_the_chip_ends_with_its_supervisor(serial_board):
    board = serial_board({"main.py": "while True: pass\n"})
    board.wait_for("name=devkitc")
    chip = board.chip_pid()
    os.kill(board.pid, signal.SIGKILL)
    until_s = time.monotonic() + 5
    while os.path.exists(f"/proc/{chip}") and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{chip}")


def test_esptool_finds_the_loader_by_itself_and_the_pile_starts_from_what_it_wrote(
    serial_board, tmp_path
):
    board = serial_board()
    image = flash_of({"main.py": "print('flashed')\n"})
    # What lies between is blank as it is
    parts = []
    for at, size in ((0x8000, 0x1000), (0x10000, 0x1000), (0x200000, 0x8000)):
        part = tmp_path / f"{at:x}.bin"
        part.write_bytes(image[at : at + size])
        parts += [hex(at), str(part)]
    command = [sys.executable, "-m", "esptool", "--chip", "esp32", "--port", board.path]
    command += ["--before", "no-reset", "--after", "no-reset", "--no-stub", "write-flash", *parts]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert board.flash() == image
    with board.open() as port:
        board.words("press_reset")
        read_until(port, b"flashed\r\n")
        board.words("bootloader")
        read_until(port, b"boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n")
        read_until(port, b"waiting for download\r\n")
        board.words("power off; power on")
        read_until(port, b"flashed\r\n")
