"""Which GPIO leads to which model, taken from the board's own pin table."""

from pilesim import dead_man

# Input of the chip: attribute of the world whose attach(pad) takes it
_INPUTS = (
    ("output_sense", "output_sense"),
    ("emergency_stop", "emergency_stop"),
    ("pe_monitor", "pe_monitor"),
    ("mains_monitor", "mains_monitor"),
)


def wire(world, board):
    """Connect the chip's pads to the models by the roles of board.PINS; an unnamed pad is only a latch."""
    pins = board.PINS
    chip = world.chip
    chip.rmt_stops = getattr(board, "CHIP", "esp32") != "esp32"

    def pad(role):
        return chip.pad(pins[role]) if role in pins else None

    _wire_pilot(world, board, pad)
    if "contactor" in pins:
        _wire_dead_man(world, board, pad)
        world.contactor.attach(pad("contactor"), pad("mirror"))
    for role, name in _INPUTS:
        if role in pins:
            getattr(world, name).attach(pad(role))
    if "rcm_trip" in pins:
        world.residual_current.attach(pad("rcm_trip"), pad("rcm_test"))
    if "temperature_adc" in pins:
        world.temperature.attach(pad("temperature_adc"), board.TEMPERATURE_FRONT_END)
    if "lock_a" in pins and "lock_b" in pins:
        world.lock.attach(pad("lock_a"), pad("lock_b"), pad("lock_feedback"))
        world.vehicle.lock = world.lock
    if "rs485_tx" in pins:
        chip.uart(board.UART_METER).bus = world.bus


def _wire_pilot(world, board, pad):
    line = world.line
    if pad("cp_pwm") is not None:
        line.attach_generator(pad("cp_pwm"))
    if pad("cp_adc") is not None:
        front_end = board.PILOT_FRONT_END
        line.set_front_end(
            front_end["top_ohm"],
            front_end["pullup_ohm"],
            front_end["pulldown_ohm"],
            front_end["pullup_mv"],
        )
        pad("cp_adc").analog_mv = line.adc_mv


def _wire_dead_man(world, board, pad):
    """Without its pin the dead-man is never fed, and the coil never holds."""
    contactor = world.contactor
    kind = getattr(board, "DEAD_MAN", "charge_pump")
    if contactor.dead_man.kind != kind:
        contactor.fit(dead_man.of_kind(kind, world.clock))
    part = contactor.dead_man
    if kind == "rmt":
        source = pad("dead_man_rmt")
    elif kind == "uart":
        fed = pad("dead_man_uart") is not None
        source = world.chip.uart(board.UART_DEAD_MAN) if fed else None
    else:
        source = pad("heartbeat")
        # The pump's capacitor; the other kinds hold as long as they are told to
        hold_ms = getattr(board, "DEAD_MAN_HOLD_MS", None)
        if hold_ms is not None:
            part.hold_us = hold_ms * 1000
    if source is not None:
        part.attach(source)
