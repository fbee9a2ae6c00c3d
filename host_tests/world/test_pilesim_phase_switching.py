"""The phase switch of the core on the world's contactors and vehicle: no current broken, nothing changed unseen."""

import random

import pytest
from outlet_bench import Bench, board

from evse.core.phase_switching import (
    DID_NOT_CLOSE,
    DID_NOT_OPEN,
    DISAGREED,
    FREE,
    INTERRUPT,
    PhaseSwitch,
)
from evse.core.pilot_profiles import INVALID, A, B, C
from pilesim.chip import PWRON_RESET

STEP_MS = 20
ALL = [16_000, 16_000, 16_000]
ONE = [16_000, 0, 0]


class Station:
    """As little of a station as the switch needs: it offers, closes and opens as it may."""

    def __init__(self, mode="normal"):
        self.bench = Bench(board(second=None))
        self.world = self.bench.world
        self.side = self.bench.sides[0]
        self.side.vehicle.max_ma = 16_000
        self.side.vehicle.set_mode(mode)
        self.switch = PhaseSwitch()
        self.wish = 1
        self._main_on = False

    def _vehicle(self):
        if self.switch.pilot == INTERRUPT:
            return INVALID
        if not self.side.vehicle.plugged:
            return A
        return C if self.side.vehicle.s2_closed else B

    def run(self, ms):
        for _ in range(ms // STEP_MS):
            self.bench.run(STEP_MS)
            s = self.switch
            vehicle = self._vehicle()
            s.step(
                self.wish,
                vehicle,
                self._main_on,
                bool(self.world.contactor.mirror(self.bench.clock.now_us)),
                bool(self.side.phase_mirror()),
                any(self.side.currents_ma()),
                STEP_MS,
            )
            self.side.offer(53.33 if s.pilot == FREE else 0 if s.pilot == INTERRUPT else 100)
            if s.open_now or vehicle != C:
                self._main_on = False
            elif s.may_close:
                self._main_on = True
            self.side.contactor(self._main_on)
            self.side.phases(s.close_phases)

    def start(self, wish):
        """Power on with nobody there, then a vehicle; charging on the phases wished for."""
        self.wish = wish
        self.run(13_000)
        self.side.vehicle.plug()
        self.run(4000)
        assert self.side.currents_ma() == (ALL if wish == 3 else ONE)

    def reset(self):
        """The chip's power fails and returns while everything else goes on."""
        self.world.replace_chip(PWRON_RESET)
        self.bench.clock.advance(300_000)
        self.bench.connect()
        self.side = self.bench.sides[0]
        self.switch = PhaseSwitch()
        self._main_on = False

    def complaints(self):
        return [
            entry
            for name in ("phases_switched_under_load", "vehicle_saw_phase_change_without_unplug")
            for entry in self.world.events(name)
        ]


def test_there_and_back_during_a_charge():
    station = Station()
    station.start(1)
    for wish, currents in ((3, ALL), (1, ONE), (3, ALL)):
        station.run(60_000)
        station.wish = wish
        station.run(20_000)
        assert station.side.currents_ma() == currents
        assert station.switch.phases == wish
    assert station.complaints() == []
    assert station.world.phase_contactor.operations == 2
    assert station.world.contactor.operations == 4


def test_a_vehicle_that_ignores_the_stop_is_not_switched_under_load_either():
    station = Station("stubborn")
    station.start(1)
    station.wish = 3
    station.run(25_000)
    assert station.side.currents_ma() == ALL
    assert station.complaints() == []


@pytest.mark.parametrize(("before", "after"), [(3, 1), (3, 3), (1, 3)])
def test_a_reset_in_the_middle_is_not_seen_by_the_vehicle(before, after):
    station = Station()
    station.start(before)
    station.wish = after
    station.reset()
    station.run(15_000)
    assert station.side.currents_ma() == (ALL if after == 3 else ONE)
    assert station.complaints() == []


@pytest.mark.parametrize("fault", ["phase_contactor_stuck_open", "phase_mirror_broken"])
def test_a_broken_part_at_power_on_with_three_wished(fault):
    station = Station()
    station.world.set_fault(fault, True)
    station.wish = 3
    station.run(13_000)
    station.side.vehicle.plug()
    station.run(20_000)
    # An open mirror proves one phase, one that reads closed nothing
    stuck = fault == "phase_contactor_stuck_open"
    assert station.side.currents_ma() == (ONE if stuck else [0, 0, 0])
    assert station.switch.fault is not stuck
    assert station.switch.failure == (DID_NOT_CLOSE if stuck else DID_NOT_OPEN)
    assert station.complaints() == []


def test_a_contactor_that_welds_during_the_charge_goes_on_with_three():
    station = Station()
    station.start(3)
    station.world.set_fault("phase_contactor_welded", True)
    station.run(60_000)
    station.wish = 1
    station.run(20_000)
    assert station.side.currents_ma() == ALL
    assert (station.switch.phases, station.switch.failure) == (3, DID_NOT_OPEN)
    assert station.complaints() == []


def test_a_contactor_that_falls_open_is_answered_with_an_interruption():
    station = Station()
    station.start(3)
    station.world.set_fault("phase_contactor_stuck_open", True)
    station.run(200)
    # That was the part, and the vehicle saw it
    assert len(station.complaints()) == 2
    station.run(30_000)
    assert station.side.currents_ma() == ONE
    assert (station.switch.phases, station.switch.failure) == (1, DISAGREED)
    assert len(station.complaints()) == 2


def test_half_an_hour_of_changing_wishes_and_vehicles():
    station = Station()
    station.start(1)
    chance = random.Random(3)
    for _ in range(40):
        station.wish = chance.choice((1, 3))
        station.run(chance.randrange(500, 90_000, 500))
        if chance.random() < 0.3:
            if station.side.vehicle.plugged:
                station.side.vehicle.unplug()
            else:
                station.side.vehicle.phases = chance.choice((1, 3, 3))
                station.side.vehicle.plug()
    assert station.complaints() == []
    assert station.world.phase_contactor.operations >= 5
    assert station.switch.failure == ""
    assert station.side.energy_uwh() > 500_000_000
