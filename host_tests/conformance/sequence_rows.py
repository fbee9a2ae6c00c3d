"""Rows for the sequences of IEC 61851-1 Annex A and of GB/T 18487.1 besides the openings under load."""

from conformance import actions as do
from conformance import boots, pauses, transitions
from conformance.opening_rows import A6, GBT_A3, OPEN_US
from conformance.row import GBT, IEC, SLOW, SLOWEST, Row

_OWN_MS = 100
# Lock, self-test of the residual-current monitor, loop
_READY_MS = 4000
_MANY = 40
# What has its own way and time before a closing: lock and self-test
_READY = ("CONNECTOR_KIND", "rcm_trip_ac")


def _state(name):
    return transitions.in_state(name)


# number in IEC, number in GB/T, what, stage, action, is it an order, condition, limit in ms
# fmt: off
_TRANSITIONS = (
    ("1.1", "1-2 plug", "plug in: B1", "idle", do.plug, False, _state("B1"), _OWN_MS),
    ("1.2", "1-3 no S2", "plug in, no S2: C1", "idle", do.plug_simplified, False, _state("C1"), 700),
    ("2.1 B1", "2-1 unplug", "unplug in B1: A1", "plugged", do.unplug, False, _state("A1"), _OWN_MS),
    ("2.1 B2", "2'-1 unplug", "unplug in B2: PWM off", "offered", do.unplug, False,
     transitions.is_steady, _OWN_MS),
    ("3.1", "2-2' ready", "station ready: PWM on", "plugged", do.authorize, True,
     transitions.has_pwm, _READY_MS),
    ("9.1", "2'-2 stop", "station stops in B2: PWM off", "offered", do.stop, True,
     transitions.is_steady, _OWN_MS),
    ("10.1", "3'-3 stop", "station stops in C2: PWM off", "charging", do.stop, True,
     transitions.is_steady, _OWN_MS),
    ("11", "3'-0 short", "CP shorted in C2: E", "charging", do.world_fault("cp_short"), False,
     _state("E"), _OWN_MS),
    ("12", "4 fault", "fault that locks out: -12 V", "idle", do.world_fault("welded"), False,
     transitions.is_negative, _OWN_MS),
    ("14", "0-2 level back", "short removed: B1", "shorted", do.world_fault("cp_short", on=False), False,
     _state("B1"), _OWN_MS),
)
# fmt: on


def _transitions():
    for iec, gbt, what, stage, action, order, condition, limit_ms in _TRANSITIONS:
        for number, clause, profiles in ((iec, A6, IEC), ("GB/T " + gbt, GBT_A3, GBT)):
            yield Row(
                number,
                clause + ", no time given",
                what,
                stage,
                transitions.reaches(action, condition, limit_ms + 500, order=order),
                most=limit_ms * 1000,
                phases=_MANY,
                profiles=profiles,
                kinds=_READY,
                tag="own",
            )


# number in IEC, in GB/T, what, stage, action, order, shortest time to the close command
_CLOSINGS = (
    ("4", "2'-3' close", "vehicle closes S2: closed", "offered", do.close_s2, False, 500),
    ("3.2", "3-3' no S2", "station ready in C1: closed", "plugged, no S2", do.authorize, True, 0),
)


def _closings():
    for iec, gbt, what, stage, action, order, stable_ms in _CLOSINGS:
        for number, clause, profiles in ((iec, A6, IEC), ("GB/T " + gbt, GBT_A3, GBT)):
            yield Row(
                number,
                clause + ", 3 s",
                what,
                stage,
                transitions.closes(action, 6000, stable_ms=stable_ms, order=order),
                least=stable_ms * 1000,
                most=3_000_000,
                phases=_MANY,
                profiles=profiles,
                kinds=_READY,
            )


def _stops():
    for obeyed, ignored, clause, profiles, least_ms, tag in (
        ("9.2", "10.2", A6, IEC, 6000, "S"),
        ("GB/T 3'-3-2 stop", "GB/T 3'-3 ignored", GBT_A3 + ".10", GBT, 3000, "M"),
    ):
        yield Row(
            obeyed,
            clause + ", 100 ms",
            "station stops, vehicle opens S2: open after it",
            "charging",
            transitions.stop_obeyed(do.stop),
            most=OPEN_US,
            phases=_MANY,
            profiles=profiles,
            kinds=("CONNECTOR_KIND",),
            tag="V",
        )
        yield Row(
            ignored,
            clause + ", not before",
            "station stops, vehicle ignores it: PWM off to open",
            "charging",
            transitions.stop_ignored(7000),
            least=least_ms * 1000,
            most=6_100_000,
            phases=SLOW,
            profiles=profiles,
            kinds=("CONNECTOR_KIND",),
            tag=tag,
        )


def _wake_ups():
    for name, clause, profiles, kind, pulse_ms, tag in (
        ("wake-up", "IEC 61851-1 A.5.3", IEC, "F", 4000, "V"),
        ("GB/T wake-up", "as IEC 61851-1 A.5.3", GBT, "x1", 3000, "M"),
    ):
        yield Row(
            name + " wait",
            clause,
            "vehicle sleeps in B2: until the pulse",
            "plugged, asleep",
            pauses.wake_wait,
            # Both edges wait for the end of a PWM period
            least=29_999_000,
            most=31_000_000,
            phases=SLOWEST,
            profiles=profiles,
            kinds=("CONNECTOR_KIND",),
            tag="S",
        )
        yield Row(
            name + " pulse",
            clause,
            "length of the only pulse, by state " + kind,
            "plugged, asleep",
            pauses.wake_pulse,
            least=pulse_ms * 1000,
            most=pulse_ms * 1000 + 150_000,
            phases=SLOWEST,
            profiles=profiles,
            kinds=("CONNECTOR_KIND",),
            tag=tag,
        )


ROWS = (
    *_transitions(),
    *_closings(),
    *_stops(),
    *_wake_ups(),
    Row(
        "4 D",
        A6 + ", 3 s",
        "vehicle asks for ventilation, and gets it: closed",
        "offered, ventilated",
        transitions.closes(do.ask_ventilation, 6000, stable_ms=500),
        least=500_000,
        most=3_000_000,
        phases=SLOW,
        profiles=IEC,
        kinds=_READY,
    ),
    Row(
        "4 D refused",
        A6 + ", no ventilation",
        "vehicle asks for ventilation, there is none: closings",
        "offered",
        transitions.closings(do.ask_ventilation, 5000),
        most=0,
        unit="closings",
        phases=SLOW,
        profiles=IEC,
        tag="M",
    ),
    Row(
        "1.2 power on",
        A6,
        "vehicle in C when the pile starts: closings",
        "power on",
        boots.not_closed_in_c(5000),
        most=0,
        unit="closings",
        phases=SLOW,
        kinds=("phase_contactor",),
        tag="own",
    ),
    Row(
        "6",
        A6 + ", 5 s",
        "limit swings: from a change of duty to a rise",
        "charging as rated",
        pauses.rise_apart,
        # The loop counts its own 20 ms
        least=4_980_000,
        most=60_000_000,
        phases=SLOW,
    ),
    Row(
        "7 lower",
        A6 + ", 10 s",
        "limit falls: duty that offers it",
        "charging as rated",
        pauses.new_limit(range(60, 79)),
        most=100_000,
        phases=SLOW,
        tag="M",
    ),
    Row(
        "7 higher",
        A6 + ", 10 s",
        "limit rises after it fell: duty that offers it",
        "charging as rated",
        pauses.lower_then_higher,
        most=10_000_000,
        phases=SLOW,
        tag="M",
    ),
    Row(
        "13",
        "IEC 61851-1 Table A.5",
        "time in state F, repaired at once",
        "idle",
        pauses.f_dwell,
        least=300_000,
        most=10_000_000,
        phases=_MANY,
    ),
    Row(
        "pause",
        A6 + " 9.2, 100 ms",
        "limit below 6 A: open after S2",
        "charging as rated",
        transitions.stop_obeyed(do.offer(50)),
        most=OPEN_US,
        phases=_MANY,
        kinds=("CONNECTOR_KIND",),
        tag="V",
    ),
    Row(
        "duty law",
        "IEC 61851-1 Table A.7",
        "current that a vehicle reads, above the limit",
        "charging",
        transitions.duty_error,
        # 85 to 85.4 % may be read by either law and is not driven
        least=-2500,
        most=0,
        unit="mA",
        phases=_MANY,
        tag="V",
    ),
    Row(
        "chatter",
        "own: closing is slow",
        "vehicle chatters with S2: open command to next close",
        "charging as rated",
        pauses.open_apart,
        # Three seconds in whole ticks
        least=2_995_000,
        most=90_000_000,
        phases=SLOWEST,
        tag="own",
    ),
)
