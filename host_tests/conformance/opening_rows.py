"""Rows for opening at once: unplug, S2, and an interpreter that stands still."""

from conformance import actions as do
from conformance import stories
from conformance.row import ALL, FAST, GBT, IEC, Row

A6 = "IEC 61851-1 Table A.6"
GBT_A3 = "GB/T 18487.1 A.3"
# Two ticks and their bursts; with every allowed stall before them
OPEN_US = 11_000
STALLED_US = 35_000
# Longest hold of any dead-man
DEAD_MAN_US = 50_000
_WINDOW_MS = 60

# number, clause, what, stage, action, profiles
_OPENINGS = (
    ("2.2", A6, "unplug under load", "charging", do.unplug, IEC),
    ("8.1", A6, "vehicle opens S2", "charging", do.open_s2, IEC),
    ("GB/T 3'-1 unplug", GBT_A3, "unplug under load", "charging", do.unplug, GBT),
    ("GB/T 3'-2' S2", GBT_A3, "vehicle opens S2", "charging", do.open_s2, GBT),
    ("2.2 C1", A6 + " and GB/T", "unplug under load, no PWM", "stopping", do.unplug, ALL),
    ("8.2", A6 + " and GB/T", "vehicle opens S2, no PWM", "stopping", do.open_s2, ALL),
)


def _openings():
    for number, clause, what, stage, action, profiles in _OPENINGS:
        for stalled in (False, True):
            yield Row(
                number + (" stalls" if stalled else ""),
                clause + ", 100 ms",
                what + (", every allowed stall" if stalled else ""),
                stage,
                stories.opens(action, _WINDOW_MS, stalled=stalled),
                most=STALLED_US if stalled else OPEN_US,
                profiles=profiles,
                tag="V",
                headline=stage == "charging",
            )


def _ventilated():
    for action, what, number in (
        (do.unplug, "unplug under load in D2", "2.2 D2"),
        (do.open_s2, "vehicle opens S2 in D2", "8.1 D2"),
    ):
        yield Row(
            number,
            A6 + ", 100 ms",
            what,
            "charging, ventilated",
            stories.opens(action, _WINDOW_MS),
            most=OPEN_US,
            profiles=IEC,
            tag="V",
        )


def _dead_man():
    for number, what, story in (
        ("dead-man freeze", "interpreter stands still", stories.freezes(120_000)),
        ("dead-man timer", "tick no longer called", stories.dead_man(do.timer_dies)),
        ("dead-man reset", "chip is reset", stories.chip_reset),
    ):
        yield Row(
            number,
            "own: L0, coil released",
            what + ": coil released",
            "charging",
            story,
            most=DEAD_MAN_US,
            tag="own",
        )


ROWS = (
    *_openings(),
    *_ventilated(),
    Row(
        "CP open",
        A6 + " 2.2, 100 ms",
        "CP conductor breaks",
        "charging",
        stories.opens(do.world_fault("cp_open"), _WINDOW_MS),
        most=OPEN_US,
        tag="M",
    ),
    *_dead_man(),
    Row(
        "allowed stall",
        "own: L1",
        "every allowed stall: openings",
        "charging",
        stories.bears_stall,
        most=0,
        unit="openings",
        phases=FAST,
        tag="own",
    ),
)
