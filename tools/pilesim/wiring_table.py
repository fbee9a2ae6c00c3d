"""What hangs on which pad: one row for each model, by the role of its pad in board.PINS.

A row is (role, attribute, attach). Where a board names the role, attach(model, site) connects the model
of that attribute: of the outlet for OUTLET rows, of the world for SHARED ones. `site` has pad(role), the
Pad or None, and `board`, `chip`, `outlet`, `world`. A model with several pads has one row, by the pad
that no board with the part can miss. To add a model: build it in outlet.py (or world.py), name its
faults there, write its attach function and its row here.
"""

from pilesim import dead_man
from pilesim.contactor import SharedDeadMan


def _pilot_generator(line, site):
    line.attach_generator(site.pad("cp_pwm"))


def _pilot_front_end(line, site):
    front_end = site.board.PILOT_FRONT_END
    line.set_front_end(
        front_end["top_ohm"],
        front_end["pullup_ohm"],
        front_end["pulldown_ohm"],
        front_end["pullup_mv"],
    )
    site.pad("cp_adc").analog_mv = line.adc_mv


def _contactor(contactor, site):
    _dead_man(contactor, site)
    contactor.attach(site.pad("contactor"), site.pad("mirror"))


def _dead_man(contactor, site):
    """Without its pin the dead-man is never fed, and the coil never holds."""
    board = site.board
    kind = getattr(board, "DEAD_MAN", "charge_pump")
    role = {"rmt": "dead_man_rmt", "uart": "dead_man_uart"}.get(kind, "heartbeat")
    if site.is_shared(role):
        if contactor.dead_man.kind != SharedDeadMan.kind:
            contactor.fit(SharedDeadMan(site.world.contactor))
        return
    if contactor.dead_man.kind != kind:
        contactor.fit(dead_man.of_kind(kind, site.world.clock))
    part = contactor.dead_man
    if role == "heartbeat":
        # The pump's capacitor; the other kinds hold as long as they are told to
        hold_ms = getattr(board, "DEAD_MAN_HOLD_MS", None)
        if hold_ms is not None:
            part.hold_us = hold_ms * 1000
    source = site.pad(role)
    if source is not None:
        part.attach(site.chip.uart(board.UART_DEAD_MAN) if kind == "uart" else source)


def _phase_contactor(phase_contactor, site):
    phase_contactor.attach(site.pad("phase_contactor"), site.pad("phase_mirror"))


def _residual_current(monitor, site):
    if site.pad("rcm_trip_ac") is None:
        monitor.attach(site.pad("rcm_trip"), site.pad("rcm_test"))
    else:
        # Its input is inverted by a transistor
        monitor.attach(site.pad("rcm_trip"), site.pad("rcm_trip_ac"), site.pad("rcm_test"), 1)


def _temperature(temperature, site):
    if getattr(site.board, "TEMPERATURE", "ntc") == "ntc":
        temperature.attach(site.pad("temperature_adc"), site.board.TEMPERATURE_FRONT_END)
    else:
        temperature.attach(site.pad("temperature_adc"))


def _proximity(proximity, site):
    proximity.attach(site.pad("pp_adc"), site.board.PROXIMITY_FRONT_END)


def _light_rgb(light, site):
    light.attach(site.pad("led_red"), site.pad("led_green"), site.pad("led_blue"))


def _meter_chip(meter, site):
    meter.attach(site.chip.uart(site.board.UART_METER))


def _rc522(reader, site):
    reader.attach(site.chip.spi(1), site.pad("rfid_cs"), site.pad("rfid_reset"))


def _pn532_i2c(reader, site):
    reader.attach_i2c(site.chip.soft_i2c(site.board.PINS["rfid_scl"]))


def _pn532_uart(reader, site):
    reader.attach_uart(site.chip.uart(site.board.UART_RFID))


def _lock(lock, site):
    if site.pad("lock_b") is not None:
        lock.attach(site.pad("lock_a"), site.pad("lock_b"), site.pad("lock_feedback"))
        site.outlet.vehicle.lock = lock


def _meter_bus(bus, site):
    port = site.chip.uart(site.board.UART_METER)
    port.bus = bus
    direction = site.pad("rs485_direction")
    if direction is not None:
        port.attach_direction(direction)


def _input(role):
    """Attach function of a model with one input."""
    return lambda model, site: model.attach(site.pad(role))


OUTLET = (
    ("cp_pwm", "line", _pilot_generator),
    ("cp_adc", "line", _pilot_front_end),
    ("contactor", "contactor", _contactor),
    ("phase_contactor", "phase_contactor", _phase_contactor),
    ("output_sense", "output_sense", _input("output_sense")),
    ("rcm_trip", "residual_current", _residual_current),
    ("temperature_adc", "temperature", _temperature),
    ("temperature_onewire", "temperature", _input("temperature_onewire")),
    ("pp_adc", "proximity", _proximity),
    ("led", "light", _input("led")),
    ("led_red", "light", _light_rgb),
    ("led_data", "light", _input("led_data")),
    ("meter_rx", "meter", _meter_chip),
    ("meter_pulse", "meter", _input("meter_pulse")),
    ("lock_a", "lock", _lock),
)
SHARED = (
    ("emergency_stop", "emergency_stop", _input("emergency_stop")),
    ("pe_monitor", "pe_monitor", _input("pe_monitor")),
    ("mains_monitor", "mains_monitor", _input("mains_monitor")),
    ("rs485_tx", "bus", _meter_bus),
    ("rfid_sck", "rfid", _rc522),
    ("rfid_sda", "rfid", _pn532_i2c),
    ("rfid_tx", "rfid", _pn532_uart),
    ("button", "button", _input("button")),
    ("buzzer", "buzzer", _input("buzzer")),
)
