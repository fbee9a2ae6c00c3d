"""Firmware that a platform hands over: checked, rolled out to its one pile, and beside others' of the same."""

from bridge.fake_platform import until
from bridge.fleet import Fleet, ended, fleet_bridge, hasten, hello, names_of
from bridge.updating_pile import bundle
from pilebridge import rollout, rollout_rows

GOOD = bundle()


def running(application):
    return rollout_rows.in_state(application.store.read, rollout.RUNNING)


async def test_piles_that_get_the_same_firmware_share_a_roll_out(tmp_path, monkeypatch):
    hasten(monkeypatch)
    names = names_of(3)
    async with fleet_bridge(tmp_path, Fleet(names)) as bridge:
        await until(lambda: all(hello(bridge, name) for name in names))
        piles = bridge.piles.by_name
        for name in names[:2]:
            reply = await piles[name].update(GOOD)
            assert (reply.result, reply.reason) == ("accepted", "")
        (of,) = running(bridge)
        # Once more is no second update
        assert (await piles[names[0]].update(GOOD)).result == "accepted"
        rows = rollout_rows.stations(bridge.store.read, of)
        assert [row.pile for row in rows] == names[:2]
        refused = await piles[names[2]].update(bundle(version=(9, 9, 9)))
        assert (refused.result, "still runs" in refused.reason) == ("refused", True)
        await ended(bridge, of)
        rows = rollout_rows.stations(bridge.store.read, of)
        assert [row.phase for row in rows] == [rollout.CONFIRMED] * 2
        reply = await piles[names[0]].update(GOOD)
        assert (reply.result, reply.reason) == ("accepted", "installed")


async def test_firmware_that_is_altered_or_of_another_board_is_refused(tmp_path):
    names = names_of(1)
    async with fleet_bridge(tmp_path, Fleet(names)) as bridge:
        await until(lambda: hello(bridge, names[0]))
        services = bridge.piles.by_name[names[0]]
        altered = GOOD[:-1] + bytes([GOOD[-1] ^ 1])
        assert "is not what its manifest says" in (await services.update(altered)).reason
        other = await services.update(bundle(board="other"))
        assert (other.result, "the bundle is for other" in other.reason) == ("refused", True)
        assert running(bridge) == []
