"""Answers to stations that both versions share: boot, and whatever needs no more than a word."""

from collections.abc import Callable

from sandbox.csms.books import Books
from sandbox.csms.model import Json, Station, iso

# Notices kept of each station
NOTICES = 1000


class Answers:
    """Answers the calls of one version: `answer(station, action, payload)`, the payload has passed its schema."""

    version = ""

    def __init__(self, books: Books) -> None:
        self.books = books
        # Rejected stations must stay away so long: when each may come again
        self.not_before: dict[str, float] = {}
        self.by_action: dict[str, Callable[[Station, Json], Json]] = {
            "BootNotification": self._boot,
            "Heartbeat": self._heartbeat,
            "DataTransfer": self._data_transfer,
        }

    def answer(self, station: Station, action: str, payload: Json) -> Json:
        """The answer's payload; FaultError for a CALLERROR."""
        answer = self.by_action.get(action, self._notice)(station, payload)
        if action not in self.by_action:
            notice = {"utc": self.books.clock(), "action": action, "payload": payload}
            station.notices = [*station.notices[1 - NOTICES :], notice]
        return answer

    def _boot(self, station: Station, payload: Json) -> Json:
        books = self.books
        behaviour = books.behaviour_of(station.identity)
        now = books.clock()
        if now < self.not_before.pop(station.identity, 0.0):
            text = "BootNotification before the interval of a rejection was over"
            books.complain(station.identity, "boot_too_early", text)
        status = behaviour.boots.pop(0) if behaviour.boots else "Accepted"
        if status == "Rejected":
            self.not_before[station.identity] = now + behaviour.interval_s
        station.boot = {**payload, "status": status}
        station.boots += 1
        station.accepted = status == "Accepted"
        books.store.keep_station(station)
        return {"status": status, "currentTime": iso(now), "interval": behaviour.interval_s}

    def _heartbeat(self, _: Station, __: Json) -> Json:
        return {"currentTime": iso(self.books.clock())}

    def _data_transfer(self, _: Station, __: Json) -> Json:
        return {"status": "UnknownVendorId"}

    def _notice(self, _: Station, __: Json) -> Json:
        return {}
