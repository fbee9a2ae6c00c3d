"""The whole chain as processes on this machine: broker, bridge, sandbox and a simulated pile.

Used by the demo and by the end-to-end tests. Everything listens on loopback and lives in one folder.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from pilebridge import broker_access
from pilebridge.broker import find_mosquitto, free_port
from pilebridge.broker_config import Listeners, child_configuration
from pilesim.__main__ import find_micropython
from sandbox.bench_settings import (
    PERIODS,
    SECRET,
    STATION,
    BrokerPorts,
    Periods,
    bridge_toml,
    central_toml,
    mqtt_toml,
    pile_settings,
    sandbox_toml,
)

ROOT = Path(__file__).resolve().parents[2]
# A start asks the bridge four things, each for ten seconds at most
_POST_S = 45


class BenchError(Exception):
    """A part of the bench did not start or ended; the text names it and shows its last lines."""


def link_security() -> str:
    """psk where the pile's interpreter can, else password: encryption then is what is not shown."""
    program = find_micropython()
    if program is None:
        return "password"
    ask = "import tls; print(hasattr(tls.SSLContext(tls.PROTOCOL_TLS_CLIENT), 'psk_key'))"
    asked = subprocess.run([program, "-c", ask], capture_output=True, text=True, check=False)
    return "psk" if asked.stdout.strip() == "True" else "password"


class Part:
    """One process; every line it prints goes to `tell(name, line)` and is kept."""

    def __init__(
        self,
        name: str,
        command: list[str],
        tell: Callable[[str, str], None],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.name = name
        self.lines: list[str] = []
        self._tell = tell
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def say(self, words: str) -> None:
        """Write one line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()

    def wait_line(self, text: str, within_s: float, since: int = 0) -> str:
        """First line with `text` from line `since` on; BenchError when none comes."""
        end_s = time.monotonic() + within_s
        while True:
            for line in self.lines[since:]:
                if text in line:
                    return line
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended:\n" + "\n".join(self.lines[-15:]))
            if time.monotonic() > end_s:
                last = "\n".join(self.lines[-15:])
                raise BenchError(f"{self.name} never said '{text}' in {within_s} s:\n{last}")
            time.sleep(0.05)

    def alive(self) -> bool:
        """True while it runs."""
        return self._process.poll() is None

    def end(self, with_signal: int = signal.SIGTERM) -> None:
        """End it and wait."""
        if self.alive():
            self._process.send_signal(with_signal)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())
            self._tell(self.name, line.rstrip())


class Bench:
    """Starts the parts in order; `with Bench(folder) as bench:` ends them again."""

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str, str], None] = lambda _name, _line: None,
        periods: Periods = PERIODS,
        page_port: int = 0,
        scenario: str = "",
        own_broker: bool = False,
        start_result_s: int = 60,
        central: bool = False,
    ) -> None:
        self.folder = folder
        self.tell = tell
        self.parts: dict[str, Part] = {}
        self.bridge_port = free_port()
        self.page_port = page_port or free_port()
        # An OCPP central system beside the T/CEC sandbox
        self.ocpp_port, self.central_port = (free_port(), free_port()) if central else (0, 0)
        self.mqtt = BrokerPorts(free_port(), free_port())
        self.link_security = link_security()
        self._periods = periods
        self._scenario = scenario
        # How long the platform waits for the result of a start
        self._start_result_s = start_result_s
        # Without it the bridge runs the broker as its child and restarts it at once when it dies
        self._own_broker = own_broker
        self._password = secrets.token_urlsafe(16) if own_broker else ""
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def page_url(self) -> str:
        """The driver's page."""
        return f"http://127.0.0.1:{self.page_port}/"

    def __enter__(self) -> Bench:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.end()

    def start(self) -> None:
        """Bring everything up."""
        if self._own_broker:
            self.start_broker()
        if self.ocpp_port:
            self.start_central()
        self.start_bridge()
        self.start_sandbox()
        self.start_pile()

    def start_broker(self) -> None:
        """A broker of the bench's own, for tests that take it away."""
        data = (self.folder / "broker").resolve()
        keys = [(STATION, 1, bytes.fromhex(SECRET))]
        broker_access.write(data, keys, broker_access.BRIDGE_USER, self._password)
        listeners = Listeners(plain_port=self.mqtt.plain, psk_port=self.mqtt.psk)
        config = data / "mosquitto.conf"
        broker_access.replace(config, child_configuration(listeners, data, os.geteuid() == 0))
        program, environment = find_mosquitto()
        self.parts["broker"] = Part("broker", [program, "-c", str(config)], self.tell, environment)
        end_s = time.monotonic() + 10
        while not listens(self.mqtt.plain):
            if time.monotonic() > end_s:
                raise BenchError("mosquitto does not listen")
            time.sleep(0.05)

    def start_bridge(self) -> None:
        """The bridge, and the broker as its child."""
        config = self.folder / "bridge.toml"
        mqtt = mqtt_toml(self.mqtt, self._password)
        text = bridge_toml(self.bridge_port, self.page_port, mqtt, self._periods)
        text += central_toml(self.ocpp_port) if self.ocpp_port else ""
        config.write_text(text, encoding="utf-8")
        part = self._part("bridge", ["-m", "pilebridge", str(config)])
        part.wait_line("pilebridge: ready", 60)

    def start_central(self) -> None:
        """OCPP central system and its page."""
        ports = ["--port", str(self.ocpp_port), "--page-port", str(self.central_port)]
        part = self._part("central", ["-m", "sandbox", "csms", *ports])
        part.wait_line("OCPP", 30)

    def start_sandbox(self) -> None:
        """Platform and page."""
        config = self.folder / "sandbox.toml"
        text = sandbox_toml(self.bridge_port, self.page_port, self._start_result_s)
        config.write_text(text, encoding="utf-8")
        part = self._part("sandbox", ["-m", "sandbox", str(config)])
        part.wait_line("page", 30)

    def start_pile(self) -> None:
        """The firmware on a simulated board."""
        pile = self.folder / "pile"
        pile.mkdir(exist_ok=True)
        settings = pile_settings(self.mqtt, self.link_security)
        (pile / "settings.json").write_text(json.dumps(settings))
        words = ["-m", "pilesim", "--dir", str(pile), "--scenario", self._scenario]
        part = self._part("pile", words)
        part.wait_line("PileLink", 30)

    def end(self) -> None:
        """End every part, the pile first."""
        for name in ("pile", "sandbox", "bridge", "central", "broker"):
            part = self.parts.pop(name, None)
            if part is not None:
                part.end()

    def get(self, path: str) -> object:
        """JSON of the driver's API."""
        return httpx.get(self.page_url + path.lstrip("/"), timeout=10).raise_for_status().json()

    def post(self, path: str, body: object) -> tuple[int, dict[str, object]]:
        """(status, JSON) of a POST to the driver's API."""
        answer = httpx.post(self.page_url + path.lstrip("/"), json=body, timeout=_POST_S)
        return answer.status_code, answer.json()

    def admin(self, path: str) -> dict[str, object]:
        """JSON of the bridge's operator API."""
        url = f"http://127.0.0.1:{self.bridge_port}/admin/{path}"
        answer: dict[str, object] = httpx.get(url, timeout=10).raise_for_status().json()
        return answer

    def central(self, path: str, order: object = None) -> Any:
        """JSON of the central system's page; with an order the answer to it."""
        url = f"http://127.0.0.1:{self.central_port}/api/{path}"
        if order is None:
            return httpx.get(url, timeout=10).raise_for_status().json()
        return httpx.post(url, json=order, timeout=_POST_S).raise_for_status().json()

    def _part(self, name: str, words: list[str]) -> Part:
        part = Part(name, [sys.executable, *words], self.tell)
        self.parts[name] = part
        return part


def listens(port: int) -> bool:
    """True when somebody listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
