"""The scenario words: what is understood, what is refused, what they do."""

import pytest

from pilesim import host
from pilesim.scenario import Runner
from pilesim.scenario_words import ScenarioError, duration_us, parse
from pilesim.world import FAULTS, World


@pytest.fixture
def world():
    with host.installed(World()) as installed:
        yield installed


class FakeStation:
    """A station that charges from `delay_us` after it was authorised."""

    def __init__(self, world, delay_us):
        self._clock = world.clock
        self._delay_us = delay_us
        self._from_us = None
        self.calls = []

    def reset_faults(self):
        self.calls.append("reset")

    def unlock(self):
        self.calls.append("unlock")

    def authorize_local(self, connector=1):
        self._from_us = self._clock.now_us + self._delay_us

    def stop_local(self, connector=1):
        self._from_us = None

    def connector_status(self, connector):
        charging = self._from_us is not None and self._clock.now_us >= self._from_us
        return "charging" if charging else "preparing"

    def cp_state(self, connector):
        return "C2" if self.connector_status(connector) == "charging" else "B1"


def run(world, text, station=None, **options):
    runner = Runner(world, parse(text), station, **options)
    host.run(runner.run())
    return runner


def test_words_comments_and_lines():
    steps = parse("plug; run 60s # comment; unplug\n\n  wait charging within 10s ;; quit\n")
    assert [step.word for step in steps] == ["plug", "run", "wait", "quit"]
    assert steps[1].arguments == (60_000_000,)
    assert steps[2].arguments == ("charging", 10_000_000)
    assert steps[2].place == "line 3, 'wait charging within 10s'"


@pytest.mark.parametrize(
    ("text", "us"),
    [("60s", 60_000_000), ("20ms", 20_000), ("1.5s", 1_500_000), ("2min", 120_000_000)],
)
def test_durations(text, us):
    assert duration_us(text) == us


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plug\nfly away", "line 2, 'fly away': unknown word, allowed: plug unplug"),
        ("plug in", "takes 0 words"),
        ("s2 ajar", "'ajar' is not one of: open close"),
        ("s2", "takes 1 words"),
        ("need 500", "'500' is no energy; usage: need 500Wh"),
        ("need xWh", "is no energy"),
        ("vehicle flying", "is not one of: normal simplified"),
        ("fault gremlin on", "'gremlin' is not one of: cp_short"),
        ("fault weld", "takes 2 words"),
        ("run 60", "'60' is no duration"),
        ("run -1s", "is no duration"),
        ("mains maybe", "is not one of: on off"),
        ("voltage high", "'high' is no number of volts"),
        ("voltage -5", "'-5' is below 0 V"),
        ("temperature", "takes 1 words"),
        ("temperature 2000", "'2000' is no number of degrees, allowed -100..1000"),
        ("pilot hum", "'hum' is not one of: noise"),
        ("pilot noise 5", "'5' is no amplitude"),
        ("pilot noise 0mV", "'0mV' is no amplitude"),
        ("wait charged", "'charged' is not one of: available"),
        ("wait", "too few words"),
        ("wait charging for 10s", "'for' is not 'within'"),
        ("expect contactor ajar", "is not one of: open closed"),
        ("expect", "too few words"),
    ],
)
def test_what_is_not_understood_is_refused_by_name_and_place(text, message):
    with pytest.raises(ScenarioError, match="line ") as error:
        parse(text)
    assert message in str(error.value)


def test_every_fault_can_be_switched(world):
    for name in FAULTS:
        run(world, f"fault {name} on; run 100ms; fault {name} off")
    assert len(world.events("fault")) == 2 * len(FAULTS)
    with pytest.raises(ValueError, match="allowed cp_short"):
        world.set_fault("gremlin", True)


def test_world_words(world):
    run(world, "vehicle ventilated; need 500Wh; plug; s2 close; expect s2 closed; s2 auto; run 2s")
    assert world.vehicle.mode == "ventilated"
    assert world.vehicle.plugged
    run(world, "mains off; freeze 1000ms; unplug")
    assert not world.mains.present
    assert not world.vehicle.plugged
    assert world.clock.now_us == pytest.approx(3_000_000, abs=2000)


def test_world_words_for_protection(world):
    run(world, "voltage 190.5; temperature 70.5; pilot noise 600mV")
    assert world.mains.nominal_mv == 190_500
    assert world.temperature.c10 == 705
    assert world.line.noise_mv == 600
    assert "noise" in world.line.faults
    run(world, "pilot noise off; pilot noise; temperature -10")
    assert world.line.noise_mv == 600
    assert "noise" in world.line.faults
    assert world.temperature.c10 == -100
    run(world, "pilot noise off")
    assert "noise" not in world.line.faults


def test_reset_and_unlock_reach_the_station(world):
    station = FakeStation(world, 0)
    run(world, "reset; unlock; reset", station)
    assert station.calls == ["reset", "unlock", "reset"]


def test_station_words(world):
    station = FakeStation(world, 5_000_000)
    run(
        world,
        "authorize; wait charging; expect cp C2; expect status charging; stop; expect preparing",
        station,
    )
    assert world.clock.now_us == pytest.approx(5_000_000, abs=30_000)


def test_a_wait_times_out_and_says_what_is(world):
    station = FakeStation(world, 5_000_000)
    with pytest.raises(ScenarioError, match="timed out waiting for charging, status is preparing"):
        run(world, "authorize; wait charging within 2s", station)
    assert world.clock.now_us == pytest.approx(2_000_000, abs=30_000)
    with pytest.raises(ScenarioError, match="timed out waiting for A1"):
        run(world, "wait A1", station, limit_ms=500)


def test_a_failed_expectation_says_what_is(world):
    with pytest.raises(ScenarioError, match="expected closed, contactor is open"):
        run(world, "expect contactor closed")


def test_station_words_need_a_station(world):
    for text in ("authorize", "reset", "unlock", "wait charging", "expect charging"):
        with pytest.raises(ScenarioError, match="needs a station"):
            run(world, text)


def test_quit_ends_and_repeat_starts_again(world):
    assert run(world, "plug; quit; unplug").quit
    assert world.vehicle.plugged
    rounds = []

    def stop_after_three(step):
        rounds.append(step.word)
        if rounds.count("unplug") == 3:
            runner.quit = True

    runner = Runner(world, parse("plug; run 1s; unplug; repeat"), on_step=stop_after_three)
    host.run(runner.run())
    assert rounds.count("plug") == 3


def test_the_trace_is_bounded(world):
    for _ in range(600):
        world.vehicle.plug()
        world.vehicle.unplug()
    assert len(world.trace) == 1000
