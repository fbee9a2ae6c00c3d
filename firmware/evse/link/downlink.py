"""What comes down: decoded, counted, handed on; answers wait here until the uplink sends them."""

from ..core import messages
from ..core.messages import ProtocolError

# More answers than this are not owed to anybody who behaves
_MOST_REPLIES = 8


class Downlink:
    """Routes messages to `on_command(message) -> reply`, `on_ack(message)`, `on_limit(a10, utc, ttl_s)`.

    `command_mac()` is the key that commands and acks must be signed with, None for a pile without one.
    """

    def __init__(self, station_id, site, counts, command_mac, on_command, on_ack, on_limit):
        self.replies = []
        self.counts = counts
        self.topics = [messages.topic(station_id, name) for name in messages.DOWN_TOPICS]
        self._command_topic, self._ack_topic = self.topics
        self._limit_topic = messages.site_topic(site)
        if site:
            self.topics.append(self._limit_topic)
        self._command_mac = command_mac
        self._on_command = on_command
        self._on_ack = on_ack
        self._on_limit = on_limit

    def receive(self, topic, payload):
        """Take one message; bad ones are counted and, where they name a command, answered.

        `payload` is None for a message too large to be taken.
        """
        if payload is None:
            self.counts["malformed"] += 1
            return
        try:
            if topic == self._command_topic:
                if self._is_signed(topic, payload):
                    self._command(payload)
            elif topic == self._ack_topic:
                if self._is_signed(topic, payload):
                    self._on_ack(messages.decode("ack", payload))
            elif topic == self._limit_topic:
                message = messages.decode("limit", payload)
                self._on_limit(message["a10"], message["utc"], message["ttl_s"])
            else:
                self.counts["unknown"] += 1
        except ProtocolError:
            self.counts["malformed"] += 1

    def _is_signed(self, topic, payload):
        mac = self._command_mac()
        try:
            if mac is None:
                raise ProtocolError("mac", "no key")
            messages.check_signature(topic, payload, mac)
            return True
        except ProtocolError:
            # Not answered: whoever sent it knows nothing of us
            self.counts["forged"] += 1
            return False

    def _command(self, payload):
        try:
            message = messages.decode("command", payload)
        except ProtocolError as error:
            self.counts["malformed"] += 1
            command_id = messages.salvage_id(payload)
            if command_id:
                self._answer({"id": command_id, "result": "malformed", "reason": str(error)[:64]})
            return
        self._answer(self._on_command(message))

    def _answer(self, reply):
        if len(self.replies) < _MOST_REPLIES:
            self.replies.append(messages.encode(reply))
