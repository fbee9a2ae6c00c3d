"""The least that a websocket client with thousands of stations can be: one call at a time on each, nothing else.

`ocpp_minimal.py URL STATIONS TIMES` with the payload of a MeterValues on stdin: each second every station sends it and
reads the answer, so many times. Says its CPU time for a call and its memory for a station as JSON.
"""

import asyncio
import contextlib
import json
import sys
import time

import msgspec
from process_figures import resident_bytes
from websockets.asyncio.client import connect

_decode, _encode = msgspec.json.decode, msgspec.json.encode
_AT_ONCE = 50


class Station:
    """One connection."""

    def __init__(self, socket):
        self._socket = socket
        self._number = 0

    async def call(self, action, payload):
        """The answer to a call."""
        self._number += 1
        await self._socket.send(_encode((2, str(self._number), action, payload)), text=True)
        frame = _decode(await self._socket.recv())
        assert frame[:2] == [3, str(self._number)]
        return frame[2]


async def connected(url, gate):
    """A station that was let in."""
    async with gate:
        socket = await connect(
            url, subprotocols=["ocpp1.6"], compression=None, proxy=None, ping_interval=None
        )
        station = Station(socket)
        boot = {"chargePointVendor": "PileLink", "chargePointModel": "PileLink"}
        assert (await station.call("BootNotification", boot))["status"] == "Accepted"
        return station


async def beat(station, payload, times):
    """Send at full seconds."""
    for _ in range(times):
        await asyncio.sleep(1 - time.time() % 1)
        await station.call("MeterValues", payload)


async def main(url, stations, times):
    """Measure and say it."""
    payload, gate = json.load(sys.stdin), asyncio.Semaphore(_AT_ONCE)
    before = resident_bytes()
    work = (connected(f"{url}/M{number}", gate) for number in range(stations))
    made = await asyncio.gather(*work)
    memory = (resident_bytes() - before) / stations
    await asyncio.gather(*(station.call("Heartbeat", {}) for station in made))
    began_s = time.process_time()
    await asyncio.gather(*(beat(station, payload, times) for station in made))
    used_s = time.process_time() - began_s
    figures = {"calls": stations * times, "cpu_s": used_s, "station_bytes": round(memory)}
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
