"""Judges a card that the settings do not know: local list and cache, the bridge, the rules for being alone."""

from micropython import const

from ..core import messages, token_list

_MOST_CACHED = const(16)


class Authorizer:
    """One card at a time; a later one takes its place."""

    def __init__(self, operator):
        self._operator = operator
        self._held = operator.held
        self._station = operator.station
        self._ask = 0
        self._token = ""
        self._left_ms = 0
        self._verdict = None

    def begin(self, token):
        """Find out about a card that the settings do not know, and act on it, sooner or later."""
        for number, connector in self._station.connectors.items():
            # A charge that was begun from afar for this card
            if self._operator.token_of(number).upper() == token and self._stop(connector, token):
                return
        self._token, self._verdict, self._left_ms = token, None, 0
        known = self._held.known(token)
        if self._station.settings["pre_authorize"] and known and known[0] == "accepted":
            self._verdict = known
        elif self._station.uplink.online:
            self._ask = self._ask % 0xFFFF + 1
            self._left_ms = self._station.settings["authorization_patience_s"] * 1000
            asked = {"ask": self._ask, "token": token, "connector": 0}
            self._station.downlink.asking = messages.encode(asked)
        else:
            self._alone()

    def answered(self, args):
        """The bridge's verdict. One that came too late is kept for the next time only."""
        if args["status"] not in token_list.STATUSES:
            raise messages.ProtocolError("status", "unknown")
        if args["ask"] != self._ask:
            return
        group, status = args.get("group", ""), args["status"]
        held = self._held
        new = token_list.entry(self._token, status, args.get("until_utc", 0), group)
        if held.cache[: len(new)] != new:
            held.cache = token_list.remembered(held.cache, new, _MOST_CACHED)
            held.changed = True
        if self._left_ms > 0:
            self._verdict = status, token_list.group_key(group)

    def step(self, dt_ms):
        """Advance by `dt_ms`."""
        if self._left_ms > 0:
            self._left_ms -= dt_ms
            if self._left_ms <= 0 and not self._verdict:
                self._alone()
        if self._verdict:
            status, group = self._verdict
            self._verdict, self._left_ms = None, 0
            self._act(self._station.panel.id_tokens, status, group)

    def _act(self, id_tokens, status, group):
        if status != "accepted":
            id_tokens.answer(False, status, self._token)
            return
        if group != token_list.NO_GROUP:
            for number, connector in self._station.connectors.items():
                known = self._held.known(self._operator.token_of(number))
                if known and known[1] == group and self._stop(connector, self._token):
                    return
        id_tokens.accept(self._token)

    def _stop(self, connector, token):
        if connector.session.stop(None, "local"):
            return False
        self._station.panel.id_tokens.answer(True, "stop", token)
        return True

    def _alone(self):
        # The list before the cache; what is known and not accepted stays refused
        known = self._held.known(self._token)
        if not known:
            known = (
                ("accepted" if self._station.settings["allow_unknown_offline"] else "unknown"),
                token_list.NO_GROUP,
            )
        self._verdict = known
