"""One run of the simulated chip, from power-up to its end: a process of MicroPython and its lines.

The port gives the prompt of its own only line ends without carriage return, a banner of its own and no way to
begin in raw mode: what differs from a chip is made good here.
"""

import asyncio
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

from pilesim.chip import HARD_RESET, PWRON_RESET, SOFT_RESET
from pilesim.serial.board_output import BoardOutput

_READ_BYTES = 65536
_CTRL_A, _CTRL_C = b"\x01", b"\x03"
RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_FRIENDLY_BANNER = b'Type "help()" for more information.\r\n'
_IDLE_S, _STOPPED_S, _STEP_S = 0.05, 1.0, 0.0002
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_AGAIN_S = 0.01


class ChipFailure(Exception):  # noqa: N818 - what happened
    """The process ended, or could not start, by no reset; the text has what it said last."""


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ChipProcess:
    """The process; `output(data)` gets what a serial port would, `message(text)` lines for the supervisor.

    `raw` says whether the prompt is, or shall be, the raw one. `leftover` is what it has not read at its end.
    """

    def __init__(self, command, environment, order, output, message):
        self.raw = order["raw"]
        self.at_prompt = False
        self.leftover = b""
        self._output = output
        self._message = message
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._waiting = b""
        self._ready = False
        self._hidden = None
        self._tail = b""
        self._cooked = BoardOutput()
        self._stdin, self._its_stdin = socket.socketpair()
        self._control, its_control = socket.socketpair()
        number = its_control.fileno()
        start = "from pilesim.serial.power_up import power_up; power_up(%d, globals())" % number
        self._process = subprocess.Popen(
            [*command, "-i", "-c", start],
            stdin=self._its_stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            # What of the world outlives the process lies there
            cwd=order["dir"],
            pass_fds=(number,),
            # Ctrl-C in the supervisor's terminal is for the supervisor
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - there are no threads here
        )
        its_control.close()
        # Not its own end of stdin, which it shall wait at
        self._stdin.setblocking(False)
        self._control.setblocking(False)
        self._stdout = self._process.stdout.fileno()
        os.set_blocking(self._stdout, False)
        self._lines = b""
        self._loop.add_reader(self._stdout, self._read_output)
        self._loop.add_reader(self._control, self._read_control)
        self.tell(json.dumps(order))

    async def run(self):
        """The reset that ended it, as machine.reset_cause() will say; ChipFailure. It is gone after this."""
        try:
            return await self._ended
        finally:
            self.kill()

    def kill(self):
        """A loss of power."""
        if self._stdout is None:
            return
        self._loop.remove_reader(self._stdout)
        self._loop.remove_reader(self._control)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._stdout = None
        self.leftover = self._unread() + self._waiting
        for end in (self._stdin, self._its_stdin, self._control):
            end.close()
        if not self._ended.done():
            self._ended.cancel()

    def tell(self, text):
        """A line for the world in the process."""
        self._control.sendall(text.encode() + b"\n")

    # What the host sends

    def feed(self, data):
        """Bytes from the serial port."""
        self._waiting += data
        if self._ready:
            self._pass_on()

    def _pass_on(self):
        """Send what waits, as far as the process takes it; the rest is tried again later."""
        while self._waiting:
            part = self._waiting.partition(_CTRL_C)[0]
            sent = 1 if not part and self._interrupt() else self._send(part or _CTRL_C)
            if not sent:
                self._loop.call_later(_AGAIN_S, self._pass_on)
                return
            self._waiting = self._waiting[sent:]

    def _send(self, data):
        try:
            return self._stdin.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            # It has ended, and will be noticed to have
            return len(data)

    def _interrupt(self):
        """Interrupt the program if micropython.kbd_intr() allows it; false: Ctrl-C is a byte like any other.

        The port has its handler installed just as long as that. It is stopped meanwhile, because
        without the handler the signal would end it.
        """
        if not self._handles_interrupt():
            return False
        # Rather while it waits for something than in the middle of what the world does
        self._wait_for("SD", _IDLE_S)
        self._process.send_signal(signal.SIGSTOP)
        self._wait_for("TtZ", _STOPPED_S)
        handled = self._handles_interrupt()
        if handled:
            self._process.send_signal(signal.SIGINT)
        self._process.send_signal(signal.SIGCONT)
        return handled

    def _wait_for(self, states, most_s):
        until_s = time.monotonic() + most_s
        while self._status("State") not in states and time.monotonic() < until_s:
            time.sleep(_STEP_S)

    def _handles_interrupt(self):
        return bool(int(self._status("SigCgt") or "0", 16) >> signal.SIGINT - 1 & 1)

    def _status(self, name):
        try:
            with open("/proc/%d/status" % self._process.pid) as file:
                for line in file:
                    key, _, value = line.partition(":")
                    if key == name:
                        return value.split()[0]
        except OSError:
            pass
        return ""

    def _unread(self):
        unread = b""
        while True:
            try:
                data = self._its_stdin.recv(_READ_BYTES, socket.MSG_DONTWAIT)
            except OSError:
                return unread
            unread += data

    # What it sends

    def _read_output(self):
        try:
            data = os.read(self._stdout, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._stdout)
            self._finish(None)
            return False
        self._pass_out(data)
        return True

    def _pass_out(self, data):
        data = self._cooked.take(data)
        self._tail = (self._tail + data)[-4096:]
        if self._hidden is not None:
            self._hidden += data
            at = self._hidden.find(RAW_BANNER)
            if at < 0:
                return
            data, self._hidden = self._hidden[at:], None
        if self.at_prompt:
            raw, friendly = self._tail.rfind(RAW_BANNER), self._tail.rfind(_FRIENDLY_BANNER)
            if raw != friendly:
                self.raw = raw > friendly
        self._output(data)

    def _read_control(self):
        try:
            data = self._control.recv(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._control)
            return
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            self._obey(line.decode())

    def _obey(self, line):
        if line == "=ready":
            self._ready = True
            self._pass_on()
        elif line == "=prompt":
            self._prompt()
        elif line.startswith("=reset"):
            self._finish(int(line.split()[1]))
        elif line.startswith("=failed"):
            self._fail(line[8:])
        else:
            self._message(line)

    def _prompt(self):
        """It has run its files and waits for leave to begin with the prompt."""
        while self._read_output():
            pass
        self.at_prompt = True
        if self.raw:
            self._waiting = self._unread() + self._waiting
            self._hidden = b""
            self._stdin.send(_CTRL_A)
        self.tell("")
        self._pass_on()

    def _finish(self, cause):
        """It has been reset, or has ended (None): at the prompt a soft reset, by a kill a loss of power."""
        if self._ended.done():
            return
        if cause is not None:
            while self._read_output():
                pass
        elif self._process.wait() == -signal.SIGKILL:
            cause = PWRON_RESET
        elif self.at_prompt:
            cause = SOFT_RESET
        else:
            text = "the process ended: " + self._tail[-500:].decode(errors="replace")
            if not self._ready:
                self._fail(text)
                return
            # A crash, from which a chip starts anew
            self._message("world: error " + " | ".join(text.split("\r\n")))
            cause = HARD_RESET
        if not self._ended.done():
            self._ended.set_result(cause)

    def _fail(self, text):
        if not self._ended.done():
            self._ended.set_exception(ChipFailure(text))
