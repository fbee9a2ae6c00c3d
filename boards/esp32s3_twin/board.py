"""ESP32-S3-DevKitC-1 with two EVSEs, three phases, card reader and lamps. See board.md for the wiring."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Two tethered cables, RMT dead-men, mirror contacts; the first can change over to one phase."""

    NAME = "esp32s3_twin"
    CHIP = "esp32s3"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 3
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 4,
        "cp_adc": 1,
        "contactor": 5,
        "mirror": 6,
        "phase_contactor": 12,
        "phase_mirror": 13,
        "dead_man_rmt": 7,
        "rcm_trip": 8,
        "rcm_test": 11,
        "temperature_adc": 2,
        "led_data": 48,
        "rs485_tx": 17,
        "rs485_rx": 18,
        "emergency_stop": 14,
        "pe_monitor": 15,
        "rfid_sck": 35,
        "rfid_mosi": 36,
        "rfid_miso": 37,
        "rfid_cs": 34,
        "rfid_reset": 33,
        "button": 0,
        "buzzer": 16,
    }
    # The rest is shared: meters on one pair, stop button, PE monitor, reader, button, buzzer
    SECOND = {
        "cp_pwm": 21,
        "cp_adc": 9,
        "contactor": 38,
        "mirror": 39,
        "phase_contactor": None,
        "phase_mirror": None,
        "dead_man_rmt": 40,
        "rcm_trip": 41,
        "rcm_test": 42,
        "temperature_adc": 10,
        "led_data": 47,
    }
    # The BOOT button
    STRAPPING_USED = (0,)
    UART_METER = 2
    RFID = "rc522"
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
    # 13.3 kOhm to 3.3 V and 40.2 kOhm to ground, as one resistor to one voltage
    TEMPERATURE_FRONT_END = {
        "pullup_ohm": 9994,
        "pullup_mv": 2480,
        "ntc_ohm_25c": 10000,
        "beta_k": 3435,
    }


BOARD = Board()
