"""Mistakes with parts and front ends, planted one at a time, each with its whole sentence."""

from planted_boards import ntc, pilot, pins, proximity, rc522, socket, twin

_MISSING_PART = (
    "no pin for %s, and %s is not in INSTALLED_OUTSIDE: the pile would say safety_part_missing and "
    "begin no charge; add the part, or list it if the installation has it"
)
_SPAN = ": change the divider of %s"
# reason, changes of the good board, the sentence
PLANTED_PARTS = (
    ("choice", {"LIGHT": "lamp"}, "LIGHT lamp: not one of led, rgb, ws2812; choose one"),
    (
        "choice_missing",
        rc522(rfid_miso=None),
        "no pin for rfid_miso, which RFID rc522 needs: give it one in PINS",
    ),
    (
        "choice_missing",
        {"METER": "bl0942", "METER_SCALE": (1,), **pins(rs485_tx=None, rs485_rx=None, meter_rx=4)},
        "no pin for meter_tx, which METER bl0942 needs: give it one in PINS",
    ),
    (
        "choice_missing",
        pins(heartbeat=None),
        "no pin for heartbeat, which DEAD_MAN charge_pump needs: give it one in PINS",
    ),
    (
        "choice_missing",
        pins(temperature_adc=None),
        "no pin for temperature_adc, which TEMPERATURE ntc needs: give it one in PINS",
    ),
    (
        "choice_other",
        pins(dead_man_uart=32),
        "GPIO 32, dead_man_uart: DEAD_MAN is charge_pump; take the pin out or choose the other part",
    ),
    (
        "choice_other",
        pins(rfid_sda=32),
        "GPIO 32, rfid_sda: RFID is None; take the pin out or choose the other part",
    ),
    (
        "feedback_missing",
        pins(mirror=None),
        "no pin for mirror or output_sense: one of them must tell that the contactor closed; add it",
    ),
    (
        "feedback_twice",
        pins(output_sense=32),
        "GPIO 32, output_sense: the contactor has mirror already; take one out",
    ),
    (
        "dead_man_chip",
        {"DEAD_MAN": "rmt", **pins(heartbeat=None, dead_man_rmt=27)},
        "DEAD_MAN rmt: the RMT of the esp32 cannot stop a running pulse; choose charge_pump or uart",
    ),
    (
        "dead_man_hold",
        {"DEAD_MAN_HOLD_MS": 51},
        "DEAD_MAN_HOLD_MS 51: allowed 36..50; change the parts, then the number",
    ),
    ("part_missing", pins(pe_monitor=None), _MISSING_PART % ("pe_monitor", "pe_monitor")),
    ("part_missing", pins(rcm_test=None), _MISSING_PART % ("rcm_test", "residual_current")),
    (
        "part_twice",
        {"INSTALLED_OUTSIDE": ("emergency_stop",)},
        "GPIO 21, emergency_stop: emergency_stop is in INSTALLED_OUTSIDE; take one of them out",
    ),
    (
        "part_twice",
        {"INSTALLED_OUTSIDE": ("temperature",)},
        "GPIO 39, temperature_adc: temperature is in INSTALLED_OUTSIDE; take one of them out",
    ),
    (
        "outside_unknown",
        {"INSTALLED_OUTSIDE": ("rcd",)},
        (
            "INSTALLED_OUTSIDE rcd: not one of residual_current, emergency_stop, pe_monitor, "
            "temperature, over_current; take it out"
        ),
    ),
    (
        "socket",
        socket(mains_monitor=None),
        "no pin for mains_monitor, which a socket needs: add it, or make CONNECTOR_KIND cable",
    ),
    (
        "lock",
        pins(lock_a=13, lock_b=14),
        "no pin for lock_feedback, which a lock needs: add it, or take the lock out",
    ),
    (
        "rcm_half",
        {
            "INSTALLED_OUTSIDE": ("residual_current",),
            **pins(rcm_trip=None, rcm_test=None, rcm_trip_ac=32),
        },
        "GPIO 32, rcm_trip_ac: there is no rcm_trip; add it or take this one out",
    ),
    (
        "phase_half",
        {"PHASES": 3, **pins(phase_contactor=32)},
        "GPIO 32, phase_contactor: there is no phase_mirror; add it or take this one out",
    ),
    (
        "phase_switch",
        pins(phase_contactor=32, phase_mirror=4),
        "GPIO 32, phase_contactor: PHASES is 1; only three phases can be switched",
    ),
    (
        "meter_phases",
        {
            "METER": "hlw8032",
            "METER_SCALE": (1, 1),
            "PHASES": 3,
            **pins(rs485_tx=None, rs485_rx=None, meter_rx=4, meter_tx=13),
        },
        "METER hlw8032: measures one phase, PHASES is 3; choose another meter",
    ),
    (
        "meter_number",
        {"METER": "s0", **pins(rs485_tx=None, rs485_rx=None, meter_pulse=4)},
        "METER_PULSES_PER_KWH 0: METER s0 needs the pulses per kWh that stand on it",
    ),
    (
        "meter_number",
        {"METER": "bl0942", **pins(rs485_tx=None, rs485_rx=None, meter_rx=4, meter_tx=13)},
        "METER_SCALE None: METER bl0942 needs the scale that its driver documents",
    ),
    (
        "light_count",
        {"LIGHT": "ws2812", "LIGHT_COUNT": 0, **pins(led=None, led_data=18)},
        "LIGHT_COUNT 0: write how many lamps the chain has, 1 or more",
    ),
    (
        "second_missing",
        twin({"rcm_trip": "absent"}),
        "SECOND has no rcm_trip: the EVSEs cannot share it; give the second one its own pin",
    ),
    (
        "second_none",
        twin({"mirror": None}),
        "SECOND mirror is None: an EVSE cannot do without; give it a pin",
    ),
    (
        "second_extra",
        twin({"lock_a": 47}),
        "GPIO 47, lock_a 2: the first EVSE has none; add it to PINS or take it out",
    ),
    (
        "second_uart",
        twin(
            {"heartbeat": "absent", "dead_man_uart": 40},
            DEAD_MAN="uart",
            UART_DEAD_MAN=1,
            **pins(heartbeat=None, dead_man_uart=7),
        ),
        "SECOND: DEAD_MAN uart needs a UART for each EVSE; choose another part for two EVSEs",
    ),
    (
        "front_end",
        pilot(pullup_ohm=42200.0),
        "PILOT_FRONT_END pullup_ohm = 42200.0: not a whole number above 0; write the part's value",
    ),
    (
        "front_end_missing",
        pins(pp_adc=34),
        "PROXIMITY_FRONT_END is missing, which pp_adc needs: describe the divider",
    ),
    (
        "calibration",
        {"PILOT_CALIBRATION": (1296, -12069)},
        "PILOT_CALIBRATION (1296, -12069): not two whole numbers, the second above 0; see BLUEPRINT.md",
    ),
    (
        "adc_range",
        {**pilot(pullup_ohm=50000), "PILOT_CALIBRATION": (1165, 11329)},
        "CP at -12600 mV puts 52 mV on the ADC, allowed 150..2450" + _SPAN % "PILOT_FRONT_END",
    ),
    # 1.1 % too much gain: nothing at 0 V, 139 mV at the end
    (
        "disagrees",
        {"PILOT_CALIBRATION": (1296, 12202)},
        (
            "CP at -12400 mV would be read as -12544 mV, allowed error 120 mV: compute "
            "PILOT_CALIBRATION from the resistors again"
        ),
    ),
    (
        "temperature_range",
        ntc(pullup_mv=3300),
        "-20 degC puts 2923 mV on the ADC, allowed 150..2450" + _SPAN % "TEMPERATURE_FRONT_END",
    ),
    (
        "proximity_range",
        proximity(pullup_ohm=4700),
        "a cable of 60 ohm puts 41 mV on the ADC, allowed 150..2450: change PROXIMITY_FRONT_END",
    ),
)
