"""Runs a tree of firmware, built or its sources, in the simulated world under MicroPython."""

import json

from interpreters import run_micropython
from pilesim.memory import BENCH_SETTINGS

_WORLD = ("tools/pilesim/standins_upy", "tools/pilesim/standins", "tools", "firmware", "build/lib")


class TreeError(Exception):
    """The run did not do what its scenario expects; the text ends with what it printed."""


def run_tree(folders, board, scenario, work, sample_ms=0, settings=None, heap="3M"):
    """Lines that the pile and its world print; see tree_in_world.py for `sample_ms`.

    `folders` make up the tree, `work` becomes the pile's file system, with these `settings`.
    """
    work.mkdir(parents=True, exist_ok=True)
    (work / "settings.json").write_text(json.dumps({**BENCH_SETTINGS, **(settings or {})}))
    (work / "story").write_text(scenario)
    ran = run_micropython(
        "host_tests/tree_in_world.py",
        ",".join(str(folder) for folder in folders),
        str(sample_ms),
        *(f"board={board}", "seed=7", "speed=0", f"dir={work}", f"scenario=@{work}/story"),
        paths=_WORLD,
        heap=heap,
    )
    if ran.returncode:
        raise TreeError(f"{board}: {(ran.stdout + ran.stderr)[-2000:]}")
    return ran.stdout.splitlines()
