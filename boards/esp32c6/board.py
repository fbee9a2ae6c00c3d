"""ESP32-C6-DevKitC-1 with a metering chip and a card reader. See board.md for the wiring."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, RMT dead-man, mirror contact, BL0942, PN532 on I2C."""

    NAME = "esp32c6"
    CHIP = "esp32c6"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 18,
        "cp_adc": 0,
        "contactor": 19,
        "mirror": 20,
        "dead_man_rmt": 21,
        "meter_tx": 22,
        "meter_rx": 23,
        "led_data": 8,
        "rcm_trip": 10,
        "rcm_test": 11,
        "emergency_stop": 1,
        "pe_monitor": 2,
        "temperature_onewire": 3,
        "rfid_sda": 6,
        "rfid_scl": 7,
        "button": 9,
    }
    # The lamp on the module board, and the BOOT button
    STRAPPING_USED = (8, 9)
    UART_METER = 1
    METER = "bl0942"
    # Counts per A, V, W and kWh: 1 mOhm and the usual divider
    METER_SCALE = (251213, 15873, 596, 3305)
    RFID = "pn532_i2c"
    TEMPERATURE = "ds18b20"
    LIGHT = "ws2812"

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
