"""The safety tick allocates nothing, shown by MicroPython itself with the heap locked."""

import re

from interpreters import run_micropython

PATHS = ("host_tests/control/bare", "firmware", "boards/devkitc")


def test_tick_runs_with_the_heap_locked_in_every_state_and_fault(record_property):
    ran = run_micropython("host_tests/control/tick_heap.py", paths=PATHS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ticks, closed, seen = map(int, re.findall(r"\d+", ran.stdout))
    assert ticks > 50000
    assert closed > 50, "the contactor was never closed, so the test saw half of the tick"
    from evse.core import faults

    wanted = (
        faults.PILOT_SHORT
        | faults.PILOT_INVALID
        | faults.PILOT_DIODE
        | faults.CONTACTOR_WELDED
        | faults.CONTACTOR_NO_CLOSE
        | faults.CONTACTOR_RELEASED
        | faults.TICK_LATE
        | faults.CONTROL_LOST
    )
    assert seen & wanted == wanted, faults.names(wanted & ~seen)
    record_property("figure", f"{ticks} ticks under a locked heap, {closed} closings")


def test_the_proof_can_fail(tmp_path):
    script = tmp_path / "allocates.py"
    script.write_text(
        "import micropython\n"
        "micropython.heap_lock()\n"
        "try:\n"
        "    x = [0] * 8\n"
        "    print('allocated')\n"
        "except MemoryError:\n"
        "    micropython.heap_unlock()\n"
        "    print('refused')\n"
    )
    assert run_micropython(script).stdout == "refused\n"
