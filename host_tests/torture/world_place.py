"""The place of a pile with every part of the firmware: a board in the simulated world, as in host_tests/world."""

from rig import load_board

from pilesim.chip import PWRON_RESET
from pilesim.world import World

from .flash import Flash

_BOARD = "devkitc"
_UNIT_WH = 10


class WorldPlace:
    """As Place, with the world's vehicle, contactor, pilot line and meter."""

    def __init__(self, chance):
        self.random = chance
        self.world = World(seed=chance.randrange(1 << 20))
        self.clock = self.world.clock
        self.flash = self.world.flash = Flash(self.clock, chance)
        self.meter = _Meter(self.world)
        self.vehicle = _Vehicle(self.world)
        self._board = load_board(_BOARD)
        self.world.wire(self._board)

    def board(self):
        """The board."""
        self._board.safe_outputs()
        return self._board

    def power_lost(self):
        """The chip is gone, and with it every level on a pin."""
        self.world.replace_chip(PWRON_RESET)

    def rows(self):
        """Nothing of the firmware is replaced."""
        return ()


class _Meter:
    """The world's meter as the books ask it."""

    replacements = 0

    def __init__(self, world):
        self._world = world

    def reading_wh(self):
        return self._world.meter.register_units() * _UNIT_WH

    @property
    def flowed_pw_us(self):
        return self._world.load.energy_uwh(self._world.clock.now_us) * 3600


class _Vehicle:
    """The world's vehicle as a driver handles it."""

    def __init__(self, world):
        self._world = world

    def plug(self, _chance):
        self._world.vehicle.plug()

    def fill(self):
        self._world.vehicle.force_s2("open")

    def unplug(self):
        self._world.vehicle.force_s2(None)
        self._world.vehicle.unplug(force=True)
