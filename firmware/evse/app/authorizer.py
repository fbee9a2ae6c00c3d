"""Judges a card that the settings do not know: local list and cache, the bridge, the rules for being alone."""

from micropython import const

from ..core import messages, token_list

_MOST_CACHED = const(16)


class Authorizer:
    """One card at a time; a later one takes its place."""

    def __init__(self, station, settings):
        self._station = station
        self._patience_ms = settings["authorization_patience_s"] * 1000
        self._pre = settings["pre_authorize"]
        self._unknown = settings["allow_unknown_offline"]
        self._ask = 0
        self._token = ""
        self._left_ms = 0
        self._verdict = None

    def begin(self, token):
        """Find out about a card; step() tells the verdict."""
        self._token, self._verdict, self._left_ms = token, None, 0
        known = self._station.held.known(token)
        if self._pre and known and known[0] == "accepted":
            self._verdict = known
        elif self._station.uplink.online:
            self._ask = self._ask % 0xFFFF + 1
            self._left_ms = self._patience_ms
            asked = {"ask": self._ask, "token": token, "connector": 0}
            self._station.downlink.asking = messages.encode(asked)
        else:
            self._alone()

    def answered(self, args):
        """The bridge's verdict. One that came too late is kept for the next time only."""
        if args["status"] not in token_list.STATUSES:
            raise messages.ProtocolError("status", "unknown")
        if args["ask"] != self._ask or not self._token:
            return
        group, status = args.get("group", ""), args["status"]
        held = self._station.held
        new = token_list.entry(self._token, status, args.get("until_utc", 0), group)
        if held.cache[: len(new)] != new:
            held.cache = token_list.remembered(held.cache, new, _MOST_CACHED)
            held.changed = True
        if self._left_ms > 0:
            self._verdict = status, token_list.group_key(group)

    def is_of(self, token, group):
        """True when a card is of this group, by its key."""
        if group == token_list.NO_GROUP:
            return False
        known = self._station.held.known(token)
        return bool(known) and known[1] == group

    def step(self, dt_ms):
        """(token, status, group key) once there is a verdict, else None."""
        if self._left_ms > 0:
            self._left_ms -= dt_ms
            if self._left_ms <= 0 and not self._verdict:
                self._alone()
        if not self._verdict:
            return None
        status, group = self._verdict
        self._verdict, self._left_ms = None, 0
        return self._token, status, group

    def _alone(self):
        # The list before the cache; what is known and not accepted stays refused
        known = self._station.held.known(self._token)
        if not known:
            known = ("accepted" if self._unknown else "unknown"), token_list.NO_GROUP
        self._verdict = known
