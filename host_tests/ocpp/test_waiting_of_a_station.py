"""Starts that wait, within the life of a station: told at once, tried when the pile says something, kept over links."""

import pytest
from fake_station import connected

from pilebridge.commands import Reply
from pilebridge.model import ConnectorState
from pilebridge.store import InlineStore


@pytest.fixture
def store(tmp_path):
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    yield store
    store.kill()


async def test_a_start_waits_over_a_lost_link_until_the_pile_says_that_it_is_plugged(
    store, monkeypatch
):
    tries = []

    async def attempt():
        tries.append(services.live.status)
        plugged = services.live.status == "preparing"
        return Reply("accepted", "") if plugged else Reply("refused", "not_plugged")

    async with connected(store, monkeypatch) as (central, platform, services):
        await central.until(
            lambda: central.actions() == ["BootNotification", "StatusNotification"]
        )
        charger = platform.stations["P1"].charger
        assert await charger.waiting_starts.begin(1, "T", attempt) == Reply("accepted", "waits")
        # The connector is looked at again
        await central.until(lambda: central.actions().count("StatusNotification") == 2)
        charger.reconnect()
        await central.until(lambda: central.actions().count("StatusNotification") == 3)
        assert charger.waiting_starts.at(1)
        services.live = ConnectorState(status="preparing")
        platform.on_status(services.connectors[0])
        await central.until(lambda: not charger.waiting_starts.at(1))
        assert tries == ["available", "preparing"]
        await central.until(lambda: central.actions().count("StatusNotification") >= 4)
