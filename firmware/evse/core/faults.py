"""The fault table: everything the pile can suffer, and what is said and done about it.

One row per fault; reaction, retry, wire name, light and sentence all derive from it. What platforms
are told stands beside it in fault_codes.py.
Bit sets of faults are plain integers. Those that the safety tick finds stand below 2**30, where an
integer costs no heap on a 32-bit chip.
"""

# Severity
WARN = 0  # told, charging goes on
STOP = 1  # the vehicle is asked to open S2 first, then the contactor opens
TRIP = 2  # the contactor opens at once

# How a fault clears once its cause is gone
SELF = 0  # by itself after the wait
UNPLUG = 1  # when the vehicle has been unplugged
MANUAL = 2  # by a reset at the pile, or at its next start; with TRIP the pilot goes to state F
LOCKOUT = 3  # by a technician only, power cuts included; with TRIP the pilot goes to state F

# `retries`: so many times per plug-in a transaction waits for the fault to clear instead of ending;
# each wait is twice the one before, and after the last one the fault stays until the vehicle leaves.
# A lock-out that was there for a moment only clears by itself.
# `open_ms`: from the cause to the open command at the latest, allowed stalls not counted; 0: no opening.
FIELDS = (
    "name",
    "severity",
    "clears",
    "wait_ms",
    "retries",
    "open_ms",
    "light",
    "sentence",
)

# fmt: off
TABLE = (
    ("pilot_short", TRIP, SELF, 3000, 0, 11, "red_fast",
     "The control pilot is shorted to protective earth: check cable, inlet and CP wiring."),
    # Above 90 % duty the low phase is met only now and then, see core/pilot.py
    ("pilot_diode", TRIP, SELF, 3000, 0, 520, "red_fast",
     "The negative half-wave is spoilt: no diode in the vehicle, or the pilot leaks."),
    ("pilot_invalid", TRIP, SELF, 3000, 0, 11, "red_fast",
     "The pilot level belongs to no state: check the divider and the cable."),
    ("pilot_generator", TRIP, SELF, 3000, 0, 520, "red_fast",
     "The pilot generator does not do what it is told: check the CP driver and its supply."),
    ("pilot_unstable", TRIP, UNPLUG, 0, 0, 11, "red_fast",
     "The pilot keeps breaking off for moments: check plug, inlet and CP wiring."),
    ("contactor_welded", TRIP, LOCKOUT, 0, 0, 6, "red_on",
     "The contactor is closed though its coil is off: isolate, replace it, then unlock."),
    ("contactor_no_close", TRIP, UNPLUG, 0, 0, 250, "red_slow",
     "The contactor did not close: check coil supply, dead-man and feedback wiring."),
    ("contactor_released", TRIP, SELF, 10000, 3, 6, "red_slow",
     "The contactor opened without a command: the dead-man released it or the coil lost power."),
    ("residual_current", TRIP, SELF, 60000, 3, 6, "red_fast",
     "The residual-current monitor tripped: check the insulation of vehicle, cable and pile."),
    ("residual_current_test", TRIP, MANUAL, 0, 0, 30, "red_on",
     "The residual-current monitor failed its self-test: replace it, then reset."),
    ("pe_lost", TRIP, SELF, 10000, 3, 6, "red_fast",
     "Protective earth is lost on the supply side: check the PE conductor and its monitor."),
    ("emergency_stop", TRIP, SELF, 5000, 0, 6, "red_on",
     "The emergency stop is pressed or its wire is broken."),
    ("over_current", TRIP, SELF, 60000, 3, 8000, "red_slow",
     "The vehicle draws more than it was offered: the charge waits and tries again."),
    ("over_voltage", TRIP, SELF, 60000, 6, 4000, "red_slow",
     "The supply voltage is too high: check the neutral conductor and the supply."),
    ("under_voltage", STOP, SELF, 60000, 6, 13000, "red_slow",
     "The supply voltage is too low, or a phase is missing."),
    ("frequency", STOP, SELF, 60000, 6, 13000, "red_slow",
     "The supply frequency is out of range."),
    ("mains_lost", TRIP, SELF, 10000, 6, 6, "red_slow",
     "The mains failed: the charge goes on when it has been back for a while."),
    ("over_temperature", STOP, SELF, 60000, 6, 8000, "red_slow",
     "The pile is too hot though it has reduced the current: check terminals and ventilation."),
    ("temperature_lost", WARN, SELF, 3000, 0, 0, "yellow",
     "The temperature sensor is open or shorted: only 6 A are offered."),
    ("lock_jam", TRIP, UNPLUG, 0, 0, 40, "red_slow",
     "The connector lock did not reach or hold its position: push the plug in fully, or free the bolt."),
    ("tick_late", TRIP, SELF, 10000, 3, 11, "red_slow",
     "The safety tick came too late while charging: something held the interpreter."),
    ("tick_failed", TRIP, SELF, 10000, 0, 6, "red_slow",
     "The safety tick ended by an error: the contactor was opened. See detail."),
    ("control_lost", TRIP, SELF, 10000, 3, 530, "red_slow",
     "The control loop stopped renewing its permission: the contactor was opened."),
    ("safety_part_missing", TRIP, MANUAL, 0, 0, 30, "red_on",
     "The board has no part for a protection that it must have. See notes."),
    ("meter_lost", STOP, SELF, 1000, 0, 11500, "red_slow",
     "The meter does not answer: check RS-485 A/B, address and baud rate."),
    ("meter_implausible", STOP, UNPLUG, 0, 0, 13000, "red_slow",
     "The meter register stepped back or jumped: it was replaced or is defective."),
    ("cable_invalid", STOP, UNPLUG, 0, 0, 11500, "red_slow",
     "The cable does not tell its current rating: unplug it and use another one."),
    ("phase_switch_failed", STOP, MANUAL, 0, 0, 11500, "red_on",
     "The phase contactor did not do what it was told: isolate, check it, then reset."),
    ("settings_invalid", WARN, MANUAL, 0, 0, 0, "yellow",
     "A setting was refused, or a file could not be written; the last good or default value is in force. See notes."),
    ("clock_unknown", WARN, SELF, 0, 0, 0, "",
     "The time is not known yet: remote commands wait, the journal carries the uptime."),
    ("journal_full", WARN, SELF, 0, 0, 0, "yellow",
     "The journal is full because the bridge has not committed for long: no new charge begins."),
    ("task_failed", WARN, SELF, 60000, 0, 0, "yellow",
     "A task ended by an error and was started again. See detail."),
    ("journal_failed", WARN, SELF, 10000, 0, 0, "yellow",
     "The journal cannot be written: check the flash partition `journal`; no new charge begins."),
    ("journal_damaged", WARN, MANUAL, 0, 0, 0, "yellow",
     "Records of the journal are damaged or missing; the bridge is told which. See notes."),
    ("key_missing", WARN, MANUAL, 0, 0, 0, "yellow",
     "The pile has no valid key: provision it; no charge begins and nothing from outside is believed."),
    ("reader_failed", WARN, SELF, 5000, 0, 0, "yellow",
     "The card reader does not answer: check its wiring and supply; remote starts still work."),
)
# fmt: on

NAMES = tuple(row[0] for row in TABLE)
# What the pile itself asks for, so that it need not keep the table
WAITS_S = bytes(row[FIELDS.index("wait_ms")] // 1000 for row in TABLE)
RETRIES = bytes(row[FIELDS.index("retries")] for row in TABLE)
LIGHTS = ("", "yellow", "red_slow", "red_fast", "red_on")
LIGHT = bytes(LIGHTS.index(row[FIELDS.index("light")]) for row in TABLE)

(
    PILOT_SHORT,
    PILOT_DIODE,
    PILOT_INVALID,
    PILOT_GENERATOR,
    PILOT_UNSTABLE,
    CONTACTOR_WELDED,
    CONTACTOR_NO_CLOSE,
    CONTACTOR_RELEASED,
    RESIDUAL_CURRENT,
    RESIDUAL_CURRENT_TEST,
    PE_LOST,
    EMERGENCY_STOP,
    OVER_CURRENT,
    OVER_VOLTAGE,
    UNDER_VOLTAGE,
    FREQUENCY,
    MAINS_LOST,
    OVER_TEMPERATURE,
    TEMPERATURE_LOST,
    LOCK_JAM,
    TICK_LATE,
    TICK_FAILED,
    CONTROL_LOST,
    SAFETY_PART_MISSING,
    METER_LOST,
    METER_IMPLAUSIBLE,
    CABLE_INVALID,
    PHASE_SWITCH_FAILED,
    SETTINGS_INVALID,
    CLOCK_UNKNOWN,
    JOURNAL_FULL,
    TASK_FAILED,
    JOURNAL_FAILED,
    JOURNAL_DAMAGED,
    KEY_MISSING,
    READER_FAILED,
) = (1 << index for index in range(len(TABLE)))


def mask(field, *values):
    """Bit set of the faults whose row has one of `values` in `field`."""
    position = FIELDS.index(field)
    bits = 0
    for index, fault in enumerate(TABLE):
        if fault[position] in values:
            bits |= 1 << index
    return bits


TRIPS = mask("severity", TRIP)
STOPS = mask("severity", STOP, TRIP)
WARNS = mask("severity", WARN)
RESETS = mask("clears", MANUAL, LOCKOUT)
UNPLUGS = mask("clears", UNPLUG)
LOCKOUTS = mask("clears", LOCKOUT)


def names(bits):
    """Names of the faults in a bit set, in table order."""
    return [name for index, name in enumerate(NAMES) if bits >> index & 1]


def row(name):
    """Row of a fault as a dict; KeyError for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    return dict(zip(FIELDS, TABLE[NAMES.index(name)]))
