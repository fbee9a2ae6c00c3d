"""Rows for what supervises contactor, residual-current monitor and lock."""

from conformance import actions as do
from conformance import checks, stories
from conformance.fault_row import MUST_NOT_CLOSE, fault_row
from conformance.row import FAST, SLOW, SLOWEST, Row

_MANY = 40
# Mirror contact or output voltage
_FEEDBACK_KINDS = ("output_sense",)


# fault, short, what, stage, story, pin roles
_FEEDBACK = (
    (
        "contactor_welded",
        "at rest",
        "closed, coil off: steady feedback to fault",
        "idle",
        checks.weld_input("welded"),
        (),
    ),
    (
        "contactor_welded",
        "wire",
        "mirror wire breaks at rest: to fault",
        "idle",
        checks.weld_input("mirror_broken"),
        ("mirror",),
    ),
    (
        "contactor_no_close",
        "",
        "does not close: close command to open command",
        "offered",
        checks.no_close("fail_to_close"),
        (),
    ),
    (
        "contactor_no_close",
        "wire",
        "sense wire broken: close command to open command",
        "offered",
        checks.no_close("sense_broken"),
        ("output_sense",),
    ),
    (
        "contactor_released",
        "",
        "coil loses supply: steady feedback to open",
        "charging",
        checks.released("coil_lost"),
        (),
    ),
    (
        "contactor_released",
        "wire",
        "sense wire breaks: to open",
        "charging",
        checks.released("sense_broken"),
        ("output_sense",),
    ),
)


def _contactor():
    for name, short, what, stage, story, parts in _FEEDBACK:
        # Closing takes a second of virtual time
        phases = _MANY if stage == "offered" else FAST
        options = {"parts": parts, "phases": phases, "kinds": _FEEDBACK_KINDS}
        yield fault_row(name, short, what, stage, story, **options)
    yield fault_row(
        "contactor_welded",
        "at opening",
        "does not open: open command to fault",
        "charging as rated",
        checks.weld_at_opening,
        # Drop-out, hold of an output sense and bounce
        most=250_000,
        clause="own: weld seen",
        phases=_MANY,
        kinds=_FEEDBACK_KINDS,
    )


ROWS = (
    *_contactor(),
    fault_row(
        "residual_current_test",
        "",
        "monitor does not trip: opening to name",
        "charging as rated",
        checks.failed_self_test,
        # Two tests of 500 ms, a second between them
        most=2_200_000,
        clause=MUST_NOT_CLOSE,
        parts=("rcm_trip", "rcm_test"),
        without=("rcm_trip_ac",),
        phases=SLOW,
    ),
    fault_row(
        "residual_current_test",
        "two outputs",
        "monitor does not trip: opening to name",
        "charging as rated",
        checks.failed_self_test,
        # Two tests, whose second output may take 1750 ms, a second between them
        most=4_700_000,
        clause=MUST_NOT_CLOSE,
        parts=("rcm_trip_ac", "rcm_test"),
        phases=SLOW,
    ),
    Row(
        "self-test",
        "own: before each closing",
        "closings without a self-test since the last one",
        "charging as rated",
        checks.untested_closings,
        most=0,
        unit="closings",
        phases=SLOWEST,
        parts=("rcm_trip", "rcm_test"),
        kinds=("rcm_trip_ac",),
        tag="M",
    ),
    fault_row(
        "lock_jam",
        "",
        "bolt leaves its home",
        "charging",
        stories.opens(do.world_fault("lock_wire"), 120, fault="lock_jam"),
        parts=("lock_feedback",),
    ),
    fault_row(
        "lock_jam",
        "at start",
        "bolt does not reach home: order to name",
        "plugged",
        checks.lock_not_home,
        # Three pulses and the pauses between them
        most=4_200_000,
        clause=MUST_NOT_CLOSE,
        parts=("lock_feedback",),
        phases=SLOW,
    ),
    Row(
        "lock order",
        "IEC 61851-1: unlock when open",
        "bolt driven out while closed",
        "charging as rated",
        checks.unlocked_while_closed,
        most=0,
        unit="times",
        phases=SLOW,
        parts=("lock_feedback",),
        tag="M",
    ),
)
