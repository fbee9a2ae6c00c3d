"""ESP32-DevKitC with the reference front end: pins, calibration, parts. See board.md for the wiring."""

NAME = "devkitc"
CHIP = "esp32"

# What the power side is built for
RATED_A10 = 320
PHASES = 1
VOLTS = 220
CONNECTOR_KIND = "cable"

PINS = {
    "cp_pwm": 25,
    "cp_adc": 36,
    "contactor": 26,
    "mirror": 33,
    "heartbeat": 27,
    "rs485_tx": 17,
    "rs485_rx": 16,
    "led": 18,
}
UART_METER = 2

# Divider from the pilot to the ADC, in ohm; the simulator computes the ADC level from it
PILOT_FRONT_END = {
    "top_ohm": 200000,
    "pullup_ohm": 42200,
    "pulldown_ohm": 31600,
    "pullup_mv": 3300,
}
# Nominal (ADC mV at 0 V on the pilot, pilot mV per 1000 mV at the ADC); each unit has its own pair in
# the settings pilot_zero_mv and pilot_gain, see board.md
PILOT_CALIBRATION = (1296, 12069)


def safe_outputs():
    """Contactor open and pilot at -12 V: the first thing after a reset and the last after a crash."""
    from evse.drivers.safe_state import outputs_low

    outputs_low(PINS["contactor"], PINS["heartbeat"], PINS["cp_pwm"])


def control_pilot(zero_mv=0, gain=0):
    """Pilot generator and sampler; the unit's calibration, 0 for the nominal values."""
    from evse.drivers.control_pilot import ControlPilot

    calibration = (zero_mv or PILOT_CALIBRATION[0], gain or PILOT_CALIBRATION[1])
    return ControlPilot(PINS["cp_pwm"], PINS["cp_adc"], calibration)


def contactor():
    """Coil and mirror contact."""
    from evse.drivers.contactor_gpio import ContactorGpio

    return ContactorGpio(PINS["contactor"], PINS["mirror"])


def dead_man():
    """Heartbeat into the charge pump."""
    from evse.drivers.dead_man import DeadMan

    return DeadMan(PINS["heartbeat"])


def tick_timer():
    """Timer of the safety tick."""
    from evse.drivers.tick_timer import TickTimer

    return TickTimer(0)


def meter(address):
    """DL/T 645 meter behind the RS-485 transceiver."""
    from evse.drivers.meter_dlt645 import MeterDlt645

    return MeterDlt645(UART_METER, PINS["rs485_tx"], PINS["rs485_rx"], address)


def status_led():
    """Status LED."""
    from evse.drivers.status_led import StatusLed

    return StatusLed(PINS["led"])


def watchdog(timeout_ms=2000):
    """Liveness."""
    from evse.drivers.watchdog import Watchdog

    return Watchdog(timeout_ms)


def chip():
    """Reset and its cause."""
    from evse.drivers.chip import Chip

    return Chip()
