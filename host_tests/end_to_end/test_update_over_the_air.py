"""New firmware over the air, all real but the hardware: a build, broker and bridge, the operator's own commands."""

import re
import time

import pytest

from end_to_end.updated_pile import UpdatedPile, bundle_of
from evse import __version__
from sandbox.bench_settings import STATION

pytestmark = pytest.mark.processes
OLD, NEW = __version__, (9, 9, 9)
# Starts of one on trial
TRIES = 3


@pytest.fixture(scope="module")
def build(keyed_build_of):
    """(folder of a build, the key that signs its updates)."""
    return keyed_build_of("devkitc")


@pytest.fixture
def pile(tmp_path, build, serial_board):
    folder, key = build
    made = UpdatedPile(tmp_path, key)
    try:
        made.start_pile(serial_board, folder)
        yield made
    finally:
        made.end()


def made_of(build, folder, **options):
    slot, key = build[0] / "a", build[1]
    return bundle_of(slot, key, folder / "new", NEW, **options)


def fetched_from(text):
    """Offsets that the pile asked for, in order."""
    return [int(at) for at in re.findall(r"update \w+ fetch (\d+)", text)]


def alarms_of(pile):
    """Texts of the alarms that stand."""
    found = pile.admin("alarms")["alarms"]
    return [alarm["text"] for alarm in found if alarm["cleared_utc"] is None]


def charge_while_it_fetches(pile):
    """Charge for some seconds from when the pile has some of the bundle; it asks for nothing meanwhile."""
    pile.serial.wait_for(" fetch 16000")
    pile.board.words("authorize; wait charging within 20s; run 4s")
    _of, station, _pile = pile.wait_phase("paused")
    have = station["have"]
    assert have >= 16000
    pile.wait(lambda *_said: pile.connector()["status"] == "charging")
    pile.board.words("expect contactor closed; unplug")
    pile.wait(lambda _of, station, _pile: station["have"] > have)
    before, _paused, after = pile.serial.text.partition(" paused ")
    assert fetched_from(before)[0] == 0
    assert fetched_from(after.partition("contactor open")[0]) == []
    # Then for what is missing alone
    assert fetched_from(after)[0] == have
    assert not [line for line in pile.board.lines if " error " in line]


def assert_proved(pile, made):
    """It had tested its monitor and reached the bridge before it was confirmed."""
    begun = [" reset cause=" in line for line in pile.board.lines].index(True)
    assert [line for line in pile.board.lines[begun:] if "current state=released" in line]
    said = "\n".join(pile.bridge.lines)
    assert said.index(f"firmware {made.version}") < said.index(f"{made.id[:12]} confirmed")


def assert_kept(pile, settings, journal):
    """Nothing is lost of what the pile had, nor of the charge."""
    now_settings, now_journal = pile.ask("settings", "journal")
    assert now_settings == settings
    assert now_journal["life"] == journal["life"]
    assert now_journal["next"] >= journal["next"] + 3
    assert (now_journal["damage"], now_journal["problem"]) == ("", "")
    (charge,) = pile.admin("transactions")["transactions"]
    assert charge["reason"] == "unplugged"


def test_fetched_around_a_charge_tried_confirmed_and_taken_back(
    pile, build, tmp_path, record_property
):
    began_s = time.monotonic()
    made = made_of(build, tmp_path)
    pile.wait_runs(slot="a", version=OLD, trial=False, previous="")
    had = pile.ask("settings", "journal")
    pile.board.words("plug")
    pile.roll_out(made)
    charge_while_it_fetches(pile)
    charged_s = time.monotonic() - began_s
    pile.wait_phase("confirmed")
    pile.wait_runs(slot="b", version=made.version, previous=OLD)
    confirmed_s = time.monotonic() - began_s
    assert_proved(pile, made)
    pile.wait(lambda of, _station, _pile: of["state"] == "done")
    told = pile.command("rollout", "CONFIG", "status")
    assert f"{STATION} confirmed" in told, told
    pile.command("rollback", "CONFIG", STATION)
    pile.wait_runs(slot="a", version=OLD, trial=False, previous=made.version)
    assert_kept(pile, *had)
    assert alarms_of(pile) == []
    back_s = time.monotonic() - began_s
    told = (
        f"fetches again at {charged_s:.1f} s, confirmed {confirmed_s:.1f}, taken back {back_s:.1f}"
    )
    record_property("figure", told)


def test_one_that_fails_at_its_start_is_left_and_the_old_one_charges(
    pile, build, tmp_path, record_property
):
    began_s = time.monotonic()
    made = made_of(build, tmp_path, broken=True)
    pile.roll_out(made)
    of, station, _pile = pile.wait(lambda of, _station, _pile: of["state"] != "running")
    assert (of["state"], station["phase"]) == ("stopped", "rolled_back")
    assert "RuntimeError('a part is missing'" in station["problem"], station
    assert pile.serial.text.count("RuntimeError: a part is missing") == TRIES
    # Into the new one, and out of each of its starts
    resets = [line for line in pile.board.lines if " reset cause=" in line]
    assert len(resets) == 1 + TRIES, resets
    (alarm,) = alarms_of(pile)
    assert "a part is missing" in alarm
    # What it says to look at
    told = pile.command(*re.search(r"see `pilebridge (.+?)`", alarm)[1].split())
    assert ": stopped" in told, told
    assert f"{STATION} rolled_back" in told, told
    pile.wait_runs(slot="a", version=OLD, trial=False)
    back_s = time.monotonic() - began_s
    pile.board.words("plug; wait B1 within 10s; authorize")
    pile.board.wait_for("contactor state=closed", 30)
    pile.wait(lambda *_said: pile.connector()["status"] == "charging")
    charges_s = time.monotonic() - began_s
    record_property("figure", f"rolled back at {back_s:.1f} s, charges {charges_s:.1f}")
