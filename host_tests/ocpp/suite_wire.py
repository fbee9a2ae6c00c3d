"""The way between the firmware's uplink and the bridge's pile link, without a broker."""

import asyncio
import contextlib
import sys

from pilesim import host
from pilesim.standins import machine


class Place:
    """Where the broker stands: one pile's messages go up to the bridge, the bridge's down to it."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.up = True
        self.link = None
        self.resets = 0
        bridge.link.pile = self

    def on_down(self, topic, payload):
        """A message of the bridge."""
        if self.link is not None and topic in self.link.topics:
            self.link.hand_on(topic, payload)

    def cut(self):
        """The pile's way to the broker is gone, until `up` is set again."""
        self.up = False
        if self.link is not None:
            self.link.failure = OSError("the link was cut")


class DirectLink:
    """In place of the firmware's MqttLink; `place` is set while a station runs."""

    place = None

    def __init__(self, _client_id, on_message, will, *_login):
        self.failure = None
        self.topics = []
        self._will = will
        self.hand_on = on_message

    async def connect(self, _open_with):
        if not self.place.up:
            raise OSError("no way to the broker")
        self.place.link = self

    async def subscribe(self, topic, _qos=1):
        self.topics.append(topic)

    async def publish(self, topic, payload, retain=False, _qos=1, **_more):
        if self.failure:
            raise self.failure
        self.place.bridge.link.up(topic, bytes(payload), retain)

    async def send(self):
        pass

    async def run(self):
        await asyncio.Event().wait()

    def watch(self, _dt_ms):
        pass

    async def close(self):
        if self.place.link is self:
            self.place.link = None
            self.place.bridge.link.up(*self._will, True)


@contextlib.contextmanager
def direct():
    """Uplinks of the firmware are DirectLinks, and a reset only stops the link, while the block lasts."""
    # Firmware is imported in a world only
    from evse.link import uplink

    genuine, uplink.MqttLink = uplink.MqttLink, DirectLink
    reset, machine.reset = machine.reset, _resets
    poll, host._Select.poll = host._Select.poll, _Poll
    DirectLink.place = Away()
    try:
        yield
    finally:
        uplink.MqttLink, machine.reset, host._Select.poll = genuine, reset, poll


class _Poll(host._SerialPoll):
    """The firmware's poll of its serial port, and everybody else's of sockets."""

    def register(self, stream, events):
        if stream is sys.stdin:
            return
        self._real = host.select.poll()
        self._real.register(stream, events)

    def poll(self, timeout=None):
        return self._real.poll(timeout)


def _resets():
    # The loop carries the bridge too: the chip stands still until the act is over
    if DirectLink.place.link is not None:
        DirectLink.place.cut()
    DirectLink.place.resets += 1
    raise OSError("the chip starts anew")


class Away:
    """Before there is a bridge."""

    up = False
    link = None
