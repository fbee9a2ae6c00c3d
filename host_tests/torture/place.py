"""The place of a pile in most runs: a meter, a vehicle and a flash, and the thin board between them."""

from pilesim.clock import Clock

from .board import Board, CardReader, Vehicle, build_loop
from .flash import Flash
from .meter import Meter

# The control loop's step here
_PERIOD_MS = 100


class Place:
    """What stays when the pile loses its supply. `chance` is the run's randomness."""

    world = None
    SECTORS = (3, 4, 16)

    def __init__(self, chance):
        self.random = chance
        self.clock = Clock()
        self.flash = Flash(self.clock, chance, chance.choice(self.SECTORS))
        self.meter = Meter(self.clock, chance)
        self.vehicle = Vehicle(self.clock, self.meter)
        self.reader = CardReader()

    def board(self):
        """The parts of one start of the pile."""
        return Board(self)

    def power_lost(self):
        """The contactor falls open, the pilot is silent."""
        self.vehicle.offer(False)
        self.vehicle.close(False)

    def rows(self):
        """What runs in place of parts of the firmware."""
        from evse.app import connector, station

        return ((connector, "build_loop", build_loop), (station, "PERIOD_MS", _PERIOD_MS))


class SmallPlace(Place):
    """One whose flash is so small that a long charge uses every sector again."""

    SECTORS = (3,)
