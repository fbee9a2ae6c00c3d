"""A board described by data: builds each part from PINS. Imports come late, so that boot stays light."""

# Roles that must be low whenever nobody is in charge
_SAFE_LOW = (
    "contactor",
    "heartbeat",
    "dead_man_rmt",
    "dead_man_uart",
    "cp_pwm",
    "rcm_test",
    "lock_a",
    "lock_b",
)


class StandardBoard:
    """Base of every boards/x/board.py, which sets what has no value here. A part without a pin is None."""

    HERTZ = 50
    number = 1
    # Pins without a pull-up of their own, for which the board carries one
    EXTERNAL_PULL_UP = ()
    # Parts that the installation provides instead: residual_current, emergency_stop, pe_monitor, temperature
    INSTALLED_OUTSIDE = ()

    def safe_outputs(self):
        """Contactor open and pilot at -12 V: the first thing after a reset and the last after a crash."""
        from .safe_state import outputs_low

        outputs_low(*[self.PINS[role] for role in _SAFE_LOW if role in self.PINS])

    def evses(self):
        """The board of each EVSE."""
        return [self]

    def control_pilot(self, zero_mv=0, gain=0):
        """Pilot generator and sampler; the unit's calibration, 0 for the nominal values."""
        from .control_pilot import ControlPilot

        calibration = (zero_mv or self.PILOT_CALIBRATION[0], gain or self.PILOT_CALIBRATION[1])
        return ControlPilot(self.PINS["cp_pwm"], self.PINS["cp_adc"], calibration)

    def contactor(self):
        """Coil and feedback: mirror contact or voltage on the output."""
        from .contactor_gpio import ContactorGpio

        role, closed_level = ("mirror", 1) if "mirror" in self.PINS else ("output_sense", 0)
        return ContactorGpio(
            self.PINS["contactor"], self.PINS[role], closed_level, self._pull_up(role)
        )

    def dead_man(self):
        """Charge pump, RMT one-shot or UART pulse train, as DEAD_MAN says."""
        pins = self.PINS
        if self.DEAD_MAN == "rmt":
            from .dead_man_rmt import DeadManRmt

            return DeadManRmt(pins["dead_man_rmt"])
        if self.DEAD_MAN == "uart":
            from .dead_man_uart import DeadManUart

            feedback = pins["mirror"] if "mirror" in pins else pins["output_sense"]
            return DeadManUart(self.UART_DEAD_MAN, pins["dead_man_uart"], feedback)
        from .dead_man import DeadMan

        return DeadMan(pins["heartbeat"])

    def tick_timer(self):
        """Timer of the safety tick."""
        from .tick_timer import TickTimer

        return TickTimer(0)

    def meter(self, address):
        """DL/T 645 meter behind the RS-485 transceiver."""
        from .meter_dlt645 import MeterDlt645
        from .rs485 import Rs485

        pins = self.PINS
        port = Rs485(self.UART_METER, pins["rs485_tx"], pins["rs485_rx"], (2400, 8, 0, 1))
        return MeterDlt645(port, address, self.PHASES)

    def status_led(self):
        """Status LED."""
        from .status_led import StatusLed

        return StatusLed(self.PINS["led"])

    def watchdog(self, timeout_ms=2000):
        """Liveness."""
        from .watchdog import Watchdog

        return Watchdog(timeout_ms)

    def chip(self):
        """Reset and its cause."""
        from .chip import Chip

        return Chip()

    def journal_flash(self):
        """Raw partition of the journal; OSError when the image has none."""
        from .flash_partition import FlashPartition

        return FlashPartition("journal")

    def residual_current(self):
        """Residual-current monitor, with its test input."""
        if "rcm_trip" not in self.PINS:
            return None
        from .residual_current_monitor import ResidualCurrentMonitor

        return ResidualCurrentMonitor(
            self.PINS["rcm_trip"], self.PINS["rcm_test"], self._pull_up("rcm_trip")
        )

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
        """NTC at the terminals."""
        if "temperature_adc" not in self.PINS:
            return None
        from .temperature_ntc import TemperatureNtc

        return TemperatureNtc(self.PINS["temperature_adc"], self.TEMPERATURE_FRONT_END)

    def lock(self):
        """Connector lock of a socket."""
        if "lock_a" not in self.PINS:
            return None
        from .lock_hbridge import LockHBridge

        return LockHBridge(
            self.PINS["lock_a"],
            self.PINS["lock_b"],
            self.PINS["lock_feedback"],
            self._pull_up("lock_feedback"),
        )

    def _safety_input(self, role):
        if role not in self.PINS:
            return None
        from .safety_input import SafetyInput

        return SafetyInput(self.PINS[role], self._pull_up(role))

    def _pull_up(self, role):
        return self.PINS[role] not in self.EXTERNAL_PULL_UP
