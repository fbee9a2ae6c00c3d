"""What an operator orders beside start and stop: profiles, cards, reservations, service, settings.

Loaded with its first order while nothing is energised, and at every start from then on. Then it stays.
"""

from ..control.stall_permit import StallRefusedError
from ..core import token_list
from ..core.messages import ProtocolError, check, rows
from ..core.order_args import args_of
from . import config
from .authorizer import Authorizer
from .charging_profiles import ChargingProfiles
from .held import Held
from .modules import forget
from .orders import Orders
from .reservations import Reservations

MOST_TOKENS = 64
_LAST_UTC = 4102444800
_HOUSEKEEPING_MS = 1000


class Operator:
    """One step per control loop."""

    def __init__(self, station):
        self.station = station
        self.held = held = Held(station)
        self.reservations = Reservations(station, held)
        self.authorizer = Authorizer(self)
        self._profiles = ChargingProfiles(station, held)
        self._orders = Orders(station, held)
        self._cards = {}  # connector: the card behind its transaction
        self._gathered = 0, b""  # version and entries of a local list that is not whole yet
        self._since_ms = 0

    def holds(self):
        """What a hello says of it."""
        return {"profiles": self.held.revision, "tokens": self.held.version}

    def begun(self, number, token):
        """A transaction begins for a card, or nobody."""
        self.reservations.take(number, token)
        self._cards[number] = token

    def token_of(self, number):
        """The card behind what runs on a connector, "" if none is known."""
        session = self.station.connectors[number].session
        if session.interruption:
            was = session.interruption.was
            return was["ref"] if was["by"] == "rfid" else ""
        if not session.tx:
            return ""
        return session.tx.ref if session.tx.by == "rfid" else self._cards.get(number, "")

    def step(self, dt_ms):
        """Advance by `dt_ms`; returns what the schedules leave all connectors together."""
        self._profiles.step()
        self._orders.step(dt_ms)
        self.authorizer.step(dt_ms)
        self._since_ms += dt_ms
        if self._since_ms >= _HOUSEKEEPING_MS:
            self._since_ms = 0
            self.reservations.step()
            self.held.step()
        return self._profiles.whole_a10

    def order(self, name, args, reply):
        """(result, reason) of a command; the reason is None for a reply that comes later. ProtocolError for bad args."""
        check(args, rows(args_of(name)))
        answer = self._carry_out(name, args, reply)
        return (
            "refused" if answer and answer not in ("scheduled", "restart") else "accepted"
        ), answer

    def _carry_out(self, name, args, reply):
        answer = ""
        if name == "profile":
            answer = self._profiles.install(args)
        elif name == "clear_profiles":
            answer = self._profiles.clear(args)
        elif name == "authorized":
            self.authorizer.answered(args)
        elif name == "tokens":
            answer = self._tokens(args["version"], args["from"], args["total"], args["entries"])
        elif name == "clear_cache":
            self.held.cache, self.held.changed = b"", True
        elif name == "reserve":
            answer = self.reservations.reserve(args)
        elif name == "unreserve":
            answer = self.reservations.cancel(args["id"])
        elif name == "availability":
            answer = self._orders.set_availability(args["connector"], args["operative"])
        elif name == "unlock":
            answer = self._orders.unlock(reply["id"], args["connector"])
        elif name == "reset":
            if args["kind"] not in ("soft", "hard"):
                raise ProtocolError("kind", "allowed soft, hard")
            self._orders.reset(args["kind"])
        else:
            answer = self._settings(name, args, reply)
        return answer

    def _tokens(self, version, at, total, listed):
        entries = b""
        for each in listed:
            entries += _entry(each)
        if total > MOST_TOKENS:
            return "full"
        begun, gathered = self._gathered
        if at == 0:
            gathered = b""
        elif begun != version or len(gathered) != at * token_list.ENTRY_BYTES:
            return "out_of_step"
        gathered += entries
        self._gathered = version, gathered
        count = len(gathered) // token_list.ENTRY_BYTES
        if count > total:
            raise ProtocolError("entries", "more than total")
        if count == total:
            held = self.held
            held.tokens, held.version, held.changed = gathered, version, True
            self._gathered = 0, b""
        return ""

    def _settings(self, name, args, reply):
        answer, kept, permit = "", None, self.station.permit
        try:
            with permit.hold("operator settings"):
                from ..core import settings as table
                from .json_file import parsed

                own, good = parsed(config.FILE), parsed(config.GOOD_FILE)
                # What nobody is told nobody changes from afar
                hidden = table.HIDDEN + ("networks",)
                found = {row[0]: row for row in table.TABLE if row[1] not in hidden}
                if name == "settings":
                    values = table.in_force(good, own)[0]
                    reply["value"] = {key: values[key] for key in found if key in args["keys"]}
                elif args["key"] not in found:
                    answer = "unknown_key"
                elif table.problem(found[args["key"]], args["value"][0]):
                    answer = "bad_value"
                else:
                    kept = own if isinstance(own, dict) else good if isinstance(good, dict) else {}
                    kept[args["key"]] = args["value"][0]
        except StallRefusedError:
            return "busy"
        forget("evse.core.settings", "evse.app.json_file")
        if kept:
            # A file system that is full takes nothing
            answer = "full" if config.write_json(config.FILE, kept, permit) else "restart"
        return answer


def _entry(each):
    try:
        token, status, until_utc, group = each
        is_text = isinstance(token, str) and isinstance(group, str)
        if is_text and 0 < len(token) <= 36 and len(group) <= 36 and 0 <= until_utc <= _LAST_UTC:
            return token_list.entry(token, status, until_utc, group)
    except (TypeError, ValueError):
        pass
    raise ProtocolError("entries", repr(each)[:40])
