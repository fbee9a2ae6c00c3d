"""Whatever comes in at the serial port while a vehicle charges: the charge goes on, and the console answers afterwards."""

import json
import random
import time

import pytest

from chip_flash import tree
from pilesim.memory import BENCH_SETTINGS

pytestmark = pytest.mark.processes
SPEED = 4
# Half a command and its end would otherwise make one that ends the charge, as it should
SETTINGS = {**BENCH_SETTINGS, "service_code": "4711"}
CHARGE = "run 2s; plug; run 2s; authorize; wait charging within 30s"
# The contactor's tick is late by no more; at the simulated pile's speed the host's own delays count fourfold
MOST_LATE_US = 23000
# What a program, a terminal or a slipped hand may send; Ctrl-A to Ctrl-E first
PIECES = (
    *(bytes([code]) for code in range(1, 6)),
    *(
        b"\r",
        b"\n",
        b"\x00",
        b"\x7f\x08\x1b[A",
        b"--json",
        b"stat",
        b"set key ",
        b"maint",
        b"tx st",
    ),
    *(b"login " + b"9" * 300, b"status --js", b"journal -1\r", b"cp 99\r", b"log 9999999999\r"),
    *("导引".encode()[:4], b"\xff" * 40, b'{"error":', b"help set\rhelp", b"relay --json\rrel"),
)


def garbage(draw):
    """One write: a piece of the above, or random bytes that no whole command may stand in."""
    if draw.random() < 0.5:
        return draw.choice(PIECES)
    return draw.randbytes(draw.randint(1, 200))


def ask(port, command, within_s=10):
    """The answer to a command, among whatever else comes."""
    port.write(b"\r" + command.encode() + b" --json\r")
    until_s = time.monotonic() + within_s
    heard = b""
    while time.monotonic() < until_s:
        heard += port.read(4096)
        for line in heard.replace(b"\r", b"\n").split(b"\n")[:-1]:
            if line.startswith(b"{") and b'"error"' not in line:
                return json.loads(line)
    raise AssertionError(f"no answer to {command} in {heard[-2000:]!r}")


@pytest.mark.parametrize(("is_loaded", "garbage_s"), [(True, 20), (False, 6)])
def test_a_charge_goes_on_under_garbage(
    serial_board, build_of, record_property, is_loaded, garbage_s
):
    """With the console loaded before the charge, and with what is resident alone."""
    files = {**tree(build_of("devkitc")[0]), "settings.json": json.dumps(SETTINGS)}
    board = serial_board(files, speed=SPEED, scenario="run 6s; need 40kWh")
    board.wait_for("step need", 30)
    draw, sent, heard = random.Random(garbage_s), 0, b""
    with board.open() as port:
        if is_loaded:
            assert ask(port, "relay")["connectors"][0]["commanded"] is False
        board.words(CHARGE)
        board.wait_for("contactor state=closed", 30)
        seen = len(board.lines)
        until_s = time.monotonic() + garbage_s
        while time.monotonic() < until_s:
            if draw.random() < 0.02:
                port.send_break(0.01)
            data = garbage(draw)
            sent += port.write(data)
            heard += port.read(4096)
            time.sleep(draw.random() * 0.05)
        # What stands half typed, and what is still being answered
        port.write(b"\x03\r")
        time.sleep(1)
        port.read(1 << 16)
        status = ask(port, "status")
        connector = status.get("connectors")[0]
        assert connector["status"] == "charging", status
        assert b"failed" not in heard
        # What is resident answers in the words of the wire
        assert status["up_s" if is_loaded else "up"] > garbage_s * SPEED * 3 // 4
        late_us = ask(port, "relay")["connectors"][0]["late_us"] if is_loaded else None
    assert [line for line in board.lines[seen:] if "level=0" in line or "reset" in line] == []
    if is_loaded:
        record_property("figure", f"{sent} bytes of garbage, ticks at most {late_us} us late")
        assert late_us <= MOST_LATE_US
