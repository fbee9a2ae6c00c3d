"""SmartEVSE v3.0 with its socket, and what PileLink needs on the LCD's pins. See board.md for the wiring."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Socket with lock and cable coding, charge-pump dead-man, mirror contact."""

    NAME = "smartevse_v3"
    CHIP = "esp32"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 3
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "socket"

    PINS = {
        "cp_pwm": 19,
        "cp_adc": 39,
        "contactor": 32,
        "mirror": 33,
        "heartbeat": 26,
        "rs485_tx": 21,
        "rs485_rx": 23,
        "rs485_direction": 22,
        "led": 12,
        "rcm_trip": 13,
        "rcm_test": 25,
        "emergency_stop": 16,
        "pe_monitor": 14,
        "mains_monitor": 5,
        "temperature_adc": 36,
        "pp_adc": 34,
        "lock_a": 18,
        "lock_b": 17,
        "lock_feedback": 35,
        "rfid_sda": 4,
        "rfid_scl": 2,
        "button": 0,
    }
    # Their levels at reset stand on the page
    STRAPPING_USED = (0, 2, 5, 12)
    EXTERNAL_PULL_UP = (35,)
    UART_METER = 2
    TEMPERATURE = "mcp9700a"
    RFID = "pn532_i2c"

    DEAD_MAN = "charge_pump"
    # Longest hold of the pump, all parts at their worst
    DEAD_MAN_HOLD_MS = 50

    # Divider from the pilot to the ADC, in ohm; the simulator computes the ADC level from it
    PILOT_FRONT_END = {
        "top_ohm": 200000,
        "pullup_ohm": 42200,
        "pulldown_ohm": 31600,
        "pullup_mv": 3300,
    }
    # Nominal (ADC mV at 0 V on the pilot, pilot mV per 1000 mV at the ADC); each unit has its own
    # pair in the settings pilot_zero_mv and pilot_gain, see the page of devkitc
    PILOT_CALIBRATION = (1296, 12069)
    PROXIMITY_FRONT_END = {"pullup_ohm": 1000, "pullup_mv": 3300}


BOARD = Board()
