"""The place of a pile with every part of the firmware: a board in the simulated world, as in host_tests/world."""

from pilesim import dlt645_frames as frames
from pilesim.card import Card
from pilesim.chip import PWRON_RESET
from pilesim.world import World
from rig import load_board

from .flash import Flash
from .meter import UNIT_WH

_BOARD = "devkitc"
_SECTORS = 16
_MODES = ("normal", "normal", "stubborn", "simplified")


class WorldPlace:
    """As Place, with the world's vehicle, contactor, pilot line and meter."""

    def __init__(self, chance):
        self.random = chance
        self.world = World(seed=chance.randrange(1 << 20))
        self.clock = self.world.clock
        self.flash = self.world.flash = Flash(self.clock, chance, _SECTORS)
        self.meter = _Meter(self.world)
        self.vehicle = _Vehicle(self.world)
        self.reader = _Reader(self.world)
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


class _Reader:
    """The world's card reader."""

    def __init__(self, world):
        self._world = world

    def present(self, uid):
        self._world.rfid.present(Card(uid))

    def remove(self):
        self._world.rfid.remove()


class _Meter:
    """The world's meter as books and faults know it."""

    def __init__(self, world):
        self.replacements = 0
        self.replaced_us = -(10**9)
        self._world = world
        self._voice = world.clock.event(lambda _us: world.meter.set_fault("silent", False))

    def reading_wh(self):
        return self._world.meter.register_units() * UNIT_WH

    @property
    def flowed_pw_us(self):
        return self._world.load.energy_uwh(self._world.clock.now_us) * 3600

    def move(self, wh):
        self._world.meter.base_units += wh // UNIT_WH
        if wh < 0:
            self._begin_anew()

    def replace(self, chance):
        self._world.meter.address = frames.address_bytes("%012d" % chance.randrange(10**12))
        self._world.meter.base_units = chance.randrange(10_000, 900_000)
        self._begin_anew()

    def _begin_anew(self):
        self.replacements += 1
        self.replaced_us = self._world.clock.now_us

    def be_silent(self, seconds):
        self._world.meter.set_fault("silent", True)
        self._voice.at(self._world.clock.now_us + int(seconds * 1_000_000))


class _Vehicle:
    """The world's vehicle as a driver handles it."""

    def __init__(self, world):
        self._world = world

    def plug(self, chance):
        vehicle = self._world.vehicle
        vehicle.mode = chance.choice(_MODES)
        vehicle.max_ma = chance.randrange(16_000, 32_000)
        vehicle.plug()

    def fill(self):
        self._world.vehicle.force_s2("open")

    def unplug(self):
        self._world.vehicle.force_s2(None)
        self._world.vehicle.unplug(force=True)
