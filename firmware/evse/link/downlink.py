"""What comes down: decoded, counted, handed on; answers wait here until the uplink sends them."""

from ..core import messages
from ..core.messages import ProtocolError

# More answers than this are not owed to anybody who behaves
_MOST_REPLIES = 8


class Downlink:
    """Hands messages to `commands`.handle(message) -> reply, and to `remote`: acknowledged(message),
    chunk(payload), site_limit(a10, utc_s, ttl_s). `updates`: messages on how far an update is.

    `remote`.command_mac() is the key that commands and acks must be signed with, None for a pile without one.
    """

    def __init__(self, station_id, site, counts, commands, remote):
        self.replies = []
        self.updates = []
        self.asking = None  # a question about a card
        self.counts = counts
        # Commands, acks, and the limit where there is a site
        self.topics = [messages.topic(station_id, name) for name in messages.DOWN_TOPICS[:2]]
        if site:
            self.topics.append(messages.site_topic(site))
        self._commands = commands
        self._remote = remote

    def receive(self, topic, payload):
        """Take one message; bad ones are counted and, where they name a command, answered.

        `payload` is None for a message too large to be taken.
        """
        if payload is None:
            self.counts["malformed"] += 1
            return
        topics = self.topics
        try:
            if topic == topics[0]:
                if self._is_signed(topic, payload):
                    self._command(payload)
            elif topic == topics[1]:
                if self._is_signed(topic, payload):
                    self._remote.acknowledged(messages.decode("ack", payload))
            elif topic in topics:
                message = messages.decode("limit", payload)
                self._remote.site_limit(message["a10"], message["utc"], message["ttl_s"])
            elif topic[-6:] == "/chunk":
                self._remote.chunk(payload)
            else:
                self.counts["unknown"] += 1
        except ProtocolError:
            self.counts["malformed"] += 1

    def _is_signed(self, topic, payload):
        mac = self._remote.command_mac()
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
                self.answer({"id": command_id, "result": "malformed", "reason": str(error)[:64]})
            return
        self.answer(self._commands.handle(message))

    def answer(self, reply):
        """Send a reply; None is one that comes later."""
        if reply and len(self.replies) < _MOST_REPLIES:
            self.replies.append(messages.encode(reply))
