"""Reservations: a connector, or any one, is kept for a card or its group until its time is over."""

from ..core import token_list

MOST = 4


class Reservations:
    """Works on `held`.reservations: [id, connector, token, until_utc, group]."""

    def __init__(self, station, held):
        self._stored = held
        self._station = station

    def reserve(self, args):
        """Keep a connector; "" or the reason of the refusal. One of the same id is replaced."""
        station, number = self._station, args["connector"]
        if number and number not in station.connectors:
            return "no_connector"
        mine = args["id"]
        others = [each for each in self._held() if each[0] != mine]
        refusal = ""
        for each, connector in station.connectors.items():
            if number in (0, each):
                refusal = self._refusal(connector, each, others)
                if not refusal:
                    break
        if not refusal and len(others) >= MOST:
            refusal = "full"
        if not refusal:
            kept = [mine, number, args["token"], args["until_utc"], args.get("group", "")]
            self._hold(others + [kept])
        return refusal

    def cancel(self, reservation):
        """Give one up; "" or the reason of the refusal."""
        held = self._held()
        left = [each for each in held if each[0] != reservation]
        if len(left) == len(held):
            return "no_reservation"
        self._hold(left)
        return ""

    def bars(self, number, token):
        """True when this connector is kept for another token; "" is nobody's."""
        return self._kept(number, [each for each in self._held() if not self._fits(each, token)])

    def take(self, number, token):
        """A transaction begins: it uses up what was kept for it."""
        for place in (number, 0):
            for each in self._held():
                if each[1] == place and self._fits(each, token):
                    self._hold([other for other in self._held() if other is not each])
                    return

    def holds(self, number):
        """True when this connector is kept for anybody."""
        return bool(self._held()) and self._kept(number, self._held())

    def step(self):
        """Let those go whose time is over; without a clock nobody knows, and they stay."""
        utc = self._station.clock.utc_s()
        held = self._held()
        if held and utc is not None:
            left = [each for each in held if utc < each[3]]
            if len(left) != len(held):
                self._hold(left)

    def _held(self):
        return self._stored.reservations

    def _hold(self, reservations):
        self._stored.reservations, self._stored.changed = reservations, True
        for connector in self._station.connectors.values():
            connector.loop.changed = True

    def _refusal(self, connector, number, others):
        status = connector.loop.status(connector.session.phase)
        if status in ("faulted", "unavailable"):
            return "fault" if status == "faulted" else "unavailable"
        if status != "available" or connector.session.running:
            return "occupied"
        # What is kept for anybody's choice counts as well
        return "reserved" if self._kept(number, others) else ""

    def _kept(self, number, reservations):
        """True when one is for this connector, or as many for any one as there are left."""
        places = [each[1] for each in reservations]
        anywhere = places.count(0)
        for other, connector in self._station.connectors.items():
            loop = connector.loop
            is_left = loop.in_service and not connector.session.running and not loop.blocking()
            anywhere -= is_left and other not in places
        return number in places or (0 in places and anywhere >= 0)

    def _fits(self, reservation, token):
        if not token:
            return False
        if reservation[2].upper() == token.upper():
            return True
        known = self._stored.known(token) if reservation[4] else None
        return bool(known) and known[1] == token_list.group_key(reservation[4])
