"""A pile with two slots that fetches, tries and confirms bundles, and the bundles for it."""

import asyncio
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.fake_pile import PILE, FakePile, MqttPile
from evse.core import chunks, messages

KEY = rsa.generate_private_key(65537, 3072)
BOARD = "devkitc"
SMALL = {"evse/pile.mpy": b"M\x06" + bytes(range(256)) * 4, "data.bin": b"x"}


def bundle(version=(1, 1, 0), board=BOARD, files=SMALL, key=KEY, **changes):
    """Bytes of a signed bundle."""
    rows = [[name, len(data), hashlib.sha256(data).hexdigest()] for name, data in files.items()]
    manifest = {
        "product": "pilelink",
        "board": board,
        "version": list(version),
        "minimum": [1, 0, 0],
        "files": rows,
        **changes,
    }
    text = json.dumps(manifest).encode()
    signature = key.sign(text, padding.PKCS1v15(), SHA256())
    return len(text).to_bytes(4, "big") + text + signature + b"".join(files.values())


def id_of(stream):
    """Hex id of a bundle's bytes."""
    end = 4 + int.from_bytes(stream[:4], "big")
    return hashlib.sha256(stream[4:end]).hexdigest()


def write_public_key(file, key=KEY):
    """The PEM file that settings and piles know."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.write_bytes(pem)


class UpdatingPile(FakePile):
    """Keeps to docs/wire.md; `stop_at` is the phase it stays in, `lose` are offsets it loses once.

    `fails` is what it says in the place of `confirmed`: (phase, problem).
    """

    def __init__(self, send, secret, name=PILE):
        super().__init__(send, secret, name)
        self.version, self.previous, self.on_trial = "1.0.0", "", False
        self.board = BOARD
        self.wanted = None
        self.data = bytearray()
        self.got = []
        self.asked = []
        self.said = []
        self.begun = 0
        self.lose = set()
        self.stop_at = self.fails = None
        self.again_s = 0.2
        self.timer = None

    def hello(self):
        update = {"slot": "a", "version": self.version, "trial": self.on_trial}
        return {
            **super().hello(),
            "board": self.board,
            "update": {**update, "previous": self.previous},
        }

    def on_down(self, topic, payload):
        if topic.endswith("/chunk"):
            self.on_chunk(payload)
        else:
            super().on_down(topic, payload)

    def act(self, command):
        name, args = command["name"], command["args"]
        if self.answer is None and name == "update":
            return self.order(args["bundle"], args["bytes"])
        if self.answer is None and name == "rollback":
            if not self.previous:
                return {"result": "refused", "reason": "no_previous"}
            self.version, self.previous = self.previous, ""
            self.connect()
        return super().act(command)

    def order(self, wanted, size):
        """Begin, go on, or say that another is under way."""
        if self.wanted and self.wanted[0] != wanted:
            return {"result": "refused", "reason": "busy"}
        if not self.wanted:
            self.wanted, self.data = (wanted, size), bytearray()
            self.begun += 1
            self.fetch()
        return {"result": "accepted", "reason": ""}

    def say(self, phase, problem=""):
        """Tell how far it is; False when it is to stay there."""
        body = {"bundle": self.wanted[0], "phase": phase, "from": len(self.data)}
        self.said.append(phase)
        self.publish("update", messages.encode({**body, "problem": problem}))
        return phase != self.stop_at

    def fetch(self):
        """Ask for what is missing, and again while nothing comes."""
        self.asked.append(len(self.data))
        self.say("fetch")
        self._wait()

    def _wait(self):
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(self.again_s, self._still)

    def _still(self):
        if self.wanted and len(self.data) < self.wanted[1] and self.stop_at != "fetch":
            self.fetch()

    def on_chunk(self, payload):
        taken = chunks.decode(bytes.fromhex(self.wanted[0]), payload) if self.wanted else None
        if taken is None or self.stop_at == "fetch":
            return
        offset, data = taken
        self.got.append(offset)
        if offset in self.lose:
            self.lose.discard(offset)
            return
        if offset != len(self.data):
            return
        self.data += data
        self._wait()
        if len(self.data) == self.wanted[1]:
            self.go_through()
        elif len(self.data) == self.asked[-1] + chunks.BURST * chunks.MOST_BYTES:
            self.fetch()

    def go_through(self):
        """From the last byte to the end of the trial."""
        if not self.say("applying"):
            return
        end = 4 + int.from_bytes(self.data[:4], "big")
        manifest = json.loads(self.data[4:end])
        if self.fails and self.fails[0] == "refused":
            self.end(*self.fails)
            return
        self.previous, self.version = self.version, ".".join(map(str, manifest["version"]))
        self.on_trial = True
        self.connect()
        if self.say("trial"):
            self.end(*(self.fails or ("confirmed",)))

    def end(self, phase, problem=""):
        """The outcome; what was on trial and failed is left."""
        self.on_trial = False
        if phase == "rolled_back":
            self.version, self.previous = self.previous, ""
            self.connect()
        self.say(phase, problem)
        self.wanted = None


class MqttUpdatingPile(MqttPile, UpdatingPile):
    """The same pile on a real broker."""
