"""`python -m pilesim`: the whole firmware as a program, on both interpreters."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BESIDE = Path(sys.executable).with_name("micropython")
MICROPYTHON = shutil.which("micropython") or (str(BESIDE) if BESIDE.exists() else None)

needs_micropython = pytest.mark.skipif(
    MICROPYTHON is None, reason="no micropython on PATH or beside this Python"
)


@pytest.mark.parametrize(
    "python", [pytest.param("micropython", marks=needs_micropython), "cpython"]
)
class TestProgram:
    """python -m pilesim."""

    def run(self, python, tmp_path, scenario, stdin="", speed="0"):
        command = [sys.executable, "-m", "pilesim", "--python", python, "--speed", speed]
        command += ["--scenario", scenario, "--dir", str(tmp_path)]
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        )

    def test_a_charge_of_the_whole_firmware(self, python, tmp_path):
        done = self.run(
            python,
            tmp_path,
            "plug; wait preparing; run 2s; authorize; wait charging; run 20s;"
            "expect contactor closed; unplug; wait available; expect contactor open; quit",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "contactor state=closed" in done.stdout

    def test_a_failed_expectation_is_the_exit_status(self, python, tmp_path):
        done = self.run(python, tmp_path, "run 1s; expect contactor closed")
        assert done.returncode == 1
        assert "expected closed, status is available" in done.stdout

    def test_a_long_freeze_is_ended_by_the_watchdog_and_the_pile_starts_again(
        self, python, tmp_path
    ):
        done = self.run(
            python,
            tmp_path,
            "plug; run 2s; authorize; wait charging; freeze 5s; run 2s; expect contactor open; quit",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "dead_man" in done.stdout
        assert "reset cause=3" in done.stdout

    def test_world_words_on_stdin(self, python, tmp_path):
        done = self.run(python, tmp_path, "", "plug\nfly\nrun 200ms\nunplug\nquit\n", speed="1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "plug mode=normal" in done.stdout
        assert "error line 1, 'fly': unknown word" in done.stdout

    def test_a_long_scenario_runs_from_a_file(self, python, tmp_path):
        text = "plug; run 10ms; unplug; " * 20
        if python == "micropython":
            refused = self.run(python, tmp_path, text + "quit")
            assert refused.returncode == 2
            assert "scenario=plug; run 1... is over 255 bytes" in refused.stderr
        (tmp_path / "story").write_text(text + "reset; unlock; quit")
        done = self.run(python, tmp_path, f"@{tmp_path}/story")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("plug mode=normal") == 20

    def test_a_scenario_that_cannot_be_read_is_refused_at_once(self, python, tmp_path):
        done = self.run(python, tmp_path, "plug; fly")
        assert done.returncode == 2
        assert "'fly': unknown word" in done.stdout
