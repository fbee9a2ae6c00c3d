"""Which GPIO leads to which model, taken from the board's own pin table and wiring_table.py."""

from pilesim import wiring_table
from pilesim.fittings import fit


class Site:
    """One EVSE of the board beside its outlet, as the attach functions of the table see it."""

    def __init__(self, world, outlet, board, first):
        self.world = world
        self.outlet = outlet
        self.board = board
        self.chip = world.chip
        # The board of EVSE 1, None when this is it
        self._first = first

    def pad(self, role):
        """Pad of a role, None where the board has none."""
        pins = self.board.PINS
        return self.chip.pad(pins[role]) if role in pins else None

    def is_shared(self, role):
        """True when this EVSE has the role on a pad of EVSE 1."""
        if self._first is None or role not in self.board.PINS:
            return False
        return self._first.PINS.get(role) == self.board.PINS[role]


def wire(world, board):
    """Connect the chip's pads to the models by the roles of board.PINS; an unnamed pad is only a latch.

    A board with two EVSEs gives them as board.evses(), each with merged PINS.
    """
    world.chip.rmt_stops = getattr(board, "CHIP", "esp32") != "esp32"
    evses = board.evses() if hasattr(board, "evses") else [board]
    world.fit_outlets(len(evses))
    world.mains.phases = getattr(board, "PHASES", 1)
    first = None
    for outlet, evse in zip(world.outlets, evses):
        outlet.load.phases = getattr(evse, "PHASES", 1)
        fit(world, outlet, evse)
        site = Site(world, outlet, evse, first)
        for role, name, attach in wiring_table.OUTLET:
            if site.is_shared(role):
                # One part for both: the second outlet has the first one's
                setattr(outlet, name, getattr(world.outlets[0], name))
            elif role in evse.PINS:
                attach(getattr(outlet, name), site)
        for role, name, attach in wiring_table.SHARED:
            if role in evse.PINS and not site.is_shared(role):
                attach(getattr(world, name), site)
        first = first or evse
