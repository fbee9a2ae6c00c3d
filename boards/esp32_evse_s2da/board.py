"""ESP32-S2 DIY Alpha of esp32-evse with a tethered cable, and what PileLink needs besides. See board.md."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, three phases, RMT dead-man, mirror contact."""

    NAME = "esp32_evse_s2da"
    CHIP = "esp32s2"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 3
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 33,
        "cp_adc": 4,
        "contactor": 21,
        "mirror": 11,
        "dead_man_rmt": 13,
        "rs485_tx": 38,
        "rs485_rx": 40,
        "rs485_direction": 39,
        "led_red": 37,
        "led_green": 36,
        "led_blue": 35,
        "rcm_trip": 41,
        "rcm_test": 26,
        "emergency_stop": 2,
        "pe_monitor": 12,
        "temperature_onewire": 42,
        "rfid_sda": 8,
        "rfid_scl": 9,
        "button": 0,
    }
    # The BOOT button
    STRAPPING_USED = (0,)
    UART_METER = 1
    RFID = "pn532_i2c"
    TEMPERATURE = "ds18b20"
    LIGHT = "rgb"

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


BOARD = Board()
