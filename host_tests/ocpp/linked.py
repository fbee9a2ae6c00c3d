"""A connection between our calls and a scripted central system, in this process."""

import asyncio
import contextlib

from websockets.asyncio.client import connect

from pilebridge.platforms.ocpp.answers import RpcCounters
from pilebridge.platforms.ocpp.frames import MAX_BYTES
from pilebridge.platforms.ocpp.rpc import Rpc


async def no_answer(_action, _payload):
    return {}


@contextlib.asynccontextmanager
async def linked(central, version="ocpp1.6", answer=no_answer, timeout_s=2.0, identity="P1"):
    """(rpc, counters) with a reader that runs."""
    counters, tasks, news = RpcCounters(), set(), []

    def spawn(work):
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    socket = await connect(
        f"{central.url}/{identity}",
        subprotocols=[version],
        compression=None,
        proxy=None,
        ping_interval=None,
        close_timeout=1,
        max_size=MAX_BYTES,
    )
    rpc = Rpc(
        socket, version, answer, lambda: news.append(1), spawn, counters, identity, timeout_s
    )
    reader = asyncio.create_task(rpc.run())
    await central.until(lambda: identity in central.links)
    try:
        yield rpc, counters
    finally:
        await rpc.close()
        await reader
        for task in tasks:
            task.cancel()
        assert news, "nobody was told of the end"
