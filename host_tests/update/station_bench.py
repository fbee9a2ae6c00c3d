"""A whole station with slots, and a bridge that sends it a bundle."""

import asyncio
import json
import sys
from binascii import unhexlify

import pytest

from evse.app.modules import forget
from evse.core import chunks, messages, reports
from pilesim.chip import SOFT_RESET, ResetRequest

NOW_S = 1_763_600_000
CHUNK = "pile/P001/chunk"


def start(r, story, slot="a"):
    """One start of the pile from a slot, with its time known and the bridge there."""

    async def whole(r):
        r.greet(NOW_S - 1)
        r.heard = []
        await r.until(lambda: r.station.register.wh is not None)
        # The self-test of the start has no time for a stall
        await r.until(lambda: not r.station.permit.energised)
        return await story(r)

    sys.path.insert(0, "/" + slot)
    try:
        play = r.restart if (r.folder / "settings.json").exists() else r.play
        return play(whole)
    finally:
        sys.path.remove("/" + slot)


def restarted(r, story, slot="a"):
    """A start that ends in a restart by the firmware."""
    with pytest.raises(ResetRequest):
        start(r, story, slot)
    listen(r)
    forget("evse.app.update")
    r.world.replace_chip(SOFT_RESET)


def command(r, name, args, number=0):
    message = {"id": f"{name}:{number}", "name": name, "args": args, "utc": NOW_S, "ttl_s": 30}
    r.station.downlink.receive(*r.signed("command", message))
    return json.loads(r.station.downlink.replies.pop(0))


def order(r, made):
    return command(r, "update", {"bundle": made.id, "bytes": len(made.data)})


def listen(r):
    """What the pile has said since, checked by the wire's table."""
    found = []
    while r.station.downlink.updates:
        payload = messages.encode(r.station.downlink.updates.pop(0))
        message = messages.decode("update", payload, reports.FIELDS)
        assert message["phase"] in reports.UPDATE_PHASES
        found.append(message)
    r.heard += found
    return found


def phases(r):
    found = []
    for message in r.heard:
        if found[-1:] != [message["phase"]]:
            found.append(message["phase"])
    return found


def all_of(_at, sent):
    return sent


def the_first(at, sent):
    return sent if at == 0 else []


async def serve(r, made, until, answer=all_of, within_ms=120000):
    """Be the bridge until the condition holds."""
    end_ms = r.now_ms + within_ms
    while not until():
        assert r.now_ms < end_ms, (r.heard, r.picture())
        for message in listen(r):
            if message["phase"] != "fetch":
                continue
            at, sent = message["from"], []
            for _ in range(chunks.BURST):
                data = made.data[at : at + chunks.MOST_BYTES]
                if data:
                    sent.append(chunks.encode(unhexlify(made.id), at, data))
                at += len(data)
            for payload in answer(message["from"], sent):
                r.station.downlink.receive(CHUNK, payload)
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)


def never():
    return False


def ready(r, made):
    """The pile has unpacked the bundle and restarted into it."""

    async def story(r):
        assert order(r, made)["result"] == "accepted"
        await serve(r, made, never)

    restarted(r, story)
    state = json.loads((r.folder / "slots.json").read_text())
    assert (state["slot"], state["trial"], state["previous"]) == ("b", True, "0.1.0")
    assert not (r.folder / "update.bundle").exists()


async def proved(r):
    """The bridge answers until the pile has said something else than that it is on trial."""
    while not {"confirmed", "refused"} & set(phases(r)):
        listen(r)
        r.station.uplink.online = True
        await asyncio.sleep(0.05)


def hello(r):
    return messages.decode("hello", r.station.report.hello(), reports.FIELDS)["update"]
