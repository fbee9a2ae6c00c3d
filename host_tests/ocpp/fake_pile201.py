"""One pile as StationServices has it, for the 2.0.1 station: it notes what it is asked."""

from pilebridge.commands import Reply
from pilebridge.model import Connector, ConnectorState
from pilebridge.station_services import Period

PILE = "P-0001"
ACCEPTED = Reply("accepted", "")


class FakeServices:
    """One pile: notes what it is asked, and answers from `replies`."""

    def __init__(self, evses=2, phases=1, volts=220):
        self.pile = PILE
        self.connectors = [
            Connector("S1", PILE, n, f"C{n}", f"E{n}", "socket", 320, volts, phases, 7000)
            for n in range(1, evses + 1)
        ]
        self.states = {c.number: ConnectorState("available") for c in self.connectors}
        self.hello = {"firmware": "0.1.0", "board": "devkitc", "life": "a55a41c3", "boot": 7}
        self.reachable = True
        self.asked = []
        self.replies = {}
        self.settings = {
            "start_timeout_s": 60,
            "sample_interval_s": 60,
            "resume": True,
            "pre_authorize": False,
        }
        self.installed = {}
        self.local = (0, [])
        self.curve = [Period(0, 160)]
        self.room = 1000

    def _reply(self, name, *arguments):
        self.asked.append((name, *arguments))
        return self.replies.get(name, ACCEPTED)

    def of(self, name):
        """Arguments of each time that `name` was asked."""
        return [tuple(each[1:]) for each in self.asked if each[0] == name]

    def state(self, number):
        return self.states[number]

    def holder(self, number):
        return "another" if self.states[number].tx else ""

    async def start(self, number, ref, by, token=""):
        return self._reply("start", number, ref, by, token)

    async def stop(self, number, ref, reason="remote"):
        return self._reply("stop", number, ref, reason)

    async def unlock(self, number):
        return self._reply("unlock", number)

    async def set_availability(self, number, operative):
        return self._reply("set_availability", number, operative)

    async def reset(self, hard):
        return self._reply("reset", hard)

    async def reserve(self, reservation):
        return self._reply("reserve", reservation)

    async def cancel_reservation(self, reservation_id):
        return self._reply("cancel_reservation", reservation_id)

    async def set_profile(self, profile):
        reply = self._reply("set_profile", profile)
        if reply and reply.result == "accepted":
            self.installed[profile.id] = profile
        return reply

    async def clear_profiles(self, ids):
        self.asked.append(("clear_profiles", tuple(ids)))
        return len([self.installed.pop(each) for each in ids if each in self.installed])

    def profiles(self):
        return list(self.installed.values())

    def composite(self, number, start_utc, duration_s):
        self.asked.append(("composite", number, start_utc, duration_s))
        return self.curve

    def token_version(self):
        return self.local[0]

    def tokens(self):
        return self.local[1]

    async def set_tokens(self, version, entries):
        if len(entries) > self.room:
            return False
        self.local = (version, list(entries))
        return True

    async def clear_cache(self):
        return self._reply("clear_cache")

    async def read_settings(self, keys):
        assert 1 <= len(keys) <= 8
        if not self.reachable:
            return None
        return {key: self.settings[key] for key in keys if key in self.settings}

    async def write_setting(self, key, value):
        reply = self._reply("write_setting", key, value)
        if reply and reply.result == "accepted":
            self.settings[key] = value
        return reply

    async def report(self):
        return self._reply("report")

    async def update(self, bundle):
        return self._reply("update", bundle)
