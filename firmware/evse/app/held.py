"""What the operator has laid down at the pile and a restart must not lose, in one small file."""

from binascii import hexlify, unhexlify

from ..core import token_list
from . import config

# A flash that refuses is not asked at every step
_RETRY_S = 10


class Held:
    """In RAM at once, on file as soon as nothing is energised: set `changed` after each change.

    `profiles` as schedule.py has them, and their `revision`; `tokens` and `cache` as token_list.py has them, and
    `version` of the list; `reservations`: [id, connector, token, until_utc, group]; `inoperative` connectors.
    """

    def __init__(self, station):
        # Who is operated is so from its next start on
        self.changed = True
        self.problem = ""
        self._station = station
        self._due_s = 0
        self.revision = self.version = 0
        self.profiles, self.reservations, self.inoperative = [], [], []
        self.tokens = self.cache = b""
        stored = config.read_json(config.HELD_FILE)
        try:
            if stored is not None:
                self._take(stored)
        except (ValueError, TypeError):
            # The bridge sees by the revision that it has to send everything again
            station.report.notes.append(config.HELD_FILE + ": not as it was written")

    def _take(self, stored):
        revision, profiles, version, tokens, cache, reservations, inoperative = stored
        profiles = [tuple(each[:-1] + [tuple(each[-1])]) for each in profiles]
        self.tokens, self.cache = unhexlify(tokens), unhexlify(cache)
        self.reservations, self.inoperative = list(reservations), list(inoperative)
        self.profiles, self.revision, self.version = profiles, revision, version

    def known(self, token):
        """(status, group key) of a token by the local list, else by the cache, else None."""
        utc = self._station.clock.utc_s()
        return token_list.find(self.tokens, token, utc) or token_list.find(self.cache, token, utc)

    def step(self):
        """Write what has changed, once nothing is energised."""
        station = self._station
        now_s = station.clock.up_s
        if not self.changed or station.permit.energised or now_s < self._due_s:
            return
        told = self.problem
        self.problem = config.write_json(
            config.HELD_FILE,
            [
                self.revision,
                self.profiles,
                self.version,
                str(hexlify(self.tokens), "ascii"),
                str(hexlify(self.cache), "ascii"),
                self.reservations,
                self.inoperative,
            ],
            station.permit,
        )
        self.changed = bool(self.problem)
        if self.problem:
            self._due_s = now_s + _RETRY_S
        if self.problem and self.problem != told:
            station.console.say("%s", self.problem)
