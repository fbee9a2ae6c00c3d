"""Which GPIO leads to which model, taken from the board's own pin table."""


def wire(world, board):
    """Connect the chip's pads to the models by the roles of board.PINS; an unnamed pad is only a latch."""
    pins = board.PINS
    chip = world.chip
    line = world.line
    if "cp_pwm" in pins:
        line.attach_generator(chip.pad(pins["cp_pwm"]))
    if "cp_adc" in pins:
        front_end = board.PILOT_FRONT_END
        line.set_front_end(
            front_end["top_ohm"],
            front_end["pullup_ohm"],
            front_end["pulldown_ohm"],
            front_end["pullup_mv"],
        )
        chip.pad(pins["cp_adc"]).analog_mv = line.adc_mv
    if "contactor" in pins:
        world.contactor.attach(
            chip.pad(pins["contactor"]),
            chip.pad(pins["heartbeat"]) if "heartbeat" in pins else None,
            chip.pad(pins["mirror"]) if "mirror" in pins else None,
        )
    if "rs485_tx" in pins:
        chip.uart(board.UART_METER).bus = world.bus
