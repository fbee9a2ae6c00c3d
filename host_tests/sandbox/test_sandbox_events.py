"""Server-sent events: snapshot, changes, slow readers, the end."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import httpx
from fake_operator import FakeOperator
from sandbox_world import World
from tcec_bodies import PLUGGED, UNPLUGGED

from local_server import serving
from sandbox.config import Config
from sandbox.events import Hub
from sandbox.platform import Platform
from sandbox.server import create_app


def parsed(frame: str) -> tuple[str, Any]:
    name, data = frame.strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_stream_begins_with_a_snapshot_and_goes_on_with_changes(world: World) -> None:
    stream = world.platform.hub.stream(world.platform.snapshot)
    assert await anext(stream) == "retry: 2000\n\n"
    assert parsed(await anext(stream))[0] == "bench"
    name, piles = parsed(await anext(stream))
    assert (name, len(piles)) == ("piles", 5)
    body = {"ConnectorStatusInfo": {"ConnectorID": UNPLUGGED, "Status": 2}}
    await world.operator.push("notification_stationStatus", body)
    name, piles = parsed(await anext(stream))
    assert (name, piles[1]["state"]) == ("piles", "occupied")
    seq = await world.started()
    name, charge = parsed(await anext(stream))
    assert (name, charge["seq"], charge["status"]) == ("charge", seq, "starting")
    assert world.platform.hub.listeners == 1
    await stream.aclose()
    assert world.platform.hub.listeners == 0


async def test_new_listener_gets_the_running_charge(world: World) -> None:
    seq = await world.started()
    names = [
        (name, body.get("seq") if name == "charge" else None)
        for name, body in world.platform.snapshot()
    ]
    assert names == [("bench", None), ("piles", None), ("charge", seq)]


async def test_silence_is_filled_with_a_comment() -> None:
    hub = Hub(heartbeat_s=0.01)
    stream = hub.stream(list)
    await anext(stream)
    assert await anext(stream) == ": still here\n\n"
    await stream.aclose()


async def test_slow_reader_is_dropped_and_nobody_waits_for_it() -> None:
    hub = Hub()
    stream = hub.stream(list)
    await anext(stream)
    for number in range(300):
        hub.publish("piles", number)
    assert hub.listeners == 0
    frames = [frame async for frame in stream]
    assert 0 < len(frames) < 300


async def test_close_ends_every_stream_and_later_ones() -> None:
    hub = Hub()
    stream = hub.stream(list)
    await anext(stream)
    hub.close()
    assert [frame async for frame in stream] == []
    assert [frame async for frame in hub.stream(list)] == ["retry: 2000\n\n"]


async def test_text_with_line_breaks_stays_one_frame() -> None:
    hub = Hub()
    stream = hub.stream(lambda: [("piles", "a\n\nevent: forged\ndata: 1")])
    await anext(stream)
    assert parsed(await anext(stream)) == ("piles", "a\n\nevent: forged\ndata: 1")
    await stream.aclose()


def test_events_over_http_and_discovery_by_itself() -> None:
    operator = FakeOperator(time.time)
    with serving(operator.app) as bridge_url:
        platform = Platform(replace(Config(), bridge_url=f"{bridge_url}/evcs/v1"))
        with serving(create_app(platform), platform.hub.close) as url:
            options = {"timeout": 10, "trust_env": False}
            with httpx.stream("GET", f"{url}/api/events", **options) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                name = ""
                for line in response.iter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    if line.startswith("data: ") and name == "piles":
                        piles = json.loads(line.removeprefix("data: "))
                        if any(pile["connector_id"] == PLUGGED for pile in piles):
                            break


async def test_pushed_unknown_connector_makes_the_platform_look_again(world: World) -> None:
    await world.platform.start()
    await asyncio.sleep(0.05)
    before = sum(name == "query_stations_info" for name, _ in world.operator.asked)
    body = {"ConnectorStatusInfo": {"ConnectorID": "31010100099999", "Status": 1}}
    assert (await world.operator.push("notification_stationStatus", body))[0] == 0
    for _ in range(100):
        if sum(name == "query_stations_info" for name, _ in world.operator.asked) > before:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the platform did not look again")
