"""Whom a fault or a word of a scenario means where there are two outlets."""

import pytest
from outlet_bench import Bench

from pilesim import host
from pilesim.scenario import Runner
from pilesim.scenario_words import ScenarioError, parse
from pilesim.world import World


@pytest.fixture
def bench():
    return Bench()


def test_a_fault_goes_to_the_outlet_it_names(bench):
    world = bench.world
    first, second = world.outlets
    world.set_fault("fail_to_close@2", True)
    world.set_fault("leak", True, outlet=2)
    world.set_fault("noise@1", True)
    assert second.contactor.faults == {"fail_to_close"}
    assert second.line.faults == {"leak"}
    assert first.line.faults == {"noise"}
    assert first.contactor.faults == set()
    assert [entry[2].get("outlet", 1) for entry in world.events("fault")] == [2, 2, 1]
    world.set_fault("fail_to_close@2", False)
    assert second.contactor.faults == set()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gremlin@2", "fault gremlin, allowed cp_short"),
        ("weld@3", "fault weld@3, allowed @1 @2"),
        ("weld@", "fault weld@, allowed"),
        ("pe_lost@2", "fault pe_lost is of the whole pile, not of outlet 2"),
        ("wifi_down@2", "is of the whole pile"),
    ],
)
def test_a_fault_that_nobody_has_is_refused(bench, name, message):
    with pytest.raises(ValueError, match=message):
        bench.world.set_fault(name, True)


def test_a_fault_of_an_outlet_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="outlet 2, the pile has 1"):
        World().set_fault("weld@2", True)


class FakeStation:
    """Notes what it is told, and says where it was asked."""

    def __init__(self):
        self.calls = []

    def authorize_local(self, connector=1):
        self.calls.append(("authorize", connector))

    def stop_local(self, connector=1):
        self.calls.append(("stop", connector))

    def unlock(self, connector=1):
        self.calls.append(("unlock", connector))

    def connector_status(self, connector):
        return "charging" if connector == 2 else "available"

    def cp_state(self, connector):
        return "C2" if connector == 2 else "A1"


def play(world, text):
    station = FakeStation()
    with host.installed(world):
        host.run(Runner(world, parse(text), station).run())
    return station


def test_words_that_end_in_an_outlet_mean_it(bench):
    world = bench.world
    first, second = world.outlets
    station = play(
        world,
        "plug 2; s2 close 2; need 500Wh 2; vehicle ventilated 2; phases 1 2; pilot noise 600mV 2;"
        "temperature 70 2; fault fail_to_close on 2; fault leak@2 on; authorize 2; stop; unlock 2;"
        "expect contactor open 2; wait charging within 1s 2; expect C2 2; expect A1; expect A1 1",
    )
    assert (first.vehicle.plugged, second.vehicle.plugged) == (False, True)
    assert second.vehicle.mode == "ventilated"
    assert (first.vehicle.phases, second.vehicle.phases) == (3, 1)
    assert second.line.faults == {"noise", "leak"}
    assert second.line.noise_mv == 600
    assert second.contactor.faults == {"fail_to_close"}
    assert first.line.faults == first.contactor.faults == set()
    assert station.calls == [("authorize", 2), ("stop", 1), ("unlock", 2)]
    play(world, "temperature 2; phases 2; unplug 2")
    assert first.temperature.c10 == 20
    assert first.vehicle.phases == 2
    assert not second.vehicle.plugged


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plug 3", "takes 0 words"),
        ("phases 4", "'4' is not one of: 1 2 3"),
        ("run 60s 2", "takes 1 words"),
        ("fault weld@3 on", "allowed @1 @2"),
        ("fault pe_lost@2 on", "is of the whole pile"),
        ("s2 2", "'2' is not one of: open close"),
    ],
)
def test_words_for_no_outlet_are_refused(text, message):
    with pytest.raises(ScenarioError, match="line 1") as error:
        parse(text)
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["plug 2", "fault weld on 2", "expect s2 open 2"])
def test_a_word_for_an_outlet_that_is_not_there_says_so(text):
    with pytest.raises(ScenarioError, match="outlet 2, the pile has 1"):
        play(World(), text)
