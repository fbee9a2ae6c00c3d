"""Seeded walks over the whole controller, and planted defects that the walk must find."""

import functools

import pytest

from evse.app.indication import PATTERNS
from evse.control.control_loop import ControlLoop
from evse.control.protection import Protection
from evse.core import charging, faults, phase_switching
from evse.core.contactor import ContactorMonitor
from evse.core.fault_register import FaultRegister
from evse.core.limits import UNLIMITED_A10, Limits
from evse.core.phase_switching import PhaseSwitch
from evse.core.pilot import PilotMonitor
from evse.core.proximity import Proximity
from evse.core.residual_current import ResidualCurrentTest
from evse.core.supply import Supply

from .breakages import KINDS
from .scene import Scene
from .walk import STEPS_PER_WALK, ViolationError, Walk, safety_tick

LIGHTS = {row[0] for row in PATTERNS}
SEEDS = (1, 2, 3)
# Walks within which a planted defect must show itself
PLANTED_SEEDS = 8


@functools.cache
def counters_of(seed):
    return Walk(seed).run(STEPS_PER_WALK)


@pytest.mark.parametrize("seed", SEEDS)
def test_walk(seed, record_property):
    counters = counters_of(seed)
    raised = sum(value for name, value in counters.items() if name.startswith("fault "))
    record_property(
        "figure",
        "seed %d: %d ticks, %d lives, %d closings, %d faults raised"
        % (seed, STEPS_PER_WALK, counters["lives"], counters["closings"], raised),
    )


def test_what_a_walk_has_not_met_it_has_not_checked():
    counters = counters_of(SEEDS[0])
    missing = [name for name in charging.NAMES if not counters.get("state " + name)]
    missing += [name for name in faults.NAMES if not counters.get("fault " + name)]
    missing += [kind for kind in KINDS if not counters.get("kind " + kind)]
    assert not missing, "never met: " + ", ".join(missing)
    assert counters["closings"] > 80
    assert counters["duty above 90 %"] > 0
    assert counters["steps interrupted"] > 80
    assert counters["phases 3"] > 0


def test_every_fault_that_a_walk_raised_has_a_light_and_a_sentence():
    raised = [name for name in faults.NAMES if counters_of(SEEDS[0]).get("fault " + name)]
    for name in raised:
        row = faults.row(name)
        light = row["light"]
        assert light in LIGHTS or (not light and row["severity"] == faults.WARN), name
        assert len(row["sentence"]) > 20, name


def test_a_walk_follows_from_its_seed():
    assert Walk(7).run(6000) == Walk(7).run(6000)
    assert Walk(7).run(6000) != Walk(8).run(6000)


def _tick_feeds_always(monkeypatch):
    act = safety_tick.SafetyTick._act

    def feeding(self, holdable):
        act(self, holdable)
        self._dead_man.beat()

    monkeypatch.setattr(safety_tick.SafetyTick, "_act", feeding)


def _loop_feeds(monkeypatch):
    step = ControlLoop.step

    def feeding(self, dt_ms):
        found = step(self, dt_ms)
        if self.tick.contactor.commanded:
            self.tick._dead_man.beat()
        return found

    monkeypatch.setattr(ControlLoop, "step", feeding)


def _inputs_unread(monkeypatch):
    monkeypatch.setattr(safety_tick.SafetyTick, "_read_inputs", lambda self: 0)


def _inputs_read_once(monkeypatch):
    def once(self):
        found = sum(fault for part, fault in self.inputs if part.active())
        return found & ~faults.RESIDUAL_CURRENT if self.testing else found

    monkeypatch.setattr(safety_tick.SafetyTick, "_read_inputs", once)


def _one_burst_decides(monkeypatch):
    look = safety_tick.SafetyTick._look

    def once(self):
        first = self._seen_in != self.ticks
        self._seen_in = self.ticks
        return first and look(self)

    monkeypatch.setattr(safety_tick.SafetyTick, "_seen_in", None, raising=False)
    monkeypatch.setattr(safety_tick.SafetyTick, "_look", once)


def _diode_ignored(monkeypatch):
    take = PilotMonitor._take_low

    def blind(self, *readings):
        take(self, *readings)
        self.low_ok = self.low_proven = True

    monkeypatch.setattr(PilotMonitor, "_take_low", blind)


def _chatter(monkeypatch):
    monkeypatch.setattr(ContactorMonitor, "may_close", lambda self: not self.closed)


def _limit_ignored(monkeypatch):
    monkeypatch.setattr(Limits, "offered_a10", lambda self: self._a10[0])


def _test_not_used_up(monkeypatch):
    step = ResidualCurrentTest.step

    def keeping(self, tripped, contactor_open, wanted, dt_ms):
        proven = self.proven
        step(self, tripped, contactor_open, wanted, dt_ms)
        self.proven |= proven

    monkeypatch.setattr(ResidualCurrentTest, "step", keeping)


def _unlocks_closed(monkeypatch):
    move = Protection._move_lock
    monkeypatch.setattr(
        Protection,
        "_move_lock",
        lambda self, is_open, wanted, dt_ms: move(self, True, wanted and is_open, dt_ms),
    )


def _no_state_f(monkeypatch):
    monkeypatch.setattr(faults, "RESETS", 0)


def _supply_unseen(monkeypatch):
    monkeypatch.setattr(Supply, "step", lambda *_readings: 0)


def _cable_ignored(monkeypatch):
    monkeypatch.setattr(Proximity, "step", lambda *_readings: UNLIMITED_A10)


def _broken_proximity_ignored(monkeypatch):
    step = Proximity.step
    monkeypatch.setattr(Proximity, "step", lambda *readings: step(*readings) or 130)


def _phases_move_at_once(monkeypatch):
    monkeypatch.setattr(PhaseSwitch, "_hold", lambda self, wish, _vehicle: self._move(wish))


def _phases_move_uninterrupted(monkeypatch):
    monkeypatch.setattr(phase_switching, "INTERRUPT_MS", 500)


def _reader_stops(monkeypatch):
    ready = Protection.ready.fget
    step = ControlLoop.step
    failed = set()

    def stepped(self, dt_ms):
        failed.clear()
        if self.causes & faults.READER_FAILED:
            failed.add(self.protection)
        return step(self, dt_ms)

    monkeypatch.setattr(ControlLoop, "step", stepped)
    monkeypatch.setattr(
        Protection, "ready", property(lambda self: ready(self) and self not in failed)
    )


# What is spoilt, and a word of the sentence that must come
PLANTED = (
    (_tick_feeds_always, "dead-man fed"),
    (_loop_feeds, "dead-man fed from outside the tick"),
    (_inputs_unread, "closed in spite of"),
    (_inputs_read_once, "opened for nothing"),
    (_one_burst_decides, "opened for nothing"),
    (_diode_ignored, "closed with"),
    (_chatter, "after opening, least"),
    (_limit_ignored, "above the limit"),
    (_test_not_used_up, "closed without a self-test"),
    (_unlocks_closed, "unlock"),
    (_no_state_f, "without state F"),
    (_supply_unseen, "closed in spite of"),
    (_cable_ignored, "above the limit"),
    (_broken_proximity_ignored, "closed in spite of cable_invalid"),
    (_phases_move_at_once, "with the main contactor closed"),
    (_phases_move_uninterrupted, "no interruption"),
    (_reader_stops, "stopped for nothing"),
)


def _sentences():
    """Each walk's violation, walk after walk: which one meets a defect is chance."""
    for seed in range(1, PLANTED_SEEDS + 1):
        try:
            Walk(seed).run(STEPS_PER_WALK)
        except ViolationError as violated:
            yield str(violated)


@pytest.mark.parametrize(("plant", "sentence"), PLANTED, ids=[p.__name__ for p, _ in PLANTED])
def test_a_planted_defect_is_found(plant, sentence, monkeypatch):
    plant(monkeypatch)
    found = []
    for violation in _sentences():
        assert "make properties SEED=" in violation
        found.append(violation.split("\n", 1)[0])
        if sentence in found[-1]:
            return
    pytest.fail(f"{sentence!r} in none of {found}")


def test_a_planted_stall_that_nobody_sees_is_found(monkeypatch):
    monkeypatch.setattr(safety_tick, "_LATE_US", 90000)
    scene = Scene().plug()
    scene.actors.stall(60)
    with pytest.raises(ViolationError, match="between ticks"):
        scene.run(100)


def test_a_planted_lockout_that_is_not_stored_is_found(monkeypatch):
    monkeypatch.setattr(FaultRegister, "lockouts", 0)
    scene = Scene().plug().weld()
    with pytest.raises(ViolationError, match="lock-out"):
        scene.restart().plug()
