"""Runs a story in a forked child of the pile: the parent stands still, the child is thrown away.

A child is fully determined by the parent's state and its seed, so the worst one can be run again.
"""

import asyncio
import json
import os
import random
import signal
import traceback

from conformance.moment import Moment
from conformance.recorder import Recorder
from conformance.row import FAST

_REAL_TIMEOUT_S = 120
# Of rows with many moments every so many is complete, and of all rows every so many is thorough
_COMPLETE = 4
_THOROUGH = 256


async def run_child(r, row, number, seed, recorded=False):
    """{"value", "contacts_us", "wrong", "trace"} of one moment of a row."""
    read_fd, write_fd = os.pipe()
    loop = asyncio.get_running_loop()
    pid = os.fork()
    if pid == 0:
        try:
            # CPython forgets the running loop in a forked child
            asyncio._set_running_loop(loop)
            signal.alarm(_REAL_TIMEOUT_S)
            os.close(read_fd)
            result = await _measure(r, row, number, seed, recorded)
            with os.fdopen(write_fd, "w") as pipe:
                json.dump(result, pipe)
        finally:
            # Nothing of the parent's ending may run here: no finally block, no flush, no exit hook
            os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd) as pipe:
        text = pipe.read()
    _pid, status = os.waitpid(pid, 0)  # noqa: ASYNC222 - the parent's time must stand still
    if not text:
        return _failed("the child ended with status %d" % status)
    return json.loads(text)


async def _measure(r, row, number, seed, recorded):
    rng = random.Random(seed)
    # Noise of its own, or every child would meet the same samples
    r.world.line._random.state = rng.getrandbits(31)
    complete = row.phases < FAST or number % _COMPLETE == 0
    moment = Moment(r, rng, complete, number % _THOROUGH == 0)
    closed = r.world.contactor.closed
    recorder = Recorder(r.world) if recorded else None
    try:
        value = await row.story(moment)
    except AssertionError as error:
        return _failed(str(error))
    except BaseException:
        return _failed(traceback.format_exc())
    return {
        "value": value,
        "contacts_us": moment.contacts_us if closed else None,
        "wrong": "; ".join(moment.wrong),
        "trace": recorder.trace(moment.event_us, value) if recorder else None,
    }


def _failed(text):
    return {"value": None, "contacts_us": None, "wrong": text, "trace": None}
