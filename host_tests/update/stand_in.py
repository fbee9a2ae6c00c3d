"""A pile of files alone: the loader's choice and the real update in place of a whole station. Both interpreters.

It works in the current folder. The bridge answers each `fetch` at once, as far as its `answer` lets it.
"""

import asyncio
import sys
from binascii import unhexlify


class Restart(BaseException):
    """The pile restarts."""


class _Chip:
    WDT = Pin = None

    def __init__(self, timeout=0):
        pass


_Chip.WDT = _Chip
_Chip.Pin = _Chip


def prepare(modulus):
    """Let the firmware be imported with this key; nobody waits for anything."""
    key = type(sys)("evse.core.update_key") if sys.implementation.name == "cpython" else _Chip()
    key.HAS_KEY, key.MODULUS = True, modulus
    sys.modules["evse.core.update_key"] = key
    sys.modules.setdefault("machine", _Chip)
    sleep = asyncio.sleep

    def at_once(_ms):
        return sleep(0)

    asyncio.sleep_ms = at_once


class Station:
    """What the update asks of a station."""

    class board:  # noqa: N801 - it is an object there
        NAME = "devkitc"

        class chip:  # noqa: N801
            def reset(self):
                raise Restart

    def __init__(self):
        from evse.control.stall_permit import StallPermit

        self.permit = StallPermit()
        self.console = self.downlink = self.uplink = self.keys = self.clock = self.report = (
            self.remote
        ) = self
        self.connectors = {}
        self.updates = []  # of the downlink
        self.notes = []
        self.online = True
        self.secret = b"s"
        self.up_s = 0

    def say(self, text, *values):
        assert not values or text % values

    def flush(self):
        pass

    def ask_time(self):
        pass


class Bridge:
    """Sends a bundle; `heard` are the messages that came up. `answer(offset, chunks)` gives what is sent."""

    def __init__(self, bundle, named, answer=None):
        self.bundle = bundle
        self.named = named
        self.heard = []
        self._answer = answer

    def phases(self):
        """Phases heard, each once in a row."""
        found = []
        for message in self.heard:
            if found[-1:] != [message["phase"]]:
                found.append(message["phase"])
        return found

    async def serve(self, messages, updates):
        """Answer for ever."""
        from evse.core import chunks

        while True:
            while messages:
                message = messages.pop(0)
                self.heard.append(message)
                if message["phase"] != "fetch" or message["bundle"] != self.named:
                    continue
                at = message["from"]
                sent = []
                for _ in range(chunks.BURST):
                    data = self.bundle[at : at + chunks.MOST_BYTES]
                    if data:
                        sent.append(chunks.encode(unhexlify(self.named), at, data))
                    at += len(data)
                for payload in self._answer(message["from"], sent) if self._answer else sent:
                    if updates.worker:
                        updates.worker.chunk(payload)
                    await asyncio.sleep(0)
            await asyncio.sleep(0)


def start(bridge, order=False, well=True):
    """One start of the pile up to the next or until nothing is to be done; the Updates, None for a restart.

    `order`: the bridge has sent the command; `well`: it answers this pile, else ten minutes have passed.
    """
    import slots

    from evse.app.updates import Updates

    state = slots.choose()
    assert state is not None, "no slot is whole"
    sys.path.insert(0, "/" + state["slot"])
    try:
        station = Station()
        told = station.updates
        updates = Updates(station)
        station.online = well
        station.up_s = 0 if well else 600
        if order and not bridge.named.startswith(updates.running) and not updates.job:
            assert updates.ask(bridge.named, len(bridge.bundle)) == ""
        _run(_work(station, told, updates, bridge))
        return updates
    except Restart:
        return None
    finally:
        sys.path.pop(0)


async def _work(station, told, updates, bridge):
    station.updates = updates
    station.downlink = _Downlink(told)
    serving = asyncio.create_task(bridge.serve(told, updates))
    try:
        from evse.app.update import carry_out

        while updates.job:
            await carry_out(station)
    finally:
        while told:
            bridge.heard.append(told.pop(0))
        serving.cancel()


class _Downlink:
    def __init__(self, updates):
        self.updates = updates


def _run(work):
    if sys.implementation.name != "cpython":
        asyncio.new_event_loop()
    asyncio.run(work)


def live(bridge, order=False, most=8, well=True):
    """Start the pile until it has nothing to do any more; the Updates."""
    for _ in range(most):
        found = start(bridge, order, well)
        if found:
            return found
    raise AssertionError("it restarts for ever: %r" % bridge.heard)
