"""mosquitto as a child process, restarted when it dies; what it is told stands in broker_config.py."""

import asyncio
import contextlib
import ctypes
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from pilebridge import broker_access
from pilebridge.broker_access import BRIDGE_USER, StationKey
from pilebridge.broker_config import (
    CONFIGURATION_FILE,
    LOOPBACK,
    Listeners,
    child_configuration,
)
from pilebridge.settings import CertificateListener

log = logging.getLogger(__name__)

# Beside the data folder; mosquitto_unpack writes there
UNPACKED = Path("build/mosquitto")
_PR_SET_PDEATHSIG = 1
_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5.0


class BrokerError(RuntimeError):
    """mosquitto is not there or does not start; the text says what to do."""


def find_mosquitto(unpacked: Path = UNPACKED) -> tuple[str, dict[str, str]]:
    """(program, environment) of mosquitto: on PATH, in an sbin folder, or unpacked in build/."""
    search = os.environ.get("PATH", "") + os.pathsep + "/usr/local/sbin:/usr/sbin:/sbin"
    program = shutil.which("mosquitto", path=search)
    if program is not None:
        return program, dict(os.environ)
    local = unpacked.resolve() / "usr" / "sbin" / "mosquitto"
    if local.is_file():
        folders = sorted({str(lib.parent) for lib in (unpacked.resolve()).rglob("*.so*")})
        return str(local), {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)}
    raise BrokerError(
        "mosquitto is not installed: install the package `mosquitto`, or run"
        " `python -m pilebridge.mosquitto_unpack` to unpack it under build/ without root"
    )


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Broker:
    """A supervised mosquitto that lets in the bridge and the stations whose keys it was given.

    `port` is the plain listener on loopback, for `credentials` and for piles without encryption; `psk_port`
    is the one for piles. Both are fixed once start() has returned.
    """

    def __init__(
        self,
        data: str | Path,
        port: int = 0,
        on_restart: Callable[[], None] | None = None,
        *,
        keys: Iterable[StationKey] = (),
        psk: tuple[str, int] = (LOOPBACK, 0),
        certificate: CertificateListener | None = None,
    ) -> None:
        self.port = port
        self.psk_host, self.psk_port = psk
        self.credentials = (BRIDGE_USER, secrets.token_urlsafe(32))
        self.restarts = 0
        self._keys = list(keys)
        self._certificate = certificate
        self._data = Path(data).resolve()
        self._on_restart = on_restart
        self._process: asyncio.subprocess.Process | None = None
        self._listening = False
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start mosquitto and wait until it listens; BrokerError or AccessError otherwise."""
        program, environment = find_mosquitto()
        self.port = self.port or free_port()
        while self.psk_port in (0, self.port):
            self.psk_port = free_port()
        broker_access.write(self._data, self._keys, *self.credentials)
        config = self._data / CONFIGURATION_FILE
        broker_access.replace(config, self._configuration())
        command = [program, "-c", str(config)]
        (self._data / "mosquitto.log").write_bytes(b"")
        await self._launch(command, environment)
        self._supervisor = asyncio.create_task(self._supervise(command, environment))

    def set_keys(self, keys: Iterable[StationKey]) -> None:
        """Let in these stations and no others; who is connected stays. AccessError changes nothing.

        A moment passes until mosquitto has read them: a login that comes before it is to be repeated.
        """
        keys = list(keys)
        broker_access.write(self._data, keys, *self.credentials)
        self._keys = keys
        # One that is starting reads them anyway, and a signal now would end it
        if self._listening and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)

    def _configuration(self) -> str:
        listeners = Listeners(
            plain_port=self.port,
            psk_host=self.psk_host,
            psk_port=self.psk_port,
            certificate=self._certificate,
        )
        return child_configuration(listeners, self._data, os.geteuid() == 0)

    async def stop(self) -> None:
        """Stop the child and wait for it; it saves its state on the way out."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
            self._supervisor = None
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _launch(self, command: list[str], environment: dict[str, str]) -> None:
        with (self._data / "mosquitto.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=_die_with_parent,
            )
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_TIMEOUT_S
        while self._process.returncode is None and loop.time() < deadline:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            # Another program may hold the port: ours has then ended by now
            await asyncio.sleep(0.05)
            if self._process.returncode is None:
                self._listening = True
                text = "broker: mosquitto listens on %s:%d for the bridge, on %s:%d for piles"
                log.info(text, LOOPBACK, self.port, self.psk_host, self.psk_port)
                return
        tail = (self._data / "mosquitto.log").read_text("utf-8", "replace").strip()
        ports = f"port {self.port} and {self.psk_port}"
        raise BrokerError(f"mosquitto did not start on {ports}: {tail[-300:]}")

    async def _supervise(self, command: list[str], environment: dict[str, str]) -> None:
        attempt = 0
        loop = asyncio.get_running_loop()
        while True:
            assert self._process is not None
            began = loop.time()
            code = await self._process.wait()
            self._listening = False
            if loop.time() - began > _BACKOFF_S[-1]:
                attempt = 0
            pause_s = _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)]
            attempt += 1
            log.error("broker: mosquitto ended with code %s, restart in %.1f s", code, pause_s)
            await asyncio.sleep(pause_s)
            try:
                await self._launch(command, environment)
            except (BrokerError, OSError) as error:
                log.error("broker: %s", error)
                continue
            self.restarts += 1
            if self._on_restart is not None:
                self._on_restart()


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child, before exec: the kernel ends it with the bridge, also after a SIGKILL."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
