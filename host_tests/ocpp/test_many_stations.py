"""Many stations of one process: all let in again after the central system was away, and what each of them costs."""

import asyncio

from fake_station import charge, make_platform, running, taken, told, whole_charge
from scripted_central import Central

from pilebridge.store import InlineStore

STATIONS = 300


async def test_all_come_back_paced_and_nothing_is_lost(tmp_path, monkeypatch, record_property):
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    piles = [f"P{number}" for number in range(STATIONS)]
    loop, before = asyncio.get_running_loop(), len(asyncio.all_tasks())
    central = Central(DataTransfer=taken)
    async with central.serve():
        platform, _ = make_platform(central, store, piles, connect_per_s=400.0)
        async with running(platform, monkeypatch):
            await central.until(lambda: platform.counts()["accepted"] == STATIONS, 20)
            # The server has two tasks for each connection in this process
            tasks = (len(asyncio.all_tasks()) - before) / STATIONS
            central.frames.clear()
            central.status = 503
            for link in central.links.values():
                link.transport.abort()
            await central.until(lambda: platform.counts()["accepted"] == 0)
            for pile in piles:
                await whole_charge(platform, store, charge(pile, f"{pile}-1"), samples=1)
            central.paths.clear()
            central.status = None
            begin_s = loop.time()
            await central.until(lambda: platform.counts()["due"] == 0, 20)
            took_s = loop.time() - begin_s
    store.kill()
    facts = told(central)
    assert len(facts) == len(set(facts)) == 4 * STATIONS
    for pile in piles:
        assert [seq for tx, seq, _, _ in facts if tx == f"{pile}-1"] == [0, 1, 2, 3]
    assert "BootNotification" not in central.actions()
    # 16 at once after a rest, then 400 a second
    assert len(central.paths) <= 400 * took_s + 20
    assert tasks <= 4.1
    record_property("figure", f"OCPP: {STATIONS} stations back in {took_s:.1f} s, 4 facts each")
