"""A process of the bench that is spoken to in lines: a word in, JSON out."""

import json
import os
import subprocess
import sys
from pathlib import Path

from interpreters import ROOT

_BENCH = Path(__file__).parent
_PATH = [*(ROOT / name for name in ("firmware", "tools", "host_tests", "host_tests/ocpp")), _BENCH]


class ProcessError(Exception):
    """A process ended, or what was waited for did not come; the text says which."""


class LineProcess:
    """A script beside this file with its arguments; killed when its context ends."""

    def __init__(self, script, *arguments):
        self._name = script
        self._process = subprocess.Popen(
            [sys.executable, str(_BENCH / script), *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _PATH))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self):
        """The next line."""
        line = self._process.stdout.readline()
        if not line:
            raise ProcessError(f"{self._name} ended: {self._process.wait()}")
        return json.loads(line)

    def ask(self, *words):
        """The answer to a word."""
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self.read()

    def finish(self, text=""):
        """What it says when it has read all of its input."""
        said, _ = self._process.communicate(text)
        if self._process.returncode:
            raise ProcessError(f"{self._name} ended: {self._process.returncode}")
        return json.loads(said)

    def end(self):
        """Have it stop in order."""
        self._process.stdin.close()
        self._process.wait(60)

    def kill(self):
        """End it as a loss of power would."""
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._process.stdin.close()
        self._process.stdout.close()
