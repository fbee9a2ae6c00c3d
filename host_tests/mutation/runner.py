"""Copies of the repository, one defect at a time in each, and the tests on them."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_COPIED = ("firmware", "boards", "tools", "host_tests", "pyproject.toml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")
_TIMEOUT_S = 180
_FIRST = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_WHERE = '''"""Which firmware the tests of this copy import."""

from pathlib import Path

import evse


def test_the_copy_is_imported():
    here = Path(__file__).resolve().parent.parent
    assert Path(evse.__file__).is_relative_to(here), evse.__file__
'''

# status: caught, survived, or why the run says nothing; test: the first that failed
Result = namedtuple("Result", "status test seconds output")


class CopyError(Exception):
    """A defect cannot be put in; the text says which and why."""


class Copy:
    """A private copy of what the tests need."""

    def __init__(self, folder, root=ROOT):
        self.folder = Path(folder)
        for name in _COPIED:
            source, target = root / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=_LEFT_OUT)
            else:
                shutil.copy(source, target)
        if (root / "build" / "lib").exists():
            (self.folder / "build").mkdir()
            (self.folder / "build" / "lib").symlink_to(root / "build" / "lib")
        (self.folder / "host_tests" / "test_where.py").write_text(_WHERE)

    def baseline(self, tests):
        """Without a defect: everything must pass, on the firmware of this copy."""
        return self._run(("host_tests/test_where.py", *tests))

    def run(self, defect):
        """Put the defect in, run its tests until one fails, take it out."""
        path = self.folder / "firmware" / "evse" / defect.file
        text = path.read_text()
        count = text.count(defect.old)
        if count != 1:
            raise CopyError("%s: %r occurs %d times" % (defect.file, defect.old, count))
        self._write(path, text.replace(defect.old, defect.new))
        try:
            return self._run(defect.tests)
        finally:
            self._write(path, text)

    @staticmethod
    def _write(path, text):
        path.write_text(text)
        # Two versions may have the same size and second, which is all that bytecode is judged by
        Path(cache_from_source(path)).unlink(missing_ok=True)

    def _run(self, tests):
        began_s = time.monotonic()
        options = ("-x", "-q", "-rfE", "-p", "no:cacheprovider", "-p", "no:xdist")
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=self.folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": ""},
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result("caught", "no end within %d s" % _TIMEOUT_S, _TIMEOUT_S, "")
        seconds = time.monotonic() - began_s
        if ran.returncode == 0:
            return Result("survived", "", seconds, ran.stdout)
        found = _FIRST.search(ran.stdout)
        # A file that cannot even be collected has judged nothing
        if ran.returncode == 1 and found and "::" in found.group(1):
            return Result("caught", found.group(1), seconds, ran.stdout)
        return Result("exit %d" % ran.returncode, "", seconds, ran.stdout + ran.stderr)
