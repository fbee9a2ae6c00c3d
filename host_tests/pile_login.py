"""Runs under MicroPython: the firmware's link, logged in at a broker and driven by lines on stdin.

Every line in is JSON, the first one the options; every line out is a word and what it is about. The
end of stdin drops the connection without a word to the broker.
"""

import asyncio
import json
import sys
import time
from binascii import unhexlify

from evse.link.bearer import Bearer
from evse.link.dialer import build_dialer
from evse.link.mqtt import MqttLink


class Permit:
    """A stall permit that keeps how long it was held each time."""

    def __init__(self, energised):
        self.energised = energised
        self.held_us = []
        self._since_us = 0

    def hold(self, reason):
        """As the control's."""
        if self.energised:
            raise OSError(reason + ": refused while energised")
        return self

    def __enter__(self):
        self._since_us = time.ticks_us()

    def __exit__(self, *_exc):
        self.held_us.append(time.ticks_diff(time.ticks_us(), self._since_us))


class Gaps:
    """The longest times between two turns of the loop, in us."""

    def __init__(self, look_ms):
        self.longest_us = 0
        self._look_ms = look_ms

    async def run(self):
        """Watch until cancelled."""
        last_us = time.ticks_us()
        while True:
            await asyncio.sleep_ms(self._look_ms)
            now_us = time.ticks_us()
            self.longest_us = max(self.longest_us, time.ticks_diff(now_us, last_us))
            last_us = now_us


def say(*words):
    """One line out."""
    print(*words)


def dialer_of(options, permit):
    """The Dialer for the link that the options ask for."""
    ca = None
    if options.get("ca"):
        with open(options["ca"], "rb") as file:
            ca = file.read()
    settings = {
        "broker_host": options.get("host", "127.0.0.1"),
        "broker_port": options["port"],
        "link_security": options["kind"],
        "station_id": options["station"],
        "certificate_pause_s": 900,
    }
    dialer = build_dialer(settings, Bearer(None, None, None, None, None), ca, permit, None)
    dialer.security.use(options.get("number", 1), unhexlify(options["secret"]))
    return dialer


async def obey(link, line):
    """One order from stdin."""
    order = json.loads(line)
    if "subscribe" in order:
        await link.subscribe(order["subscribe"])
        say("subscribed", order["subscribe"])
    else:
        topic, payload = order["publish"]
        await link.publish(topic, payload.encode(), order.get("retain", False))
        say("published", topic)


async def until_failure(link):
    """Say why the link ended."""
    await link.run()
    say("lost", link.failure)


async def look_after(link, sending):
    """Send what receiving and watching owe to the broker, while nobody else sends."""
    while True:
        await asyncio.sleep_ms(20)
        try:
            link.watch(20)
        except OSError as error:
            say("lost", error)
            return
        if not sending.locked():
            await link.send()


async def converse(link, stdin):
    """Obey the orders on stdin to their end."""
    sending = asyncio.Lock()
    running = asyncio.create_task(until_failure(link))
    looking = asyncio.create_task(look_after(link, sending))
    while True:
        line = await stdin.readline()
        if not line:
            break
        try:
            async with sending:
                await obey(link, line)
        except OSError as error:
            say("failed", error)
    running.cancel()
    looking.cancel()
    await link.close()


async def main():
    """Log in, say so or why not, then obey."""
    stdin = asyncio.StreamReader(sys.stdin)
    options = json.loads(await stdin.readline())
    permit = Permit(options.get("energised", False))
    dialer = dialer_of(options, permit)
    security = dialer.security
    if security.problem:
        say("refused", security.problem)
        return
    will = options.get("will", "pile/%s/online" % options["station"])
    link = MqttLink(
        options.get("client_id", options["station"]),
        lambda topic, payload: say("got", topic, str(payload, "utf-8")),
        (will, b"0"),
        10,
        security.user,
        security.password,
    )
    # Every turn is looked at only for who wants to know: the process never rests meanwhile
    gaps = Gaps(0 if options.get("gaps") else 1000)
    watching = asyncio.create_task(gaps.run())
    try:
        if options.get("impatient_ms"):
            await asyncio.wait_for_ms(link.connect(dialer.open), options["impatient_ms"])
        else:
            await link.connect(dialer.open)
    except asyncio.TimeoutError:  # noqa: UP041 - of MicroPython
        say("refused", "no link within", options["impatient_ms"], "ms")
        return
    except OSError as error:
        say("refused", error)
        return
    finally:
        watching.cancel()
    say("connected", json.dumps({"held_us": permit.held_us, "gap_us": gaps.longest_us}))
    await converse(link, stdin)


asyncio.run(main())
