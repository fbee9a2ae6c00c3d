"""ESP32-S3-DevKitC-1 with a socket and its lock, an RMT dead-man and output sensing. See board.md."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Socket with lock, RMT one-shot as dead-man, voltage on the output as feedback."""

    NAME = "devkitc_socket"
    CHIP = "esp32s3"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "socket"

    PINS = {
        "cp_pwm": 4,
        "cp_adc": 1,
        "contactor": 5,
        "output_sense": 6,
        "dead_man_rmt": 7,
        "rs485_tx": 17,
        "rs485_rx": 18,
        "led": 15,
        "rcm_trip": 8,
        "rcm_test": 9,
        "emergency_stop": 10,
        "pe_monitor": 11,
        "mains_monitor": 12,
        "temperature_adc": 2,
        "lock_a": 13,
        "lock_b": 14,
        "lock_feedback": 21,
        "rfid_sda": 41,
        "rfid_scl": 42,
    }
    UART_METER = 2
    RFID = "pn532_i2c"

    DEAD_MAN = "rmt"
    # One pulse of 40 ms and the gate behind it
    DEAD_MAN_HOLD_MS = 42

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
    # 13.3 kOhm to 3.3 V and 40.2 kOhm to ground, as one resistor to one voltage
    TEMPERATURE_FRONT_END = {
        "pullup_ohm": 9994,
        "pullup_mv": 2480,
        "ntc_ohm_25c": 10000,
        "beta_k": 3435,
    }


BOARD = Board()
