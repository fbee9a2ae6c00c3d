"""A person at the simulated serial port: types, and reads what comes. A character takes a UART's time."""

import contextlib
import json

from pilesim import current

US_A_CHARACTER = 87


class SlowPort:
    """stdout of a pile: each write holds the interpreter as a UART of 115200 baud does."""

    def __init__(self):
        self.text = ""
        self.longest = 0  # characters of one write

    def write(self, text):
        self.text += text
        self.longest = max(self.longest, len(text))
        current.clock.advance(US_A_CHARACTER * len(text))

    def flush(self):
        """Nothing waits here."""


class Typist:
    """Types at the port of a Rig that plays."""

    def __init__(self, rig, port):
        self.rig = rig
        self.port = port

    async def type(self, data, wait_ms=0):
        """Bytes, or a line with its end."""
        if isinstance(data, str):
            data = data.encode() + b"\r"
        self.rig.world.serial.type(data)
        await self.rig.run(wait_ms)

    async def lines(self, line, most_ms=20000):
        """The lines that come after a typed one, until the port has been silent for a second."""
        begin = len(self.port.text)
        await self.type(line)
        waited_ms, size = 0, -1
        while waited_ms < most_ms and len(self.port.text) != size:
            size = len(self.port.text)
            await self.rig.run(1000)
            waited_ms += 1000
        found = self.port.text[begin:].splitlines()
        return [text for text in found if text not in (line, "") and not text.startswith("[")]

    async def ask(self, line, most_ms=20000):
        """The one line of JSON that a program gets."""
        begin = len(self.port.text)
        await self.type(line + " --json")

        def found():
            whole = self.port.text[begin:].rpartition("\n")[0].splitlines()
            return [text for text in whole if text[:1] == "{"]

        await self.rig.until(found, most_ms)
        await self.rig.run(100)
        assert len(found()) == 1, found()
        return json.loads(found()[0])


@contextlib.contextmanager
def port():
    """A SlowPort in place of stdout."""
    slow = SlowPort()
    with contextlib.redirect_stdout(slow):
        yield slow


def at_the_port(rig, story, settings=None):
    """Play `await story(rig, typist)` with a person at the port; its result."""

    async def play(r):
        # What the station says goes out as on a pile, not to the rig's list alone
        del r.station.console.say, r.station.console.remark
        await r.run(3000)
        return await story(r, Typist(r, slow))

    with port() as slow:
        return rig.play(play, settings)
