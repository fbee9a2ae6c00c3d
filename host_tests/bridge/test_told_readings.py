"""What a platform was told of a running charge is never undercut, whenever the bridge starts again."""

from decimal import Decimal

from bridge.fake_platform import FakePlatform, until
from bridge.fakes import CONNECTOR, LocalApplication, charging_station, running, seq

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}


async def status(client):
    return await client.call("query_equip_charge_status", START)


async def test_a_restart_does_not_step_back_behind_what_was_told(tmp_path):
    async with charging_station(tmp_path, interval_s=50) as (peer, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        pile.state(wh=2345)
        await until(lambda: bridge.hub.live_reading(bridge.hub.connectors[0]).wh == 2345)
        before = await status(client)
        assert before["TotalPower"] == Decimal("1.34")
        config = bridge.config
        # The end of a process: nothing more is written
        rows = bridge.store.read.execute("select wh from told_readings").fetchall()
        assert [row["wh"] for row in rows] == [2345]
    async with (
        FakePlatform().serve() as peer,
        running(LocalApplication(config)) as again,
        peer.calling(again) as client,
    ):
        after = await status(client)
        assert after["TotalPower"] == before["TotalPower"]
        assert after["EndTime"] >= before["EndTime"]
        assert after["ChargeDetails"] == before["ChargeDetails"]
        # The journal alone says less, and so does a reading that comes late
        pile.send, again.link.pile = again.link.up, pile
        pile.state(wh=2200)
        connector = again.hub.connectors[0]
        await until(lambda: again.hub.live_reading(connector))
        assert (await status(client))["TotalPower"] == before["TotalPower"]
        pile.state(wh=2400)
        await until(lambda: again.hub.live_reading(connector).wh == 2400)
        assert (await status(client))["TotalPower"] == Decimal("1.40")
        pile.stop("vehicle")
        await until(lambda: again.assembly.open_transactions == [])
        assert (await status(client))["TotalPower"] == Decimal("1.40")
        table = again.store.read.execute("select count(*) from told_readings")
        assert table.fetchone()[0] == 0


async def test_what_is_told_again_is_not_written_again(tmp_path, monkeypatch):
    async with charging_station(tmp_path, interval_s=50) as (_, bridge, pile, client):
        await client.call("query_start_charge", START)
        pile.charging()
        pile.state(wh=1500)
        await until(lambda: bridge.hub.live_reading(bridge.hub.connectors[0]).wh == 1500)
        await bridge.assembly.settled()
        written = []

        class Counting:
            read = bridge.store.read

            def submit(self, job):
                written.append(job)
                return bridge.store.submit(job)

        monkeypatch.setattr(bridge.assembly._told, "_store", Counting())
        for _ in range(5):
            assert (await status(client))["TotalPower"] == Decimal("0.50")
        assert len(written) == 1
