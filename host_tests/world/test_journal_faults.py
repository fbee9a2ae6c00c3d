"""A journal that is full, rotten, refused or missing: named, nothing whole is lost, nothing closes that must not."""

import json

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def records(r, kind):
    return r.records(kind)


def test_full_journal_forbids_a_start_and_ends_what_runs_with_all_records():
    async def story(r):
        await r.charge()
        while not r.station.journal.full:
            assert r.station.journal.record("fault", 1, 0, fault="planted", detail="")
            await r.run(10)
        await r.until(lambda: "journal_full" in active(r), 1000)
        r.station.stop_local()
        await r.until(lambda: r.station.session.tx is None, 15000)
        assert records(r, "tx_stop")
        assert r.station.authorize_local() == "unavailable"

    with rig() as r:
        r.play(story)


def test_flash_that_fails_is_named_and_the_charge_goes_on_but_no_other_begins():
    async def story(r):
        await r.charge()
        r.world.set_fault("flash_fail", True)
        assert not r.station.journal.record("fault", 1, 0, fault="planted", detail="")
        await r.until(lambda: "journal_failed" in active(r), 1000)
        await r.run(3000)
        assert r.station.loop.closed
        r.world.set_fault("flash_fail", False)
        r.station.stop_local()
        await r.until(lambda: records(r, "tx_stop"), 15000)
        await r.until(lambda: "journal_failed" not in active(r), 15000)

    with rig() as r:
        r.play(story)


def test_end_of_a_charge_that_the_flash_refuses_is_written_when_it_takes_it_again():
    async def story(r):
        await r.charge()
        await r.run(12000)
        r.world.set_fault("flash_fail", True)
        r.station.stop_local()
        await r.until(lambda: r.station.session.tx is None, 15000)
        register_wh = r.world.meter.register_units() * 10
        ended_s = r.station.clock.up_s
        await r.run(30000)
        assert not records(r, "tx_stop")
        assert r.station.authorize_local() == "unavailable"
        r.world.set_fault("flash_fail", False)
        await r.until(lambda: records(r, "tx_stop"), 10000)
        (ending,), (stop,) = records(r, "tx_ending"), records(r, "tx_stop")
        assert ending["seq"] < stop["seq"]
        assert (stop["wh"], stop["reason"]) == (register_wh, "local")
        assert ended_s - 2 <= stop["up"] <= ended_s, "dated when it happened"
        await r.until(lambda: r.station.authorize_local() == "", 90000, 1000)

    with rig() as r:
        r.play(story)


def test_flash_that_recovers_is_believed_again_though_nothing_was_to_be_written():
    async def story(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        r.world.set_fault("flash_fail", True)
        assert r.station.authorize_local() == "unavailable"
        await r.until(lambda: "journal_failed" in active(r), 1000)
        r.world.set_fault("flash_fail", False)
        await r.until(lambda: r.station.authorize_local() == "", 90000, 1000)

    with rig() as r:
        r.play(story)


def test_board_without_the_partition_starts_says_so_and_charges_nobody():
    async def story(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert "journal_failed" in active(r)
        assert r.station.authorize_local() == "unavailable"
        r.station.report.refresh()
        assert json.loads(r.station.report.state())["journal"]["capacity"] == 0

    with rig() as r:
        r.world.partitioned = False
        r.play(story)


@pytest.mark.parametrize(("rotten", "reason"), [(1, "local"), (2, "power_loss")])
def test_rotten_journal_is_named_and_what_is_whole_stays(rotten, reason):
    async def before(r):
        await r.charge()
        await r.run(20000)
        r.station.stop_local()
        await r.until(lambda: records(r, "tx_stop"), 15000)
        r.world.vehicle.unplug()
        await r.run(1000)
        return list(r.station.journal.held())

    async def after(r):
        await r.run(100)
        assert "journal_damaged" in active(r)
        assert any("records lost" in note for note in r.station.report.notes)
        # Its end was among what is lost: it is not begun anew, but ended once more
        before_cut = r.world.contactor.operations
        r.world.vehicle.plug()
        await r.until(lambda: records(r, "tx_stop"), 10000)
        assert records(r, "tx_stop")[-1]["reason"] == reason
        assert r.world.contactor.operations == before_cut
        assert r.station.authorize_local() == ""
        await r.until(lambda: r.station.session.status() == "charging", 20000)
        return list(r.station.journal.held())

    with rig() as r:
        held = r.play(before)
        flash = r.world.flash
        for data in held[-rotten:]:
            flash.content[flash.content.find(data) + 20] ^= 1
        r.world.replace_chip(1)
        kept = r.restart(after)
    assert kept[: len(held) - rotten] == held[:-rotten]


def test_key_missing_and_settings_corrupt_start_and_close_nothing():
    async def story(r):
        r.world.vehicle.plug()
        await r.run(8000)
        assert {"key_missing", "settings_invalid"} <= set(active(r))
        assert r.station.authorize_local() == "unavailable"
        await r.run(2000)
        assert not r.world.contactor.operations

    with rig() as r:
        r.play(story, {"key": "12"})
