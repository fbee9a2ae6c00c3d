"""A pile's console on a pty: answers as the contract of the console says, with values that a test sets.

`maint` hands the line to a real MicroPython in a folder of its own, so that mpremote finds a file system.
"""

import json
import os
import pty
import select
import subprocess
import sys
import threading
import tty
from contextlib import suppress
from pathlib import Path

from console_answers import healthy

from evse.core import settings as table

# What a REPL of the unix port lacks beside the chip's
_MACHINE = "import sys\ndef reset():\n sys.exit()\n"
_GUARDED = ("set", "selftest", "tx", "reset", "unlock", "restart")
LEVELS_MV = {"A": 11950, "B": 8950, "C": 5990, "D": 2990, "E": 0}

SECRETS = ("key", "wifi_password", "service_code")


def _value(name, text):
    kinds = {row[0]: row[1] for row in table.TABLE}
    if kinds.get(name) in ("int", "bool", "tokens", "networks"):
        return json.loads(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


class FakePile:
    """Use as a context manager; `port` is the pty's name. `micropython` and `folder` are for maint."""

    def __init__(self, folder=None, code="", answers=None):
        self.answers = answers or healthy()
        self.settings = self.answers["settings"]["settings"]
        self.pending = {}  # set, in force at the next start
        self.code = code
        self.asked = []  # every command line
        self.records = []  # base64 of the journal
        self.noise = b""  # printed before each answer
        self.mode = "console"  # or silent, repl, garbage, bare
        self.on_restart = lambda pile: None
        self.before_answer = lambda pile, name: None
        self.starts = 0
        self._logged_in = False
        self._folder = folder
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._typed = b""
        self._end_read, self._end_write = os.pipe()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._end_write, b"x")
        self._thread.join(10)
        for handle in (self._master, self._slave, self._end_read, self._end_write):
            os.close(handle)

    @property
    def cp(self):
        return self.answers["cp"]["connectors"][0]

    def vehicle(self, state, offered=False):
        """The pilot as it is with the vehicle in state A to E."""
        runs = offered and state in "BCD"
        name = state if state in "E" else state + ("2" if runs else "1")
        self.cp.update(
            state=name,
            high_mv=LEVELS_MV[state],
            low_mv=-11940 if runs else 0,
            duty_permille=533 if runs else 1000,
            drive="pwm" if runs else "positive",
            limit_a10=320 if runs else 0,
        )
        closed = runs and state == "C"
        self.answers["relay"]["connectors"][0].update(commanded=closed, closed=closed)
        self.answers["status"]["connectors"][0].update(cp=name, closed=closed)

    def _run(self):
        while True:
            ready, _, _ = select.select([self._master, self._end_read], [], [], 0.3)
            if self._end_read in ready:
                return
            if not ready and self.mode == "garbage":
                os.write(self._master, bytes(range(128, 208)))
            elif not ready and self.mode == "events":
                os.write(self._master, b"[    3 s] connector available\r\n")
            elif not ready and self.mode == "bare":
                os.write(self._master, b"invalid header: 0xffffffff\r\n")
            if self._master in ready and self._take(os.read(self._master, 4096)):
                return

    def _take(self, data):
        if self.mode in ("silent", "garbage", "bare", "events"):
            return False
        if self.mode == "other":
            os.write(self._master, b"AT+CSQ\r\nOK\r\n")
            return False
        self._typed += data
        os.write(self._master, data.replace(b"\r", b"\r\n"))
        while b"\r" in self._typed:
            line, self._typed = self._typed.split(b"\r", 1)
            if self.mode == "repl":
                os.write(self._master, b"NameError: name 'status' isn't defined\r\n>>> ")
            elif line.strip() and self._answer(line.decode()):
                return True
        return False

    def _answer(self, line):
        # As the pile's own console: longer lines are cut, words are joined by one space
        words = " ".join(word for word in line[:160].split() if word != "--json")
        self.asked.append(words)
        name = words.split()[0]
        self.before_answer(self, name)
        try:
            answer = self._do(name, words)
        except ValueError as error:
            answer = {"error": str(error)}
        os.write(self._master, self.noise + json.dumps(answer).encode() + b"\r\n")
        if name == "restart":
            self._start()
        return name == "maint" and "error" not in answer and self._repl()

    def _do(self, name, words):
        if self.mode == "energised":
            row = {"id": 1, "status": "charging", "cp": "C2", "faults": ["clock_unknown"]}
            return {"utc": None, "up": 9, "connectors": [row]}
        if name == "login":
            self._logged_in = words[6:] == self.code
            if not self._logged_in:
                raise ValueError("The service code is wrong: ask the operator for it.")
            return {"ok": True}
        if name == "maint" and self.code and words[6:] != self.code and not self._logged_in:
            raise ValueError("This needs the service code: type maint CODE.")
        if self.code and name in _GUARDED and not self._logged_in:
            raise ValueError("This needs the service code: type login CODE first.")
        if name in ("maint", "restart"):
            return {"ok": True}
        if name == "set":
            return self._set(*words.split(" ", 2)[1:])
        if name == "tx":
            self.vehicle(self.cp["state"][0], offered=" start" in words)
            return {"ok": True}
        if name == "settings":
            shown = {k: "(hidden)" if k in SECRETS and v else v for k, v in self.settings.items()}
            shown["wifi_networks"] = [[row[0], "(hidden)"] for row in shown["wifi_networks"]]
            return {**self.answers["settings"], "settings": shown}
        if name == "journal" and " " in words:
            return self._page(int(words.split()[1]))
        if name not in self.answers:
            raise ValueError("There is no command %s: type help." % name)
        return self.answers[name]

    def _page(self, start):
        first = self.answers["journal"]["first"]
        rows = self.records[start - first : start - first + 3]
        return {"records": rows, "next": self.answers["journal"]["next"]}

    def _set(self, name, text):
        value = _value(name, text)
        rows = [row for row in table.TABLE if row[0] == name]
        if name not in self.settings and not rows:
            raise ValueError("%s: unknown key" % name)
        problem = table.problem(rows[0], value) if rows else None
        if problem:
            raise ValueError(problem)
        self.pending[name] = value
        return {"ok": True, "note": "in force after the next start"}

    def _start(self):
        self.starts += 1
        self.settings.update(self.pending)
        self.pending = {}
        self.code = self.settings.get("service_code") or self.code
        self._logged_in = False
        self.answers["status"].update(boot=self.answers["status"]["boot"] + 1, up_s=20)
        self.answers["status"]["station"] = (
            self.settings["station_id"] or self.answers["status"]["station"]
        )
        self.on_restart(self)

    def _repl(self):
        """MicroPython on the line until its reset; True when the test has ended meanwhile."""
        folder = Path(self._folder)
        (folder / "machine.py").write_text(_MACHINE)
        (folder / "settings.json").write_text(json.dumps(self.settings))
        inner, outer = pty.openpty()
        tty.setraw(outer)
        command = [str(Path(sys.executable).with_name("micropython"))]
        child = subprocess.Popen(command, stdin=outer, stdout=outer, stderr=outer, cwd=folder)
        os.close(outer)
        try:
            ended = self._pump(inner, child)
        finally:
            child.kill()
            child.wait()
            os.close(inner)
        self.settings.update(json.loads((folder / "settings.json").read_text()))
        self._typed = b""
        if not ended:
            self._start()
        return ended

    def _pump(self, inner, child):
        while child.poll() is None:
            ready, _, _ = select.select([inner, self._master, self._end_read], [], [], 0.05)
            if self._end_read in ready:
                return True
            # The unix port's end of its terminal is an error here
            with suppress(OSError):
                for source, sink in ((inner, self._master), (self._master, inner)):
                    if source in ready:
                        os.write(sink, os.read(source, 4096))
        return False
