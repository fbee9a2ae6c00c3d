"""Rows for every fault of core/faults.py: cause to open command within `open_ms`, name told, light shown."""

from conformance import actions as do
from conformance import boots, checks, stories
from conformance.fault_row import MUST_NOT_CLOSE, STAYS_CLOSED, fault_row, open_ms
from conformance.row import SLOW, SLOWEST

# The tick's period and the inputs' reading, after every allowed stall
_STALLED_INPUT_US = 30_000
_MANY = 40


def _generator(m):
    # Above 90 % the low phase is shorter than a conversion: nobody can say who has lost it
    return "pilot_generator" if m.loop.duty_permille <= 900 else ""


# fault, short, what, world's fault
_PILOT = (
    ("pilot_short", "", "CP shorted to PE", "cp_short"),
    ("pilot_diode", "none", "vehicle without diode", "diode_short"),
    ("pilot_diode", "leak", "CP leaks to PE", "leak"),
    ("pilot_generator", "high", "generator stuck high", "pwm_stuck_high"),
    ("pilot_generator", "low", "generator stuck low", "pwm_stuck_low"),
    ("pilot_generator", "dead", "generator dead", "pwm_dead"),
)


def _pilot():
    for name, short, what, fault in _PILOT:
        told = _generator if name == "pilot_generator" else name
        story = stories.opens(do.world_fault(fault), open_ms(name) + 100, fault=told)
        yield fault_row(name, short, what, "charging", story)
    yield fault_row(
        "pilot_diode",
        "<= 32 A",
        "vehicle without diode at 8 to 32 A",
        "charging as rated",
        stories.opens(do.world_fault("diode_short"), 100, fault="pilot_diode"),
        most=11_000,
    )
    story = stories.opens(do.no_level, 100, fault="pilot_invalid")
    yield fault_row("pilot_invalid", "", "level of no state", "charging", story)
    yield fault_row(
        "pilot_unstable",
        "",
        "CP breaks for 12 ms, three times: slowest",
        "charging",
        checks.twitches,
        phases=SLOW,
    )


def _tripped_us(m):
    return m.world.residual_current.tripped_us


def _mains_told_us(m):
    return m.world.mains_monitor.changed_us


# fault, short, what, action, pin role, when the input changes
_INPUTS = (
    (
        "residual_current",
        "",
        "monitor trips",
        do.world_fault("residual_current"),
        "rcm_trip",
        _tripped_us,
    ),
    (
        "residual_current",
        "wire",
        "trip wire breaks",
        do.world_fault("rcm_wire"),
        "rcm_trip",
        stories.cause_now,
    ),
    ("pe_lost", "", "PE is lost", do.world_fault("pe_lost"), "pe_monitor", stories.cause_now),
    (
        "emergency_stop",
        "",
        "emergency stop pressed",
        do.world_fault("emergency_stop"),
        "emergency_stop",
        stories.cause_now,
    ),
    ("mains_lost", "", "mains fails", do.mains_off, "mains_monitor", _mains_told_us),
)


def _inputs():
    for name, short, what, action, part, cause in _INPUTS:
        story = stories.opens(action, 60, fault=name, cause=cause)
        yield fault_row(name, short, what, "charging", story, parts=(part,))
        if cause == stories.cause_now:
            story = stories.opens(action, 90, fault=name, stalled=True)
            yield fault_row(
                name,
                (short + " stalls").strip(),
                what + ", every allowed stall",
                "charging",
                story,
                parts=(part,),
                most=_STALLED_INPUT_US,
                clause="own: L1 with stalls",
            )


def _slow_vehicle(m):
    m.world.vehicle.ramp_us = 120_000_000


# One role of these is enough
SENSOR = ("temperature_adc", "temperature_onewire")
READER = ("rfid_sck", "rfid_sda", "rfid_tx")
# What these rows are about
METER = {"kinds": ("METER",)}
THERMOMETER = {"kinds": ("TEMPERATURE",)}

# fault, short, what, action, other options
_SLOW = (
    (
        "over_current",
        "",
        "30 % above the offer",
        do.world_fault("overdraw"),
        {**METER, "least": 5_000_000, "clause": "GB/T 18487.1 A.3, 5 s"},
    ),
    (
        "over_current",
        "after fall",
        "offer falls, vehicle does not follow",
        do.both(_slow_vehicle, do.offer(60)),
        {
            **METER,
            "least": 5_000_000,
            "most": 15_000_000,
            "clause": "IEC 61851-1 A, tolerated 5 s",
        },
    ),
    ("over_voltage", "", "25 % above", do.world_fault("over_voltage"), METER),
    ("under_voltage", "", "18 % below", do.world_fault("under_voltage"), METER),
    ("frequency", "", "54 Hz", do.world_fault("frequency"), METER),
    ("over_temperature", "", "85 degrees", do.heat, {**THERMOMETER, "parts": (SENSOR,)}),
    (
        "cable_invalid",
        "",
        "cable coding shorted",
        do.world_fault("pp_short"),
        {"parts": ("pp_adc",)},
    ),
    ("meter_lost", "silent", "meter silent", do.world_fault("silent"), METER),
    (
        "meter_lost",
        "other",
        "only another meter answers",
        do.world_fault("wrong_address"),
        {"parts": ("rs485_tx",)},
    ),
    (
        "meter_implausible",
        "jump",
        "register jumps",
        do.world_fault("jump"),
        {"parts": ("rs485_tx",)},
    ),
    (
        "meter_implausible",
        "back",
        "register steps back",
        do.world_fault("step_back"),
        {"parts": ("rs485_tx",)},
    ),
)


def _slow():
    for name, short, what, action, options in _SLOW:
        most_ms = options.get("most", open_ms(name) * 1000) // 1000
        story = stories.opens_slowly(action, most_ms + 1000, fault=name)
        yield fault_row(name, short, what, "charging as rated", story, phases=SLOW, **options)


def _firmware():
    story = stories.opens_after_order(do.tick_breaks, 50, fault="tick_failed")
    yield fault_row("tick_failed", "", "error in the tick", "charging", story)
    story = stories.opens_late(38_000, 60, fault="tick_late")
    yield fault_row("tick_late", "", "held for 38 ms: its end to open", "charging", story)
    story = stories.opens_after_order(do.control_stops, 700, fault="control_lost")
    yield fault_row(
        "control_lost", "", "control loop stands still", "charging", story, phases=_MANY
    )


# fault, short, what, action, limit of its naming in ms, other options
_REPORTED = (
    (
        "temperature_lost",
        "open",
        "sensor open",
        do.sensor_open,
        5000,
        {**THERMOMETER, "parts": (SENSOR,)},
    ),
    (
        "temperature_lost",
        "short",
        "sensor shorted",
        do.sensor_short,
        5000,
        {**THERMOMETER, "parts": (SENSOR,)},
    ),
    (
        "reader_failed",
        "",
        "card reader silent",
        do.world_fault("rfid_silent"),
        5000,
        {"kinds": ("RFID",), "parts": (READER,)},
    ),
    ("journal_full", "", "nobody takes records", do.journal_fills, 200, {}),
    ("task_failed", "", "error in a task", do.task_breaks, 3000, {}),
)


def _warnings():
    for name, short, what, action, within_ms, options in _REPORTED:
        yield fault_row(
            name,
            short,
            what + ": named",
            "charging as rated",
            stories.reports(action, name, within_ms),
            most=within_ms * 1000,
            clause=STAYS_CLOSED,
            phases=SLOW,
            **options,
        )


def _power_on():
    for name, what, stage, refusal in (
        ("settings_invalid", "refused setting", "power on, bad setting", ""),
        ("clock_unknown", "no time yet", "power on", ""),
        ("journal_damaged", "records missing", "power on, rotten journal", ""),
        ("journal_failed", "no partition", "power on, no journal", "unavailable"),
        ("key_missing", "no key", "power on, no key", "unavailable"),
        ("safety_part_missing", "no PE monitor", "power on, no PE monitor", "fault"),
    ):
        yield fault_row(
            name,
            "",
            what + ": power-up to name",
            stage,
            boots.named_after_power_on(name, refusal=refusal),
            most=max(open_ms(name), 100) * 1000,
            clause=MUST_NOT_CLOSE if refusal else STAYS_CLOSED,
            phases=SLOWEST,
            kinds=("phase_contactor",),
        )


def _phases():
    # An unplug of 10 s is shown to whatever vehicle there is before anything moves
    yield fault_row(
        "phase_switch_failed",
        "",
        "phase contactor welded: power-up to name",
        "power on, phases welded",
        boots.named_after_power_on("phase_switch_failed", refusal="fault", within_ms=13000),
        most=13_000_000,
        clause=MUST_NOT_CLOSE,
        phases=SLOWEST,
        parts=("phase_contactor",),
    )


ROWS = (
    *_pilot(),
    *_inputs(),
    *_slow(),
    *_firmware(),
    *_warnings(),
    *_power_on(),
    *_phases(),
)
