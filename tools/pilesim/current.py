"""The world that the stand-in modules act on: one at a time, replaced by every installation."""

world = None
clock = None


def use(new_world):
    """Make `new_world` (or None) the one that machine, network, esp32 and time.ticks_* see."""
    global world, clock  # noqa: PLW0603 - the module is the register
    world = new_world
    clock = None if new_world is None else new_world.clock
