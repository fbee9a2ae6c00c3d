"""A board described by data. What is needed for ever stands here; parts are built by standard_parts."""

# Roles that must be low whenever nobody is in charge
_SAFE_LOW = (
    "contactor",
    "phase_contactor",
    "heartbeat",
    "dead_man_rmt",
    "dead_man_uart",
    "cp_pwm",
    "rcm_test",
    "lock_a",
    "lock_b",
)


class StandardBoard:
    """Base of every boards/x/board.py, which sets what has no value here. A part without a pin is None.

    Parts are asked for as methods of the board: `board.contactor()`, see StandardParts.
    """

    HERTZ = 50
    METER = "rs485"
    # Power, voltage and current behind a metering chip; a meter with a register needs none
    METER_SCALE = None
    METER_PULSES_PER_KWH = 0
    RFID = None
    TEMPERATURE = "ntc"
    LIGHT = "led"
    # Lamps behind led_data
    LIGHT_COUNT = 1
    TEMPERATURE_FRONT_END = None
    PROXIMITY_FRONT_END = None
    ETHERNET = None
    # Roles that the second EVSE has of its own, None for one it does without; all others are shared
    SECOND = None
    # Pins without a pull-up of their own, for which the board carries one
    EXTERNAL_PULL_UP = ()
    # Parts that the installation provides instead: residual_current, emergency_stop, pe_monitor, temperature
    INSTALLED_OUTSIDE = ()
    # Which of evses() this is, and the parts that they have in common
    number = 1
    shared = None

    def evses(self):
        """One board for each EVSE, `number` 1 and 2; what both use they build once."""
        if self.SECOND is None:
            return (self,)
        first, second = type(self)(), type(self)()
        pins, own = type(self).PINS, self.SECOND
        second.PINS = {
            role: own.get(role, pins.get(role))
            for role in tuple(pins) + tuple(own)
            if own.get(role, 0) is not None
        }
        second.number = 2
        first.shared = second.shared = {}
        return (first, second)

    def safe_pins(self):
        """GPIOs that must be low whenever nobody is in charge; a build gives them to the loader too."""
        return [
            pins[role]
            for pins in (type(self).PINS, self.SECOND or {})
            for role in _SAFE_LOW
            if pins.get(role) is not None
        ]

    def safe_outputs(self):
        """Contactors open and pilots at -12 V: the first thing after a reset and the last after a crash."""
        from .safe_state import outputs_low

        outputs_low(*self.safe_pins())

    def watchdog(self, timeout_ms=2000):
        """Liveness."""
        from .watchdog import Watchdog

        return Watchdog(timeout_ms)

    def serial_port(self):
        """The serial port of the REPL."""
        from .serial_port import SerialPort

        return SerialPort()

    def chip(self):
        """Reset and its cause."""
        from .chip import Chip

        return Chip()

    def __getattr__(self, name):
        # Whoever has built the parts may forget the module again
        from .standard_parts import StandardParts

        return getattr(StandardParts(self), name)
