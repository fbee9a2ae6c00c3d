"""The safety tick allocates nothing, shown by MicroPython itself with the heap locked."""

import re

import pytest

from interpreters import run_micropython
from rig import load_board

PROFILES = ("iec_61851_1_2017", "sae_j1772", "gbt_18487_1_2015", "gbt_18487_1_2023")
# All profiles once; the others differ by board in dead-man, feedback and inputs
RUNS = (("devkitc", PROFILES), ("devkitc_socket", PROFILES[:1]), ("devkitc_uart", PROFILES[:1]))
ALLOCATES = """
import bare_pile
import micropython
from evse.core import pilot_profiles
from evse.core.charging import CLOSE


class Part:
    def active(self):
        return %s


tick = bare_pile.new_tick(pilot_profiles.load("iec_61851_1_2017"), ((Part(), 1),))
micropython.heap_lock()
bare_pile.run(tick, CLOSE, 1)
micropython.heap_unlock()
print(type(tick.error).__name__)
"""


def paths(board):
    return ("host_tests/control/bare", "host_tests/control", "firmware", "boards/" + board)


def wanted(board):
    """Every fault that the tick itself finds, on a board with these inputs."""
    from evse.core import faults

    inputs = {
        "rcm_trip": faults.RESIDUAL_CURRENT,
        "emergency_stop": faults.EMERGENCY_STOP,
        "pe_monitor": faults.PE_LOST,
        "mains_monitor": faults.MAINS_LOST,
    }
    bits = faults.PILOT_SHORT | faults.PILOT_INVALID | faults.PILOT_DIODE | faults.PILOT_GENERATOR
    bits |= faults.CONTACTOR_WELDED | faults.CONTACTOR_NO_CLOSE | faults.CONTACTOR_RELEASED
    bits |= faults.TICK_LATE | faults.CONTROL_LOST | faults.TICK_FAILED
    for role in load_board(board).PINS:
        bits |= inputs.get(role, 0)
    return bits


@pytest.mark.parametrize(("board", "profiles"), RUNS)
def test_tick_runs_with_the_heap_locked_in_every_state_and_fault(board, profiles, record_property):
    from evse.core import faults

    ran = run_micropython("host_tests/control/tick_heap.py", *profiles, paths=paths(board))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ticks, closed, fed, seen = map(int, re.findall(r"\d+", ran.stdout))
    assert ticks > 50000
    assert closed > 150, "the contactor was hardly closed, so the test saw half of the tick"
    assert fed == closed
    expected = wanted(board)
    assert seen == expected, (faults.names(expected & ~seen), faults.names(seen & ~expected))
    record_property(
        "figure", f"{board}: {ticks} ticks under a locked heap, {closed} closings, dead-man fed"
    )


@pytest.mark.parametrize(
    ("reading", "error"), [("len([0] * 8) > 9", "MemoryError"), ("8 > 9", "NoneType")]
)
def test_the_proof_can_fail(tmp_path, reading, error):
    script = tmp_path / "allocates.py"
    script.write_text(ALLOCATES % reading)
    ran = run_micropython(script, paths=paths("devkitc"))
    assert ran.stdout.strip() == error, ran.stdout + ran.stderr
