"""ESP32-DevKitC wired as esp32-evse has it, and what PileLink needs besides. See board.md for the wiring."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, charge-pump dead-man, mirror contact, two-level residual-current monitor."""

    NAME = "esp32_evse_devkitc"
    CHIP = "esp32"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 27,
        "cp_adc": 36,
        "contactor": 26,
        "mirror": 21,
        "heartbeat": 22,
        "rs485_tx": 25,
        "rs485_rx": 32,
        "rs485_direction": 33,
        "led_red": 18,
        "led_green": 19,
        "led_blue": 17,
        "rcm_trip": 34,
        "rcm_trip_ac": 35,
        "rcm_test": 23,
        "emergency_stop": 4,
        "pe_monitor": 14,
        "temperature_onewire": 16,
        "rfid_sda": 13,
        "rfid_scl": 5,
        "button": 0,
    }
    # The BOOT button; high at reset by the pull-up of the bus
    STRAPPING_USED = (0, 5)
    EXTERNAL_PULL_UP = (34, 35)
    UART_METER = 2
    RFID = "pn532_i2c"
    TEMPERATURE = "ds18b20"
    LIGHT = "rgb"

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


BOARD = Board()
