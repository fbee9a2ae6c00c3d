"""A pile on the simulated board, the bridge with its broker, and the operator's commands for updates, as processes."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chip_flash import tree
from interpreters import ROOT
from pilebridge.broker import free_port
from pilectl import build as builder
from pilectl.port.pile_port import BusyError, PilePort
from pilectl.updating import bundle
from sandbox.bench import Part, link_security
from sandbox.bench_settings import (
    PERIODS,
    STATION,
    BrokerPorts,
    bridge_toml,
    mqtt_toml,
    pile_settings,
)
from update.bundles import manifest_of

# Virtual seconds in a second
SPEED = 4
BROKEN = "raise RuntimeError('a part is missing')\n"
_LOOK_S = 0.03
# This checkout's programs, whatever is installed
_ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}:{ROOT / 'firmware'}"}


def bundle_of(slot, key, folder, version, broken=False):
    """A bundle of a slot's tree, copied to `folder`, as it would be built with this version.

    `broken`: its application raises as soon as it is imported.
    """
    shutil.copytree(slot, folder)
    old, new = (".".join(map(str, each)).encode() for each in (builder.version(ROOT), version))
    # Of one length, so that the compiled files stay whole
    assert len(old) == len(new)
    for path in folder.rglob("*.mpy"):
        path.write_bytes(path.read_bytes().replace(old, new))
    if broken:
        source, target = folder / "broken.py", "evse/app/station.mpy"
        source.write_text(BROKEN)
        builder._compile(builder._compiler(), source, folder / target, target)
    return bundle.pack(folder, manifest_of(folder, version), key)


class SerialLog:
    """What comes from the pile's serial port, as `text`, until end()."""

    def __init__(self, port):
        self.text = ""
        self._port = port
        self._ends = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while not self._ends.is_set():
            self.text += self._port.read(self._port.in_waiting or 1).decode(errors="replace")

    def wait_for(self, text, within_s=30):
        """Return when this has come; AssertionError with the last of what came instead."""
        end_s = time.monotonic() + within_s
        while text not in self.text:
            assert time.monotonic() < end_s, f"no {text!r} in {self.text[-2000:]!r}"
            time.sleep(_LOOK_S)

    def end(self):
        """Close the port."""
        self._ends.set()
        self._reader.join()
        self._port.close()


class UpdatedPile:
    """The bridge, started when made, and its pile, started by start_pile(); end() ends the bridge.

    `key` signs its updates; `board` is the SerialBoard, `serial` what its port says.
    """

    def __init__(self, folder, key):
        self.folder = folder
        self.board = self.serial = None
        self._port = free_port()
        self._mqtt = BrokerPorts(free_port(), free_port())
        self._config = folder / "bridge.toml"
        # The pile's clock runs ahead of the bridge's between two answers: a command must stay good
        mqtt = mqtt_toml(self._mqtt, "") + "\ncommand_ttl_s = 3600"
        text = bridge_toml(self._port, free_port(), mqtt, PERIODS)
        text = text.replace("[bridge]\n", '[bridge]\nupdate_key = "fleet.pub.pem"\n')
        # No platform takes part
        self._config.write_text(text.partition("\n[[platform]]")[0], encoding="utf-8")
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "fleet.pub.pem").write_bytes(pem)
        self.bridge = Part(
            "bridge", self._pilebridge(str(self._config)), lambda *_line: None, _ENVIRONMENT
        )

    def start_pile(self, serial_board, build):
        """Start a provisioned pile with a build; returns when the bridge knows it and it has tested itself."""
        self.bridge.wait_line("pilebridge: ready", 30)
        settings = {**pile_settings(self._mqtt, link_security()), "technician_limit_a10": 160}
        files = {**tree(build), "settings.json": json.dumps(settings)}
        self.board = serial_board(files, speed=SPEED, scenario="power off")
        self.serial = SerialLog(self.board.open())
        self.board.words("power on")
        self.wait(lambda _of, _station, pile: pile["online"] and pile["runs"])
        self.board.wait_for("residual_current state=released", 30)

    def command(self, *words):
        """What one of the operator's commands prints; AssertionError when it fails."""
        done = subprocess.run(
            self._pilebridge(*(str(self._config) if word == "CONFIG" else word for word in words)),
            cwd=ROOT,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def roll_out(self, made):
        """Give a bundle to the bridge and order it for this pile."""
        file = self.folder / f"{made.version}.bundle"
        file.write_bytes(made.data)
        assert "its signature holds" in self.command("bundle", "add", "CONFIG", str(file))
        words = ("rollout", "CONFIG", "start", made.version, "--to", "one", STATION)
        assert f"to one {STATION}: running" in self.command(*words)

    def admin(self, path):
        """JSON of the bridge's operator API."""
        url = f"http://127.0.0.1:{self._port}/admin/{path}"
        return httpx.get(url, timeout=30).raise_for_status().json()

    def connector(self):
        """What the bridge knows of the connector."""
        return self.admin("stations")["piles"][0]["connectors"][0]

    def said(self):
        """(the newest roll-out, its station, the pile) as /admin/updates shows them, None for no roll-out."""
        found = self.admin("updates")
        of = found["rollouts"][0] if found["rollouts"] else None
        return of, of and of["stations"][0], found["piles"][0]

    def wait(self, good, within_s=40):
        """said() as soon as good(*said()) holds; AssertionError with the last one."""
        end_s = time.monotonic() + within_s
        while True:
            said = self.said()
            if good(*said):
                return said
            told = (said, self.bridge.lines[-20:], self.serial and self.serial.text[-2000:])
            assert time.monotonic() < end_s, told
            time.sleep(_LOOK_S)

    def wait_phase(self, phase):
        """said() as soon as the station is in this phase."""
        return self.wait(lambda _of, station, _pile: station["phase"] == phase)

    def wait_runs(self, **wanted):
        """Return when the pile's own hello says that this runs."""
        self.wait(lambda _of, _station, pile: wanted.items() <= pile["runs"].items())

    def ask(self, *questions):
        """Answers of the pile's console, in order."""
        with PilePort(self.board.url) as port:
            while True:
                try:
                    return [port.ask(question) for question in questions]
                except BusyError:
                    # It charges still, or tests its residual-current monitor
                    time.sleep(_LOOK_S)

    def end(self):
        """End the bridge and its broker."""
        if self.serial is not None:
            self.serial.end()
        self.bridge.end()

    @staticmethod
    def _pilebridge(*words):
        return [sys.executable, "-m", "pilebridge", *words]
