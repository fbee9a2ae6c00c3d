"""ESP32-DevKitC as `devkitc`, with a UART-fed dead-man. See board.md for what differs."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, pulse train from UART1 as dead-man, mirror contact."""

    NAME = "devkitc_uart"
    CHIP = "esp32"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 25,
        "cp_adc": 36,
        "contactor": 26,
        "mirror": 33,
        "dead_man_uart": 27,
        "rs485_tx": 17,
        "rs485_rx": 16,
        "led": 18,
        "rcm_trip": 19,
        "rcm_test": 23,
        "emergency_stop": 21,
        "pe_monitor": 35,
        "temperature_adc": 39,
        "rfid_sda": 13,
        "rfid_scl": 14,
    }
    EXTERNAL_PULL_UP = (35,)
    UART_METER = 2
    RFID = "pn532_i2c"
    UART_DEAD_MAN = 1

    DEAD_MAN = "uart"
    # 36 ms of pulses and the longest hold of the small pump
    DEAD_MAN_HOLD_MS = 46

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
