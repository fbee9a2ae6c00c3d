"""A pile with the firmware's own queue of records and the rules of its station, for tests."""

import json

from bridge.fake_platform import until
from bridge.fakes import PILE, T0
from evse.core import messages
from evse.core.outbox import Outbox

RESERVED = 100_000


class OutboxPile:
    """The firmware's Outbox with the rules of its station: greet, renumber, send, free."""

    def __init__(self, link, boot, life="a", anchored=True):
        self.link = link
        self.boot = boot
        self.life = life
        self.outbox = Outbox(200, boot * RESERVED + 1, anchored)
        self.asked = 0
        self.answers = None
        self.clock_known = False
        self.online = False
        self.count = 0
        link.pile = self

    def charge(self, number):
        """The records of one whole charge, in memory only."""
        tx = f"{self.life}-{self.boot}-{number}"
        self._record("tx_start", tx=tx, ref="", by="local")
        self._record("tx_charging", tx=tx)
        self._record("tx_stop", wh=2000, tx=tx, ref="", reason="local", fault="")

    def start(self):
        """What every start records, the same in every life."""
        self._record("boot", c=0, wh=None, cause="power_on")

    def _record(self, kind, **fields):
        self.count += 1
        utc = T0 + self.count if self.clock_known else None
        base = {"kind": kind, "boot": self.boot, "up": self.count, "utc": utc, "c": 1, "wh": 1000}
        self.outbox.append({**base, **fields})

    def on_down(self, topic, payload):
        if topic.endswith("/command"):
            self.asked += 1
            if self.answers:
                reply = {"id": json.loads(payload)["id"], "result": self.answers, "reason": ""}
                self.say("reply", reply)
                if self.answers == "accepted":
                    self.state()
            return
        upto = messages.decode("ack", payload)["upto"]
        renumbered = not self.online and self.outbox.rebase(upto)
        if not renumbered and upto < self.outbox.next_seq:
            self.outbox.acknowledge(upto)
        self.online = self.clock_known = True

    def say(self, name, body):
        self.link.up(messages.topic(PILE, name), messages.encode(body), True)

    def state(self):
        connector = {
            "id": 1,
            "status": "available",
            "cp": "A1",
            "faults": [],
            "limit_a10": 320,
            "limit_by": "rated",
        }
        utc = T0 if self.clock_known else None
        body = {"boot": self.boot, "up": 1, "utc": utc, "connectors": [connector]}
        self.say("state", {**body, "notes": [], "counts": {}})

    def hello(self):
        body = {"firmware": "0", "python": "0", "board": "b", "profile": "p", "site": ""}
        self.say("hello", {**body, "boot": self.boot, "connectors": [{"id": 1}]})

    async def connect(self, state=True):
        """Greet until the bridge answers."""
        self.online = False
        self.hello()
        if state:
            self.state()
        await until(lambda: self.online)

    async def drain(self):
        """Send until nothing is left; fails when the bridge does not take it."""
        while len(self.outbox):
            encoded, _ = self.outbox.batch(900, messages.encode_record)
            left = len(self.outbox)
            payload = messages.encode_journal(encoded)
            await self.link.application.hub.link.on_message(
                messages.topic(PILE, "journal"), payload, False
            )
            await until(lambda left=left: len(self.outbox) < left, 0.3, f"{left} are not taken")
