"""new_board: which pin does what, what is fitted, how its dividers are made. See board.md for the wiring.

Everything here is data. Change it line by line with the board beside you, then `make lint-board
BOARD=new_board`; a sentence of the lint names pin, role and what to do.
"""

from evse.drivers.standard_board import StandardBoard


class Board(StandardBoard):
    """Tethered cable, one EVSE, charge pump as dead-man, mirror contact, one meter on RS-485."""

    # The folder has the same name
    NAME = "new_board"
    # esp32, esp32s2, esp32s3, esp32c3 or esp32c6
    CHIP = "esp32"

    # What the power side is built for: 32.0 A, phases to the vehicle, volts from phase to neutral
    RATED_A10 = 320
    PHASES = 1
    VOLTS = 220
    HERTZ = 50
    # "cable" for a tethered one; "socket" needs lock_a, lock_b, lock_feedback and mains_monitor
    CONNECTOR_KIND = "cable"

    # role: GPIO. Every role there is stands in tools/pilectl/boardlint/roles.py
    PINS = {
        # 1 kHz to the generator, low is -12 V; the divider from the pilot, on ADC1
        "cp_pwm": 25,
        "cp_adc": 36,
        # Coil, and the mirror contact that tells that it closed (or "output_sense", a voltage)
        "contactor": 26,
        "mirror": 33,
        # Edges that hold the second switch of the coil
        "heartbeat": 27,
        # Meter
        "rs485_tx": 17,
        "rs485_rx": 16,
        # Status light
        "led": 18,
        # Residual-current monitor: 1 is tripped; its test current
        "rcm_trip": 19,
        "rcm_test": 23,
        # 0 is well, 1 is pressed, lost or a broken wire
        "emergency_stop": 21,
        "pe_monitor": 22,
        # NTC at the hottest terminal
        "temperature_adc": 39,
    }
    # Protections that the installation has instead of this board, by their names: residual_current,
    # emergency_stop, pe_monitor, temperature. A lie here is a lie to the person who touches the plug
    INSTALLED_OUTSIDE = ()
    # Inputs among 34..39 of an ESP32: they have no pull-up of their own, so the board must
    EXTERNAL_PULL_UP = ()

    # "rs485" (DL/T 645 or Modbus, by the setting meter_model), "hlw8032", "bl0942" or "s0"
    METER = "rs485"
    UART_METER = 2
    # None, "rc522", "pn532_i2c" or "pn532_uart"
    RFID = None
    # "ntc", "mcp9700a" or "ds18b20"
    TEMPERATURE = "ntc"
    # "led", "rgb" or "ws2812"
    LIGHT = "led"

    # "charge_pump", "uart", or "rmt" on every chip but the first ESP32
    DEAD_MAN = "charge_pump"
    # Longest hold with all parts at their worst, drop-out of the contactor not counted
    DEAD_MAN_HOLD_MS = 50

    # Divider from the pilot to the ADC: CP over top_ohm, pull-up to pullup_mv, pull-down to ground
    PILOT_FRONT_END = {
        "top_ohm": 200000,
        "pullup_ohm": 42200,
        "pulldown_ohm": 31600,
        "pullup_mv": 3300,
    }
    # ADC mV at 0 V on the pilot, pilot mV per 1000 mV at the ADC; BLUEPRINT.md has the formula
    PILOT_CALIBRATION = (1296, 12069)
    # NTC to ground under a pull-up; more resistors are written as the one that they make
    TEMPERATURE_FRONT_END = {
        "pullup_ohm": 9994,
        "pullup_mv": 2480,
        "ntc_ohm_25c": 10000,
        "beta_k": 3435,
    }


BOARD = Board()
