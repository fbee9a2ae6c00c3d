"""A charge of a day that the central system sees nothing of until it is over: told once, in order, in its own time."""

import pytest
from suite_bench import CARD, PILE, T0, bridge_of
from suite_central import CENTRALS
from suite_told import charges

from bridge.book_pile import BookPile
from bridge.fake_platform import until
from rig import SECRET

DAY_S, STEP_S = 86400, 900


class Day:
    """A clock that a test moves, and what a central system was told."""

    def __init__(self, central):
        self.utc = T0
        self.central = central
        self.new = central.version == "ocpp2.0.1"

    def __call__(self):
        return self.utc

    def said(self, action):
        return self.central.said(action)


async def charge(bridge, pile, clock):
    """A whole charge of a day with a sample each quarter of an hour: what was measured, as (time, register)."""
    pile.tx = f"{pile.life}-{pile.seq + 1}"
    pile.journal("tx_start", tx=pile.tx, ref=CARD, by="rfid")
    measured = [(clock.utc, pile.wh)]
    pile.charging()
    for _ in range(DAY_S // STEP_S):
        clock.utc += STEP_S
        pile.wh += 1750
        pile.journal("tx_sample", tx=pile.tx, w=7000)
        measured.append((clock.utc, pile.wh))
        await bridge.assembly.settled()
    clock.utc += 7
    pile.wh += 10
    pile.stop("local")
    measured.append((clock.utc, pile.wh))
    await until(lambda: pile.acked == pile.seq)
    await bridge.assembly.settled()
    return measured


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize("server", CENTRALS)
async def test_offline_day(server, version, tmp_path, record_property):
    record_property("suite", (version, "a_day_offline", server))
    central = CENTRALS[server](version)
    clock = Day(central)
    async with (
        central.serve(clock, {}),
        bridge_of(tmp_path, central, clock, retry_max_s=0.2) as bridge,
    ):
        pile = BookPile(bridge.link.up, SECRET, PILE)
        pile.clock = clock
        bridge.link.pile = pile
        pile.connect()
        charger = bridge.platforms[-1].stations[PILE].charger
        await until(lambda: charger.told_since_utc is not None)
        await central.leave()
        await until(lambda: charger.rpc is None)
        measured = await charge(bridge, pile, clock)
        clock.utc += 3600
        assert charges(clock) == []
        await central.come_back()
        await until(lambda: charger.rpc is not None and not charger.queued(""), 20)
        await central.settle()
        (told,) = charges(clock)
        assert (told.start_utc, told.start_wh) == measured[0]
        assert (told.end_utc, told.end_wh) == measured[-1]
        assert (told.token, told.reason) == (CARD, "Local")
        times = [each for each in told.samples if each not in {measured[0], measured[-1]}]
        assert times == measured[1:-1]
        assert told.again == 0
        assert told.is_in_order
        assert bridge.platforms[-1].counts()["given_up"] == 0
        if clock.new:
            events = clock.said("TransactionEvent")
            assert all(event["offline"] for event in events)
            assert [event["eventType"] for event in events] == [
                "Started", *["Updated"] * (len(events) - 2), "Ended",
            ]  # fmt: skip
        else:
            assert len(clock.said("StartTransaction")) == len(clock.said("StopTransaction")) == 1
    record_property("frames", dict(central.frames()))
    assert central.faults() == []
