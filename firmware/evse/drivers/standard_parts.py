"""Builds the parts of a StandardBoard from its data. Needed once, at the start; imports come late."""

from micropython import const

_SPI = const(1)
_MOST_UNIT = const(247)
_DLT645_FRAMING = (2400, 8, 0, 1)


class StandardParts:
    """One method for each part, called as a method of the board; None where the board has no pin for it."""

    def __init__(self, board):
        self._board = board

    def control_pilot(self, zero_mv=0, gain=0):
        """Pilot generator and sampler; the unit's calibration, 0 for the nominal values."""
        from .control_pilot import ControlPilot

        pins, nominal = self._board.PINS, self._board.PILOT_CALIBRATION
        calibration = (zero_mv or nominal[0], gain or nominal[1])
        return ControlPilot(pins["cp_pwm"], pins["cp_adc"], calibration)

    def contactor(self):
        """Coil and feedback: mirror contact or voltage on the output."""
        from .contactor_gpio import ContactorGpio

        pins = self._board.PINS
        role, closed_level = ("mirror", 1) if "mirror" in pins else ("output_sense", 0)
        pull_up = self._pull_up(pins[role])
        return ContactorGpio(pins["contactor"], pins[role], closed_level, pull_up)

    def phase_contactor(self):
        """Contactor of the second and third phase, with its mirror contact."""
        pins = self._board.PINS
        if "phase_contactor" not in pins:
            return None
        from .contactor_gpio import ContactorGpio

        coil, feedback = pins["phase_contactor"], pins["phase_mirror"]
        return ContactorGpio(coil, feedback, 1, self._pull_up(feedback))

    def dead_man(self):
        """Charge pump, RMT one-shot or UART pulse train, as DEAD_MAN says."""
        pins = self._board.PINS
        if self._board.DEAD_MAN == "rmt":
            from .dead_man_rmt import DeadManRmt

            return DeadManRmt(pins["dead_man_rmt"])
        if self._board.DEAD_MAN == "uart":
            from .dead_man_uart import DeadManUart

            feedback = pins["mirror"] if "mirror" in pins else pins["output_sense"]
            return DeadManUart(self._board.UART_DEAD_MAN, pins["dead_man_uart"], feedback)
        from .dead_man import DeadMan

        return DeadMan(pins["heartbeat"])

    def tick_timer(self):
        """Timer of the safety tick, one for each EVSE."""
        from .tick_timer import TickTimer

        return TickTimer(self._board.number - 1)

    def meter(self, settings):
        """The meter that METER names; behind RS-485 the setting meter_model tells which."""
        board, pins = self._board, self._board.PINS
        if board.METER == "hlw8032":
            from .meter_hlw8032 import MeterHlw8032

            tx, rx = pins["meter_tx"], pins["meter_rx"]
            return MeterHlw8032(board.UART_METER, rx, board.METER_SCALE, tx)
        if board.METER == "bl0942":
            from .meter_bl0942 import MeterBl0942

            tx, rx = pins["meter_tx"], pins["meter_rx"]
            return MeterBl0942(board.UART_METER, tx, rx, board.METER_SCALE)
        if board.METER == "s0":
            from .meter_s0 import MeterS0

            pull_up = self._pull_up(pins["meter_pulse"])
            return MeterS0(pins["meter_pulse"], board.METER_PULSES_PER_KWH, pull_up)
        return self._bus_meter(settings)

    def _bus_meter(self, settings):
        number = self._board.number
        address = settings["meter_address" if number == 1 else "meter_address_%d" % number]
        if settings["meter_model"] == "dlt645":
            from .meter_dlt645 import MeterDlt645

            if self._board.shared is not None and not address.isdigit():
                raise ValueError("meter_address: two meters on one pair need their numbers")
            self._claim(address)
            port = self._rs485(_DLT645_FRAMING, settings)
            return MeterDlt645(port, address, self._board.PHASES)
        from ..core import modbus_meters
        from .meter_modbus import MeterModbus

        row = modbus_meters.MODELS[settings["meter_model"]]
        # The wildcard of DL/T 645 means the address that the meter leaves the factory with
        unit = int(address) if address.isdigit() else row[modbus_meters.ADDRESS] + number - 1
        if not 1 <= unit <= _MOST_UNIT:
            raise ValueError("meter_address: unit %d, allowed 1..%d" % (unit, _MOST_UNIT))
        self._claim(unit)
        port = self._rs485(row[modbus_meters.FRAMING], settings)
        return MeterModbus(port, row, unit, self._board.PHASES)

    def _claim(self, address):
        # One meter must not bill two EVSEs
        shared, number = self._board.shared, self._board.number
        if shared is not None and shared.setdefault(("meter", address), number) != number:
            raise ValueError("meter_address_2: %s is the first EVSE's" % address)

    def _rs485(self, framing, settings):
        from .rs485 import Rs485

        pins = self._board.PINS
        framing = (settings["meter_baudrate"] or framing[0],) + framing[1:]
        wires = (pins["rs485_tx"], pins["rs485_rx"])
        direction = pins.get("rs485_direction")
        # The timers before it belong to the safety ticks
        timer = 1 if self._board.SECOND is None else 2
        uart = self._board.UART_METER
        return self._once(pins["rs485_tx"], Rs485, uart, *wires, framing, direction, timer)

    def light(self):
        """Status light: one LED, three LEDs or a chain of lamps, as LIGHT says."""
        pins = self._board.PINS
        if self._board.LIGHT == "rgb":
            from .light_rgb import LightRgb

            rest = (pins["led_green"], pins["led_blue"])
            return self._once(pins["led_red"], LightRgb, pins["led_red"], *rest)
        if self._board.LIGHT == "ws2812":
            from .light_ws2812 import LightWs2812

            count = self._board.LIGHT_COUNT
            return self._once(pins["led_data"], LightWs2812, pins["led_data"], count)
        from .status_led import StatusLed

        return self._once(pins["led"], StatusLed, pins["led"])

    def rfid(self):
        """Card reader that RFID names."""
        kind, pins = self._board.RFID, self._board.PINS
        if kind == "rc522":
            from .rfid_rc522 import RfidRc522

            wires = [pins["rfid_" + wire] for wire in ("sck", "mosi", "miso", "cs", "reset")]
            return self._once(pins["rfid_sck"], RfidRc522, _SPI, *wires)
        if kind == "pn532_i2c":
            from .rfid_pn532 import RfidPn532I2c

            wires = (pins["rfid_sda"], pins["rfid_scl"])
            return self._once(pins["rfid_sda"], RfidPn532I2c, *wires)
        if kind == "pn532_uart":
            from .rfid_pn532 import RfidPn532Uart

            uart = self._board.UART_RFID
            wires = (pins["rfid_tx"], pins["rfid_rx"])
            return self._once(pins["rfid_tx"], RfidPn532Uart, uart, *wires)
        return None

    def button(self):
        """Push button."""
        pins = self._board.PINS
        if "button" not in pins:
            return None
        from .button import Button

        pin = pins["button"]
        return self._once(pin, Button, pin, self._pull_up(pin))

    def buzzer(self):
        """Buzzer."""
        pins = self._board.PINS
        if "buzzer" not in pins:
            return None
        from .buzzer import Buzzer

        return self._once(pins["buzzer"], Buzzer, pins["buzzer"])

    def journal_flash(self):
        """Raw partition of the journal; OSError when the image has none."""
        from .flash_partition import FlashPartition

        return FlashPartition("journal")

    def residual_current(self):
        """Residual-current monitor with its test input; with rcm_trip_ac it tells DC from AC."""
        pins = self._board.PINS
        if "rcm_trip" not in pins:
            return None
        trip, test, pull_up = pins["rcm_trip"], pins["rcm_test"], self._pull_up(pins["rcm_trip"])
        if "rcm_trip_ac" in pins:
            from .residual_current_two_level import ResidualCurrentTwoLevel

            # A transistor inverts the test, because a low pin must be no test
            trip_ac = pins["rcm_trip_ac"]
            wires = (trip, trip_ac, test)
            return ResidualCurrentTwoLevel(*wires, pull_up, self._pull_up(trip_ac), 1)
        from .residual_current_monitor import ResidualCurrentMonitor

        return ResidualCurrentMonitor(trip, test, pull_up)

    def emergency_stop(self):
        """Emergency stop button."""
        return self._safety_input("emergency_stop")

    def pe_monitor(self):
        """Monitor of protective earth towards the supply."""
        return self._safety_input("pe_monitor")

    def mains_monitor(self):
        """Monitor of the mains voltage."""
        return self._safety_input("mains_monitor")

    def temperature(self):
        """Sensor at the terminals, as TEMPERATURE says."""
        pins, kind = self._board.PINS, self._board.TEMPERATURE
        if "temperature_onewire" in pins and kind == "ds18b20":
            from .temperature_ds18b20 import TemperatureDs18b20

            pin = pins["temperature_onewire"]
            return self._once(pin, TemperatureDs18b20, pin)
        if "temperature_adc" not in pins:
            return None
        if kind == "mcp9700a":
            from .temperature_mcp9700a import TemperatureMcp9700a

            pin = pins["temperature_adc"]
            return self._once(pin, TemperatureMcp9700a, pin)
        from .temperature_ntc import TemperatureNtc

        pin = pins["temperature_adc"]
        return self._once(pin, TemperatureNtc, pin, self._board.TEMPERATURE_FRONT_END)

    def proximity(self):
        """Current coding of the cable in the socket."""
        pins = self._board.PINS
        if "pp_adc" not in pins:
            return None
        from .proximity_adc import ProximityAdc

        return ProximityAdc(pins["pp_adc"], self._board.PROXIMITY_FRONT_END)

    def lock(self):
        """Connector lock of a socket."""
        pins = self._board.PINS
        if "lock_a" not in pins:
            return None
        from .lock_hbridge import LockHBridge

        feedback = pins["lock_feedback"]
        return LockHBridge(pins["lock_a"], pins["lock_b"], feedback, self._pull_up(feedback))

    def _safety_input(self, role):
        pins = self._board.PINS
        if role not in pins:
            return None
        from .safety_input import SafetyInput

        pin = pins[role]
        return self._once(pin, SafetyInput, pin, self._pull_up(pin))

    def _pull_up(self, pin):
        return pin not in self._board.EXTERNAL_PULL_UP

    def _once(self, pin, make, *values):
        # A part on a shared pin is one object for both EVSEs
        shared = self._board.shared
        if shared is None:
            return make(*values)
        if pin not in shared:
            shared[pin] = make(*values)
        return shared[pin]
