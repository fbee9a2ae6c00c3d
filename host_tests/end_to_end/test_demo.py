"""`make demo ARGS=--once` on real processes: the transcript, line by line, and the exit code."""

import re
import subprocess
import sys

import pytest

from interpreters import ROOT, find_micropython

pytestmark = pytest.mark.processes

# Each in its own order; between the two, lines may cross
PILE_STORY = (
    "pilot A1 -> B1",
    "pilot B1 -> B2",
    "pilot B2 -> C2",
    "contactor closed",
    "pilot C2 -> C1",
    "contactor open",
    "ended (remote)",
)
PLATFORM_STORY = (
    "platform -> bridge  query_stations_info",
    "platform -> bridge  query_start_charge",
    "notification_start_charge_result",
    "platform -> bridge  query_stop_charge",
    "notification_stop_charge_result",
    "notification_charge_order_info",
    "the bill is right",
)


def test_one_charge_from_the_pilot_to_the_bill(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.demo", "--once", "--dir", str(tmp_path / "demo")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 0, said[-4000:] + done.stderr
    for story in (PILE_STORY, PLATFORM_STORY):
        place = 0
        for words in story:
            found = said.find(words, place)
            assert found >= 0, f"'{words}' is missing or out of order in\n{said}"
            place = found
    for state, volts, duty in (("B2", "8.9", "53.3 %"), ("C2", "5.9", "53.3 %")):
        line = re.search(rf"pilot \w\w -> {state}  (\d+\.\d+) V, duty (\S+ %)", said)
        assert abs(float(line[1]) - float(volts)) < 0.2
        assert line[2] == duty
    frames = re.findall(r"meter (\d+\.\d\d) kWh in frame ((?:[0-9A-F]{2} ?)+)", said)
    assert len(frames) >= 3
    for kwh, frame in frames:
        data = bytes((value - 0x33) & 0xFF for value in bytes.fromhex(frame)[14:18])
        assert float(kwh) == int(data[::-1].hex()) / 100, (kwh, frame)
    assert re.search(r"bill +\d\d:\d\d:\d\d to", said)
    assert len(re.findall(r"kWh x \(", said)) == 2, "the price edge gives two lines"
    wanted = "name='micropython'" if find_micropython() else "name='cpython'"
    assert wanted in said
