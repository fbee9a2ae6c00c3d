"""The starts that wait for a vehicle, for a context of a test."""

import asyncio

from pilebridge.platforms.ocpp.waiting_starts import WaitingStarts


def waiting_starts(services, context):
    """Those of a pile; the context's `looked_at` are the connectors whose status may have changed by them."""
    tasks, context.looked_at = set(), []

    def spawn(work):
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return WaitingStarts("CP-1", services, spawn, context.looked_at.append)


async def plugged(context, number, status="preparing"):
    """A vehicle is plugged in, and what waits for it has its turn."""
    context.services.state(number).status = status
    context.waiting_starts.state_changed(number)
    await turns()


async def turns():
    """Let the tasks that are ready run on."""
    for _ in range(10):
        await asyncio.sleep(0)
