"""The pile at the other end of a serial cable: asks its console, leaves to its REPL, names what is wrong.

Ctrl-C is never sent to the console: it would end the station.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import time
from types import TracebackType
from typing import Any

from mpremote.transport_serial import SerialTransport

import serial

from .port_error import PortError
from .port_talk import sentence_for

BAUDRATE = 115200
# A pile that was reset by opening the port needs some seconds
ANSWER_S = 8.0
_SILENT_S = 4.0
_AGAIN_S = 2.0
_SLOW = {"selftest": 30.0, "maint": 10.0, "restart": 10.0}
_REPL_S = 5.0
# A station ends its charge, with its last register, before it leaves to the REPL
_LEAVES_S = 50.0
_QUIET_S = 0.7
_LOOK_S = 0.5


class RefusedError(PortError):
    """The pile heard the command and refuses it; the text is the pile's own sentence."""


class BusyError(RefusedError):
    """The pile is energised and has its console not at hand; `found` is what it tells all the same."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__(
            "The pile charges or tests itself: stop the charge, or wait, then try again."
        )
        self.found = found


class _OpenTransport(SerialTransport):  # type: ignore[misc]
    """mpremote on a port that is open already: opening it anew resets some boards."""

    def __init__(self, port: serial.SerialBase, name: str) -> None:
        self.in_raw_repl = False
        self.use_raw_paste = True
        self.device_name = name
        self.mounted = False
        self.serial = port
        self.is_pty = False


class PilePort:
    """A console on `port`: a device, or a URL as pyserial takes it. PortError for whatever goes wrong."""

    def __init__(
        self, port: str, baudrate: int = BAUDRATE, silent_s: float = _SILENT_S, code: str = ""
    ) -> None:
        self.name = port
        # The login of greet() and maint()
        self.code = code
        self._silent_s = silent_s
        self._heard = b""
        try:
            self.serial = serial.serial_for_url(
                port, do_not_open=True, baudrate=baudrate, timeout=0.05, write_timeout=5
            )
            self.serial.exclusive = True
            self.serial.open()
        except (OSError, ValueError) as error:
            raise PortError(_opening(port, error)) from None

    def __enter__(self) -> PilePort:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the port go, in the order that resets no board."""
        with contextlib.suppress(OSError):
            self.serial.rts = False
            self.serial.dtr = False
        self.serial.close()

    def greet(self, within_s: float | None = None) -> dict[str, Any]:
        """The pile's status, and the login when a code was given: proves that it is a pile and listens."""
        found = self._status(within_s or ANSWER_S)
        self._log_in()
        return found

    def ask(self, command: str, within_s: float | None = None) -> dict[str, Any]:
        """The answer to a command; RefusedError holds the pile's sentence when it refuses."""
        name = command.split(maxsplit=1)[0]
        found = self._ask(command, within_s or _SLOW.get(name, ANSWER_S), again=False)
        if _is_resident(name, found):
            raise BusyError(found)
        return found

    def back(self, before: dict[str, Any], within_s: float = 60.0) -> dict[str, Any]:
        """The status of the start that follows the one of `before`; PortError when it does not come."""
        deadline_s = time.monotonic() + within_s
        while True:
            try:
                found = self._status(_SILENT_S)
                # The station that is about to end still answers
                if _is_later(found, before):
                    self._log_in()
                    return found
            except BusyError:
                pass
            except RefusedError:
                raise
            except PortError:
                self._reopen()
            if time.monotonic() > deadline_s:
                raise PortError(
                    f"{self.name}: the pile does not come back after its restart: reset it, "
                    "then look with `pilectl console`."
                )
            time.sleep(0.1)

    def maint(self, code: str = "") -> None:
        """End the station, contactor open and pilot at -12 V; its REPL is on the port afterwards."""
        code = code or self.code
        self.ask("maint " + code if code else "maint")

    def repl(self) -> SerialTransport:
        """mpremote's raw REPL on this port, after maint()."""
        transport = _OpenTransport(self.serial, self.name)
        self.serial.timeout = _REPL_S
        deadline = time.monotonic() + _LEAVES_S
        while True:
            try:
                # The station may still be ending: the first Ctrl-A can go astray, which mpremote prints
                with contextlib.redirect_stdout(io.StringIO()):
                    transport.enter_raw_repl(soft_reset=False, timeout_overall=1.5)
                return transport
            except Exception as error:
                if time.monotonic() > deadline:
                    raise PortError(
                        f"{self.name}: the REPL does not come after `maint` ({error}): reset the pile "
                        "and try again."
                    ) from None

    def reset(self, transport: SerialTransport) -> None:
        """Restart the chip from its REPL; the station starts again."""
        transport.exec_raw_no_follow("import machine\nmachine.reset()")
        self.serial.timeout = 0.05

    def _status(self, within_s: float) -> dict[str, Any]:
        # Whatever stands half typed becomes a line of its own
        self._write(b"\r")
        deadline_s = time.monotonic() + within_s
        while True:
            found = self._ask("status", max(deadline_s - time.monotonic(), _LOOK_S), again=True)
            if not _is_resident("status", found):
                return found
            # A self-test is over soon, a charge is not
            if time.monotonic() > deadline_s - _AGAIN_S:
                raise BusyError(found)
            time.sleep(_LOOK_S)

    def _log_in(self) -> None:
        if self.code:
            self.ask("login " + self.code)

    def _reopen(self) -> None:
        # A chip with a USB port of its own takes it along when it restarts
        with contextlib.suppress(OSError):
            if self.serial.is_open and self.serial.in_waiting >= 0:
                return
        with contextlib.suppress(OSError):
            self.serial.close()
            time.sleep(0.5)
            self.serial.open()

    def _ask(self, command: str, wait_s: float, again: bool) -> dict[str, Any]:
        line = command.encode() + b" --json\r"
        self._heard, rest, repeats = b"", b"", 0
        started_s = sent_s = time.monotonic()
        self._write(line)
        while True:
            now_s = time.monotonic()
            if now_s - started_s >= (wait_s if self._heard else min(wait_s, self._silent_s)):
                raise PortError(sentence_for(self.name, self._heard))
            if again and now_s - sent_s >= _AGAIN_S:
                sent_s = now_s
                repeats += 1
                self._write(line)
            rest += self._read()
            *lines, rest = rest.replace(b"\r", b"\n").split(b"\n")
            for each in lines:
                answer = _answer(each)
                if answer is not None:
                    self._skip_answers(repeats)
                    return _checked(answer)

    def _skip_answers(self, count: int) -> None:
        # Those to the repetitions may still come: the next question must not take one for its own
        quiet_s = time.monotonic() + _QUIET_S
        while count and time.monotonic() < quiet_s:
            if self._read():
                quiet_s = time.monotonic() + _QUIET_S

    def _read(self) -> bytes:
        try:
            data = bytes(self.serial.read(max(self.serial.in_waiting, 1)))
        except OSError:
            raise PortError(f"{self.name}: the port is gone: plug the cable in again.") from None
        self._heard = (self._heard + data)[-8000:]
        return data

    def _write(self, data: bytes) -> None:
        try:
            self.serial.write(data)
        except OSError:
            raise PortError(
                f"{self.name}: the port takes nothing: unplug the cable, plug it in again and try again."
            ) from None


def _is_resident(command: str, found: dict[str, Any]) -> bool:
    # What the pile tells while energised, in the words of the wire or of `status`, whatever was asked
    is_status = "connectors" in found and ("utc" in found or "station" in found)
    return is_status and ("station" not in found or command != "status")


def _is_later(found: dict[str, Any], before: dict[str, Any]) -> bool:
    if found.get("boot") != before.get("boot") or found.get("life") != before.get("life"):
        return True
    # Without a journal nothing counts the starts
    return int(found.get("up_s") or 0) < int(before.get("up_s") or 0)


def _answer(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if isinstance(answer.get("error"), str):
        raise RefusedError(answer["error"])
    return answer


def _opening(port: str, error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EACCES or "Permission" in str(error):
        return (
            f"{port}: you may not use this port: join its group "
            "(sudo usermod -aG dialout $USER), log in again, or close the program that holds it."
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        return f"{port}: another program uses this port: close it and try again."
    if number == errno.ENOENT or "FileNotFound" in str(error):
        return f"{port}: there is no such port: plug the cable in, or leave the port out to see which there are."
    if port.startswith("socket:"):
        return f"{port}: nobody listens there: start the simulated pile, or correct the address."
    return f"{port}: the port does not open ({error}): check its name and its driver."
