"""The bridge's MQTT client: publishes through the link's weather, takes each message until it is committed."""

import asyncio

from .network import Lane

_RECONNECT_S = (0.2, 2.0)


class BridgePort:
    """Stands where pilebridge.mqtt_client.MqttClient stands; belongs to one process of the bridge."""

    def __init__(self, process, broker, weather, random, handler, on_link):
        self.connected = False
        self._process = process
        self._broker = broker
        self._random = random
        self._handler = handler
        self._on_link = on_link
        self._lane = Lane(weather, broker.publish)
        self._weather = weather
        self._lost = None

    def publish(self, topic, payload, retain=False):
        """Publisher: False when there is no broker."""
        if not self.connected or self._process.dead:
            return False
        self._lane.send(topic, payload, retain)
        return True

    async def run(self):
        """Stay attached until the process ends."""
        while True:
            await asyncio.sleep(self._random.uniform(*_RECONNECT_S))
            if self._broker.down:
                continue
            self._lane = Lane(self._weather, self._broker.publish)
            self._lost = asyncio.Event()
            self.connected = True
            self._on_link(True)
            self._broker.attach(self)
            await self._lost.wait()
            self._on_link(False)

    def broker_gone(self):
        """The broker ended the connection."""
        self.connected = False
        self._lane.cut()
        self._broker.bridge = None
        if self._lost is not None:
            self._process.run(self._lost.set)

    def deliver(self, number, topic, payload, retained):
        """A message from the broker; it is told when everything the message carries is committed."""
        if not self._process.dead:
            self._process.spawn(self._take(number, topic, payload, retained))

    async def _take(self, number, topic, payload, retained):
        try:
            await self._handler(topic, payload, retained)
        except Exception as error:
            # As the real client: our own ack frees a journal, not this
            self._process.failed.append("%s: %r" % (topic, error))
        if number is not None:
            self._broker.taken(number)
