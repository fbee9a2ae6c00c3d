"""The README's way from a bare board to a commissioned pile, command by command, on the simulated board."""

import os
import re
import signal
import subprocess
import sys
import time

import pexpect
import pytest

from browser import browser_page, running_browser
from interpreters import ROOT
from pilebridge.broker import free_port
from report_waves import drawn

pytestmark = [pytest.mark.processes, pytest.mark.timeout(480)]
TITLE = "## From a bare board to a commissioned pile\n"
MOST_COMMANDS = 12
# What is typed in the simulator's terminal where the checklist asks for it
AT_THE_VEHICLE = {
    "Plug the test vehicle in": "s2 open; plug",
    "to state C": "s2 close",
    "back to state B": "s2 open",
    "the pile ends the charge": "",
    "Connect CP to PE": "fault cp_short on",
    "press the emergency stop": "fault cp_short off; fault emergency_stop on",
    "Release the emergency stop": "fault emergency_stop off",
    "Unplug": "unplug",
}
# Levels of the report's waves in V
WAVES = {"A1": [12], "B1": [9], "B2": [-12, 9], "C2": [-12, 6], "E": [0], "A1_end": [12]}
# What a person measures with instruments
BY_HAND = {
    "technician": "Li Wei",
    "Serial number": "0001",
    "[y/n]": "y",
    "earth, ohm": "0.3",
    "Insulation": "5",
    "Trip time": "24",
    "oscilloscope": "1000",
    "heartbeat": "62",
}


def section():
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(TITLE)[2]
    return text.partition("\n## ")[0]


def transcript():
    """(command, lines that it shows) of each command of the section, in order."""
    block = re.search(r"```\n(.*?)```", section(), re.DOTALL)[1]
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def form(line):
    """A line without its figures and blanks, which differ from run to run."""
    line = re.sub(r"\b[0-9a-f]{8}\b", "#", line)
    return re.sub(r"\s+", " ", re.sub(r"-?\d[\d.]*", "#", line)).strip()


class Newcomer:
    """Types the commands; `heard` is all that came, `folder` stands for build/."""

    def __init__(self, folder):
        self.folder = folder
        self.heard = ""
        self.processes = []
        path = f"{ROOT / 'tools'}:{ROOT / 'firmware'}"
        self.environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "120"}

    def here(self, text):
        return text.replace("build/", f"{self.folder}/")

    def start(self, *module):
        """A command that keeps running."""
        with (self.folder / f"{module[0]}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-u", "-m", *module],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                env=self.environment,
            )
        self.processes.append(process)
        return process

    def run(self, command, within_s=180):
        """A command that ends, and well."""
        words = self.here(command.replace(".venv/bin/pilectl", f"{sys.executable} -m pilectl"))
        done = subprocess.run(
            ["bash", "-c", words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=within_s,
            env=self.environment,
            check=False,
        )
        self.heard += done.stdout
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-2000:]}"

    def terminal(self, command):
        """A command that is typed at."""
        words = self.here(command.replace(".venv/bin/pilectl", f"{sys.executable} -m pilectl"))
        return pexpect.spawn(
            "bash",
            ["-c", words],
            cwd=str(ROOT),
            env=self.environment,
            encoding="utf-8",
            timeout=60,
        )

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(20)
            process.stdin.close()


@pytest.fixture
def newcomer(tmp_path):
    made = Newcomer(tmp_path)
    yield made
    made.end()


def wait_for(path, text, within_s=30):
    until_s = time.monotonic() + within_s
    while text not in (path.read_text() if path.exists() else ""):
        assert time.monotonic() < until_s, f"no {text!r} in {path}: {path.read_text()[-2000:]}"
        time.sleep(0.1)


def commission(newcomer, command, simulator):
    terminal = newcomer.terminal(command)
    asked = [re.escape(text) for text in (*AT_THE_VEHICLE, *BY_HAND)]
    prompts = re.compile(r"(?P<asked>[^\n]*(?:" + "|".join(asked) + r")[^\n]*: )$")
    while terminal.expect([prompts, pexpect.EOF], timeout=90) == 0:
        newcomer.heard += terminal.before + terminal.after
        question = terminal.match["asked"]
        word = next((w for text, w in AT_THE_VEHICLE.items() if text in question), None)
        if word is None:
            terminal.sendline(next(a for text, a in BY_HAND.items() if text in question))
            continue
        if word:
            simulator.stdin.write(word + "\n")
            simulator.stdin.flush()
        terminal.sendline("")
    newcomer.heard += terminal.before
    terminal.close()
    assert terminal.exitstatus == 0, newcomer.heard[-4000:]


def look_at(report):
    """The report in a browser: the pilot's wave of each state, with its levels."""
    with running_browser() as browser, browser_page(browser, report.as_uri(), width=390) as seen:
        for step, levels in WAVES.items():
            wave = drawn(seen.page, f"{step}-1")
            assert sorted({round(volt) for volt in wave["volts"]}) == levels, step
            assert wave["visible"] > 100
        assert seen.page.get_by_test_id("outcome").inner_text().startswith("Passed")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert seen.console_errors == seen.foreign_requests == []


def ask_why(newcomer, command):
    with newcomer.terminal(command) as console:
        console.expect(r"Ctrl-\] leaves")
        newcomer.heard += console.before + console.after + "\n"
        # What the checklist has planted clears a while after it has gone
        time.sleep(8)
        console.send("why\r")
        console.expect("shows state A\\.")
        newcomer.heard += console.before + console.after + "\n"
        console.send("\x1d")


def test_the_way_is_short_and_what_it_shows_comes(newcomer, tmp_path):
    listed = [command for command, _lines in transcript()]
    assert len(listed) <= MOST_COMMANDS
    steps = iter(listed)
    # This checkout is set up
    assert next(steps) == "make setup"
    assert next(steps) == "make sim ARGS=--serial"
    simulator = newcomer.start("pilesim", "--serial", "--dir", str(tmp_path / "sim"))
    wait_for(tmp_path / "pilesim.log", "socket://")
    name, _is, port = next(steps).removeprefix("export ").partition("=")
    newcomer.environment[name] = newcomer.here(port)
    with newcomer.terminal(f"{sys.executable} -m serial.tools.miniterm {port} 115200") as bare:
        bare.expect("invalid header: 0xffffffff")
        newcomer.heard += bare.after + "\n"
    newcomer.run(next(steps))
    newcomer.run(next(steps))
    settings = tmp_path / "bridge.toml"
    text = settings.read_text(encoding="utf-8")
    # Ports and files of its own: others may be at work on this machine
    text = text.replace("build/", f"{tmp_path}/").replace("port = 8102", f"port = {free_port()}")
    text = text.replace("port = 1883", f"port = {free_port()}")
    text = text.replace("start = true", f"start = true, psk_port = {free_port()}")
    settings.write_text(text, encoding="utf-8")
    newcomer.run(next(steps))
    assert next(steps) == "make bridge ARGS=build/bridge.toml"
    newcomer.start("pilebridge", str(settings))
    wait_for(tmp_path / "pilebridge.log", "P042: hello", 60)
    newcomer.run(next(steps))
    commission(newcomer, next(steps), simulator)
    look_at(tmp_path / "P042.html")
    ask_why(newcomer, next(steps))
    assert not list(steps)
    logs = [(tmp_path / f"{name}.log").read_text() for name in ("pilesim", "pilebridge")]
    came = {form(line) for line in "\n".join([newcomer.heard, *logs]).splitlines()}
    wanted = [line for _command, lines in transcript()[1:] for line in lines]
    assert len(wanted) > 20
    assert [line for line in wanted if form(newcomer.here(line)) not in came] == []


def test_what_the_set_up_shows_is_what_it_says():
    command, lines = transcript()[0]
    assert command == "make setup"
    said = (ROOT / "tools" / "setup.py").read_text()
    assert [line for line in lines if line.replace(".venv", "{folder.name}") not in said] == []
