"""Olimex ESP32-EVB on Ethernet with a pilot front end beside it. See board.md for the wiring."""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, Ethernet, charge-pump dead-man, mirror contact, card reader."""

    NAME = "olimex_esp32_evb"
    CHIP = "esp32"

    # What the power side is built for
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    CONNECTOR_KIND = "cable"

    PINS = {
        "cp_pwm": 4,
        "cp_adc": 36,
        "contactor": 32,
        "mirror": 17,
        "heartbeat": 14,
        "rs485_tx": 15,
        "rs485_rx": 5,
        "led": 12,
        "rcm_trip": 34,
        "rcm_test": 33,
        "pe_monitor": 2,
        "rfid_sda": 13,
        "rfid_scl": 16,
        "eth_mdc": 23,
        "eth_mdio": 18,
    }
    ETHERNET = {
        "phy": "LAN8710",
        "address": 0,
        # The PHY's oscillator drives the chip
        "clock": "gpio0_in",
        "pins": (0, 19, 21, 22, 25, 26, 27),
    }
    # Their levels at reset stand on the page
    STRAPPING_USED = (2, 5, 12, 15)
    EXTERNAL_PULL_UP = (34,)
    # In the coil's supply, and a thermal cut-out at the terminals
    INSTALLED_OUTSIDE = ("emergency_stop", "temperature")
    UART_METER = 2
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


BOARD = Board()
