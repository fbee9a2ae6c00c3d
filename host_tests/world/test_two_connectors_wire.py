"""Two connectors as the bridge sees them: messages, commands, and the supply that they share."""

import json
from itertools import pairwise

import pytest
from twin_bench import (
    BOTH,
    GREETED_S,
    active,
    charge,
    charging,
    connector,
    limit_site,
    meter_wh,
    of,
    plug,
    stopped,
    tell,
)

from rig import rig

BOARD = "esp32s3_twin"


def state(r):
    """The full state's connectors by number."""
    r.station.report.refresh()
    return {each["id"]: each for each in json.loads(r.station.report.state())["connectors"]}


def test_hello_state_and_live_values_name_both():
    async def story(r):
        hello = json.loads(r.station.report.hello())
        assert [each["id"] for each in hello["connectors"]] == [1, 2]
        r.world.outlet(2).vehicle.max_ma = 10_000
        await charge(r, *BOTH)
        await r.run(5000)
        told = state(r)
        for number in BOTH:
            assert told[number]["status"] == "charging"
            assert told[number]["tx"].endswith("-%d" % connector(r, number).session.tx.tx)
            assert told[number]["wh"] <= meter_wh(r, number)
        assert told[1]["w"] > 2 * told[2]["w"] > 0
        heard = {1: [], 2: []}
        for _ in range(300):
            await r.run(100)
            data = r.station.report.meter()
            if data:
                message = json.loads(data)
                heard[message.get("c", 1)].append((r.now_ms, message["ma"][0]))
        for number, most_ma in ((1, 32_000), (2, 10_000)):
            moments = [ms for ms, _ma in heard[number]]
            assert len(moments) in (5, 6, 7)
            # Neither waits for the other
            gaps_ms = [b - a for a, b in pairwise(moments)]
            assert all(4500 <= gap_ms <= 5500 for gap_ms in gaps_ms), gaps_ms
            assert all(abs(ma - most_ma) < 200 for _ms, ma in heard[number][1:])
        await stopped(r, 1)
        told = state(r)
        assert (told[1]["status"], told[2]["status"]) == ("finishing", "charging")
        assert "tx" not in told[1]
        assert r.station.report.task_note == ""

    with rig(board=BOARD) as r:
        r.play(story)


def test_a_change_at_either_is_told_once_for_both():
    async def story(r):
        await r.run(3000)
        r.station.report.refresh()
        assert r.station.report.state()
        assert r.station.report.state() is None
        await plug(r, 2)
        assert r.station.report.state() is None
        await r.run(1100)
        told = json.loads(r.station.report.state())["connectors"]
        assert [each["status"] for each in told] == ["available", "preparing"]
        assert r.station.report.state() is None

    with rig(board=BOARD) as r:
        r.play(story)


def test_remote_start_and_stop_mean_one_connector():
    async def story(r):
        now_s = GREETED_S
        r.greet(now_s)
        await plug(r, *BOTH)
        assert tell(r, "start", now_s + 1, connector=2, ref="X", by="a") == ("accepted", "")
        assert tell(r, "start", now_s + 2, connector=2, ref="Y", by="a") == ("refused", "busy")
        assert tell(r, "start", now_s + 3, connector=3, ref="Z", by="a") == (
            "refused",
            "no_connector",
        )
        await r.until(lambda: charging(r, 2))
        assert connector(r, 1).session.tx is None
        assert tell(r, "stop", now_s + 4, connector=1, ref="X") == ("refused", "no_transaction")
        assert tell(r, "start", now_s + 5, connector=1, ref="W", by="b") == ("accepted", "")
        await r.until(lambda: charging(r, 1))
        # The ref is looked for at the connector that the command names
        assert tell(r, "stop", now_s + 6, connector=1, ref="X") == ("refused", "other_transaction")
        assert tell(r, "stop", now_s + 7, connector=2, ref="X") == ("accepted", "")
        await r.until(lambda: connector(r, 2).session.tx is None, 20_000)
        assert charging(r, 1)
        assert of(r, 2, "tx_stop")[0]["reason"] == "remote"
        assert tell(r, "stop", now_s + 8, connector=1, ref="W") == ("accepted", "")
        await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
        assert [x["c"] for x in r.records("tx_start", "tx_stop")] == [2, 1, 2, 1]

    with rig(board=BOARD) as r:
        r.play(story)


class Watch:
    """After every step of the station: what both offer by duty, and what flows in the world."""

    def __init__(self, r, total_a10):
        self.total_a10 = total_a10
        self.worst_ma = 0
        self.worst_flow_ma = 0
        self.waits = []  # (us, what each offers in mA) at each change
        step = r.station._step
        clock = r.world.clock

        def watched(dt_ms):
            step(dt_ms)
            offers = [connector(r, number).loop.offered_ma for number in BOTH]
            flow_ma = sum(r.world.outlet(number).load.current_ma(clock.now_us) for number in BOTH)
            self.worst_ma = max(self.worst_ma, sum(offers))
            self.worst_flow_ma = max(self.worst_flow_ma, flow_ma)
            if not self.waits or self.waits[-1][1] != offers:
                self.waits.append((clock.now_us, offers))

        r.station._step = watched


@pytest.mark.parametrize("holder", ["site", "supply"])
def test_newcomer_waits_until_the_first_has_come_down(holder, record_property):
    async def story(r):
        if holder == "site":
            r.greet(GREETED_S)
            limit_site(r, 300)
        watch = Watch(r, 300)
        await charge(r, 2)
        await r.run(5000)
        # Alone: 30 A of the 32 A
        assert state(r)[2]["limit_a10"] == 300
        assert state(r)[2]["limit_by"] == holder
        began_us = r.world.clock.now_us
        await charge(r, 1)
        await r.run(8000)
        told = state(r)
        for number in BOTH:
            assert (told[number]["limit_a10"], told[number]["limit_by"]) == (150, holder)
            assert abs(connector(r, number).loop.register.ma[0] - 15_000) < 200
        lowered_us = next(us for us, offers in watch.waits if us > began_us and offers[1] < 20_000)
        offered_us = next(us for us, offers in watch.waits if us > began_us and offers[0])
        # The one that goes gives back what it had, in time
        await stopped(r, 2)
        await r.run(8000)
        assert connector(r, 1).loop.limits.offered_a10() == 300
        assert watch.worst_ma <= 30_000
        assert watch.worst_flow_ma <= 30_000
        return offered_us - lowered_us

    settings = {"site": "S"} if holder == "site" else {"supply_a10": 300}
    with rig(board=BOARD) as r:
        waited_us = r.play(story, settings)
    assert waited_us >= 6_000_000
    record_property("figure", f"{holder}: newcomer waited {waited_us / 1e6:.1f} s for the first")


def test_too_little_for_two_serves_the_first_and_the_other_waits_for_it():
    async def story(r):
        watch = Watch(r, 100)
        await charge(r, 1)
        await plug(r, 2)
        assert r.station.authorize_local(2) == ""
        # Longer than a start may take: the wait is the station's, not the vehicle's
        await r.run(15_000)
        assert r.station.connector_status(2) == "preparing"
        assert state(r)[2]["limit_by"] == "supply"
        assert charging(r, 1)
        await stopped(r, 1)
        await r.until(lambda: charging(r, 2), 30_000)
        assert watch.worst_ma <= 10_000
        assert watch.worst_flow_ma <= 10_000

    with rig(board=BOARD) as r:
        r.play(story, {"supply_a10": 100, "start_timeout_s": 10})


def test_site_limit_that_falls_lowers_both_and_one_that_runs_out_leaves_the_fallback():
    async def story(r):
        r.greet(GREETED_S)
        limit_site(r, 640)
        await charge(r, *BOTH)
        assert [state(r)[number].get("limit_by") for number in BOTH] == [None, None]
        limit_site(r, 200, ttl_s=20)
        await r.run(100)
        offers = [connector(r, number).loop.offered_ma // 100 for number in BOTH]
        assert offers == [99, 99]
        await r.run(21_000)
        # 6 A for both of them: who came first has it
        assert sorted(connector(r, number).loop.offered_ma // 100 for number in BOTH) == [0, 60]
        assert state(r)[1]["limit_by"] == state(r)[2]["limit_by"] == "site"
        limit_site(r, 50)
        await r.run(9000)
        assert not any(r.world.outlet(number).contactor.closed for number in BOTH)
        assert all(connector(r, number).session.tx for number in BOTH)

    with rig(board=BOARD) as r:
        r.play(story, {"site": "S"})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"meter_address_2": "210012345678"}, "meter_address_2: 210012345678 is the first EVSE's"),
        (
            {"meter_model": "sdm630", "meter_address_2": "000000000001"},
            "meter_address_2: 1 is the first EVSE's",
        ),
        (
            {"meter_model": "sdm630", "meter_address_2": "000000000300"},
            "meter_address: unit 300, allowed 1..247",
        ),
    ],
)
def test_one_meter_never_bills_two_connectors(settings, sentence):
    async def story(r):
        await r.run(5000)
        assert "settings_invalid" in active(r, 1)
        assert any(sentence in note for note in r.station.report.notes), r.station.report.notes
        await plug(r, 1)
        r.world.outlet(2).vehicle.plug()
        await r.run(1000)
        assert "meter_lost" in active(r, 2)
        assert r.station.authorize_local(2) == "fault"
        await charge(r, 1)
        assert "task_failed" not in active(r, 1)

    with rig(board=BOARD) as r:
        r.play(story, settings)
