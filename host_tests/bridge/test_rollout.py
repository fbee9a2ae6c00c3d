"""What a roll-out does next, decided from its stations; and its waves with piles that follow."""

import asyncio
import random

import pytest

from bridge.fake_platform import until
from bridge.fleet import (
    Fleet,
    added,
    ended,
    fleet_bridge,
    hasten,
    names_of,
    phases,
    started,
    state,
)
from bridge.updating_pile import bundle
from pilebridge import alarms, rollout, rollout_orders
from pilebridge.rollout import Station, next_steps
from pilebridge.rollout_orders import RolloutError

ID = "ab" * 32
NOW = 1_763_600_000


def station(pile, phase, reachable=True, silent_s=0.0, due=True, trial_utc=None):
    return Station(pile, phase, reachable, silent_s, due, trial_utc)


def test_the_choice_is_the_same_each_time_and_grows():
    fleet = names_of(40)
    shuffled = random.Random(7).sample(fleet, len(fleet))
    chosen = {}
    for percent in (10, 11, 50, 99):
        wave = rollout.parse_wave(["percent", str(percent)])
        chosen[percent] = rollout.choose(wave, fleet, [], ID)
        assert chosen[percent] == rollout.choose(wave, shuffled, [], ID)
    assert [len(names) for names in chosen.values()] == [4, 5, 20, 40]
    assert chosen[50][:5] == chosen[11]
    # Another bundle meets other stations first
    other = rollout.choose(rollout.parse_wave(["percent", "10"]), fleet, [], "cd" * 32)
    assert set(other) != set(chosen[10])
    everyone = rollout.choose(rollout.parse_wave(["all"]), fleet, chosen[10], ID)
    assert set(everyone) == set(fleet) - set(chosen[10])
    one = rollout.parse_wave(["one", "P007"])
    assert rollout.choose(one, fleet, [], ID) == ["P007"]
    assert rollout.choose(one, fleet, ["P007"], ID) == []


@pytest.mark.parametrize(
    "words", [[], ["one"], ["percent"], ["percent", "0"], ["percent", "100"], ["all", "x"], ["5"]]
)
def test_waves_that_are_none(words):
    with pytest.raises(ValueError, match="allowed are one STATION"):
        rollout.parse_wave(words)


def test_at_most_so_many_at_a_time():
    assert [rollout.default_at_once(n) for n in (1, 19, 39, 40, 1000)] == [1, 1, 1, 2, 50]
    waiting = [station(name, rollout.WAITING) for name in names_of(5)]
    assert next_steps(waiting, 2, NOW, True).ask == ("P001", "P002")
    for phase in rollout.ACTIVE[1:]:
        active = [station("A", phase), *waiting]
        assert next_steps(active, 2, NOW, True).ask == ("P001",), phase
        assert next_steps(active, 1, NOW, True).ask == (), phase
    # Who is away keeps nobody from his turn
    away = [station("A", rollout.WAITING, reachable=False), *waiting]
    assert next_steps(away, 1, NOW, True).ask == ("P001",)


def test_a_station_that_is_away_or_silent_waits_again_unless_it_may_run_the_new_firmware():
    for phase in (rollout.ASKED, rollout.ACCEPTED, rollout.FETCH, rollout.PAUSED):
        assert next_steps([station("A", phase, False)], 1, NOW, True).back == ("A",)
        # Not before a bridge that has just begun has heard of anybody
        assert next_steps([station("A", phase, False)], 1, NOW, False).back == ()
    for phase in rollout.UNDER_TRIAL:
        steps = next_steps([station("A", phase, False, 1e9, trial_utc=NOW)], 1, NOW, True)
        assert steps == rollout.Steps()
    assert next_steps([station("A", rollout.FETCH, silent_s=121)], 1, NOW, True).back == ("A",)
    assert next_steps([station("A", rollout.FETCH, silent_s=119)], 1, NOW, True).back == ()


def test_a_trial_ends_after_half_an_hour():
    on_trial = station("A", rollout.TRIAL, False, trial_utc=NOW - 1800)
    waiting = station("B", rollout.WAITING)
    assert next_steps([on_trial, waiting], 2, NOW, True) == rollout.Steps(ask=("B",))
    steps = next_steps([on_trial, waiting], 2, NOW + 1, True)
    assert steps == rollout.Steps(overdue=("A",))
    # What it said while the bridge was away may still come
    assert next_steps([on_trial], 2, NOW + 1, False).overdue == ()


def test_what_a_pile_says_moves_it():
    assert rollout.heard("asked", "fetch", 1) == "fetch"
    assert rollout.heard("waiting", "fetch", 1) == "waiting"
    assert rollout.heard("waiting", "trial", 1) == "trial"
    assert rollout.heard("waiting", "refused", 0) == "waiting"
    assert rollout.heard("confirmed", "rolled_back", 1) == "confirmed"
    assert rollout.heard("overdue", "confirmed", 1) == "confirmed"
    assert rollout.heard("overdue", "rolled_back", 1) == "rolled_back"
    assert rollout.heard("overdue", "trial", 1) == "overdue"
    assert rollout.heard("refused", "fetch", 1) == "refused"


def test_the_verdict():
    assert rollout.verdict(["confirmed", "trial"], 0, 1) == "running"
    assert rollout.verdict(["confirmed", "overdue"], 0, 1) == "stopped"
    assert rollout.verdict(["refused", "overdue", "waiting"], 0, 3) == "running"
    assert rollout.verdict(["refused", "overdue", "waiting"], 1, 1) == "stopped"
    assert rollout.verdict(["refused", "confirmed"], 1, 1) == "done"
    assert rollout.verdict([], 0, 1) == "done"


async def test_one_then_ten_per_cent_then_all(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(20))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, bundle())
        for wave in ("percent 10", "all"):
            with pytest.raises(RolloutError, match="--to one STATION first"):
                await started(bridge, made, wave)
        first = await started(bridge, made, "one P004")
        assert await ended(bridge, first) == "done"
        assert fleet.commanded == ["P004"]
        assert (fleet["P004"].version, fleet["P004"].previous) == ("1.1.0", "1.0.0")
        with pytest.raises(RolloutError, match="--to percent 10 first"):
            await started(bridge, made, "all")
        second = await started(bridge, made, "percent 10")
        expected = rollout.order(fleet.names, made.id)[:2]
        assert set(phases(bridge, second)) == set(expected) - {"P004"}
        assert await ended(bridge, second) == "done"
        third = await started(bridge, made, "all", at_once=4)
        most = await most_at_once(bridge, third, fleet)
        assert 1 < most <= 4
        assert state(bridge, third) == "done"
        assert {pile.version for pile in fleet.piles.values()} == {"1.1.0"}
        # Nobody is told twice
        for pile in fleet.piles.values():
            assert [c["name"] for c in pile.commands].count("update") == 1
        assert alarms.standing(bridge.store.read) == []
        # Nobody is left
        assert (await started(bridge, made, "all")).state == "done"


async def most_at_once(bridge, of, fleet):
    """The most stations that were under way together, seen from the store."""
    most = 0
    while state(bridge, of) == rollout.RUNNING:
        most = max(most, sum(p in rollout.ACTIVE for p in phases(bridge, of).values()))
        await asyncio.sleep(0.002)
    return most


async def test_only_stations_of_the_board_and_of_the_site(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(6))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        fleet["P002"].board = "other"
        fleet["P004"].version = "1.1.0"
        for name in ("P002", "P004"):
            fleet[name].connect()
        await asyncio.sleep(0.1)
        made = await added(bridge, bundle())
        with pytest.raises(RolloutError, match="P002 is a other, and the bundle is for devkitc"):
            await started(bridge, made, "one P002")
        with pytest.raises(RolloutError, match="no station 'P099' in the settings"):
            await started(bridge, made, "one P099")
        with pytest.raises(RolloutError, match="P003 is not of site north"):
            await started(bridge, made, "one P003", site="north")
        # P002, P004 and P006 are of the north
        of = await started(bridge, made, "all", site="north", skip_waves=True)
        assert list(phases(bridge, of)) == ["P006"]
        assert await ended(bridge, of) == "done"
        assert fleet.commanded == ["P006"]


FAILURES = [("rolled_back", "the new firmware did not start"), ("refused", "wrong signature")]


@pytest.mark.parametrize(("phase", "problem"), FAILURES)
async def test_the_first_failure_stops_it(tmp_path, monkeypatch, phase, problem):
    hasten(monkeypatch)
    fleet = Fleet(names_of(5))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        for pile in fleet.piles.values():
            pile.fails = (phase, problem)
        made = await added(bridge, bundle())
        of = await started(bridge, made, "all", skip_waves=True)
        assert await ended(bridge, of) == "stopped"
        await asyncio.sleep(0.2)
        (failed,) = fleet.commanded
        assert failed == rollout.order(fleet.names, made.id)[0]
        (alarm,) = alarms.standing(bridge.store.read)
        assert (alarm.pile, alarm.kind) == (failed, "update")
        assert phase in alarm.text
        assert problem in alarm.text
        assert "has stopped" in alarm.text
        # The operator goes on: the next one fails too, and it stands still again
        again = await bridge.store.submit(rollout_orders.go_on)
        assert again.state == "running"
        assert await ended(bridge, of) == "stopped"
        assert len(fleet.commanded) == 2
        # Three more may fail
        for pile in fleet.piles.values():
            pile.fails = None
        await bridge.store.submit(rollout_orders.go_on)
        assert await ended(bridge, of) == "done"
        counted = sorted(phases(bridge, of).values())
        assert counted == ["confirmed"] * 3 + [phase] * 2
        # A later wave takes those who failed up again, and ends their alarms
        last = await started(bridge, made, "all")
        assert await ended(bridge, last) == "done"
        assert alarms.standing(bridge.store.read) == []


async def test_stop_after_counts_failures(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(6))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        for pile in fleet.piles.values():
            pile.fails = FAILURES[0]
        made = await added(bridge, bundle())
        of = await started(bridge, made, "all", skip_waves=True, stop_after=3)
        assert await ended(bridge, of) == "stopped"
        assert len(fleet.commanded) == 3


async def test_a_trial_without_an_end_is_a_failure_and_a_late_word_mends_it(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    now = [NOW]
    async with fleet_bridge(tmp_path, fleet, lambda: now[0]) as bridge:
        fleet["P001"].stop_at = "trial"
        made = await added(bridge, bundle())
        of = await started(bridge, made, "one P001")
        await until(lambda: phases(bridge, of) == {"P001": "trial"})
        now[0] += 1799
        await asyncio.sleep(0.2)
        assert state(bridge, of) == "running"
        now[0] += 2
        assert await ended(bridge, of) == "stopped"
        (alarm,) = alarms.standing(bridge.store.read)
        assert "not confirmed within 30 min" in alarm.text
        fleet["P001"].end("confirmed")
        await until(lambda: phases(bridge, of) == {"P001": "confirmed"})
        assert alarms.standing(bridge.store.read) == []


@pytest.mark.parametrize("reason", ["no_update_key", "unknown"])
async def test_a_command_that_is_refused_is_a_failure(tmp_path, monkeypatch, reason):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        result = "unknown" if reason == "unknown" else "refused"
        fleet["P001"].answer = {"result": result, "reason": reason.replace("unknown", "")}
        of = await started(bridge, await added(bridge, bundle()), "all", skip_waves=True)
        assert await ended(bridge, of) == "stopped"
        (alarm,) = alarms.standing(bridge.store.read)
        assert "flash it once by cable" in alarm.text


async def test_a_busy_pile_is_asked_again_with_another_id(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        pile = fleet["P001"]
        pile.answer = {"result": "refused", "reason": "busy"}
        of = await started(bridge, await added(bridge, bundle()), "all", skip_waves=True)
        await until(lambda: len(pile.commands) == 2)
        assert state(bridge, of) == "running"
        pile.answer = None
        assert await ended(bridge, of) == "done"
        ids = [command["id"] for command in pile.commands]
        assert len(set(ids)) == len(ids)


async def test_two_bundles_of_a_board_do_not_run_together(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        fleet["P001"].stop_at = "fetch"
        made, newer = await added(bridge, bundle()), await added(bridge, bundle((1, 2, 0)))
        of = await started(bridge, made, "one P001")
        with pytest.raises(RolloutError, match=r"roll-out 1 of 1.1.0 for devkitc .* still runs"):
            await started(bridge, newer, "one P002")
        (stopped,) = await bridge.store.submit(rollout_orders.stop)
        assert (stopped.id, stopped.why) == (of.id, "by the operator")
        with pytest.raises(RolloutError, match="no roll-out runs"):
            await bridge.store.submit(rollout_orders.stop)
        later = await started(bridge, newer, "one P002")
        assert await ended(bridge, later) == "done"
        assert state(bridge, of) == "replaced"
        with pytest.raises(RolloutError, match="no roll-out is stopped"):
            await bridge.store.submit(rollout_orders.go_on)
