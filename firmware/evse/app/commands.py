"""Remote commands: checked, answered once, acted on once."""

from ..control.stall_permit import StallRefusedError
from ..core.messages import COMMAND_ARGS, STOP_ORDERS, ProtocolError, check, rows
from . import config
from .modules import forget

# Answers remembered until their command has outlived its time to live; full means busy
_REMEMBERED = 16
_LASTING = ("start", "stop", "rotate", "update", "rollback", "unlock", "unreserve", "reset")
# Reasons of what was accepted all the same
_ACCEPTED = ("", "scheduled", "restart")


class Commands:
    """Turns a decoded `command` message into a reply; `station` holds the parts it acts on."""

    def __init__(self, station):
        self._station = station
        self._answers = []  # (utc_s until which the command may act, reply)
        self.gathered = (0, b"")  # version and entries of a local list that is not whole yet
        self.unsaved = None  # settings that are to be written

    def handle(self, message):
        """Reply dict for one command; the same id gets the same reply and no second effect."""
        for _until_s, reply in self._answers:
            if reply["id"] == message["id"]:
                self._station.counts["repeated"] += 1
                return reply
        result, reason = self._act(message)
        reply = {"id": message["id"], "result": result}
        if isinstance(reason, dict):
            reply["value"] = reason
        elif reason:
            reply["reason"] = reason
        # A stale command was not acted on: sent again in time it may still act
        if result in ("accepted", "refused") and message["name"] in _LASTING:
            self._answers.append((message["utc"] + message["ttl_s"], reply))
        return reply if reason is not None else None

    def answer_late(self, command_id, refusal):
        """The answer to a command that has taken its time."""
        for _until_s, reply in self._answers:
            if reply["id"] == command_id:
                if refusal:
                    reply["result"], reply["reason"] = "refused", refusal
                self._station.downlink.answer(reply)

    def _full(self, now_s):
        self._answers = [answer for answer in self._answers if answer[0] >= now_s]
        return len(self._answers) >= _REMEMBERED

    def _stale(self, message):
        """Why a command may not act any more, or not yet; "" when it may."""
        # A time server is not signed: with its word alone an old command might pass for a new one
        now_s, since_s = self._station.clock.utc_s(), self._station.clock.greeted_s
        if since_s is None:
            return "clock unknown"
        if not -message["ttl_s"] <= now_s - message["utc"] <= message["ttl_s"]:
            # The bridge's clock may have been set anew
            self._station.remote.ask_time()
            return "sent %d s ago" % (now_s - message["utc"])
        if message["name"] not in _LASTING:
            return ""
        if message["utc"] <= since_s:
            self._station.remote.ask_time()
            # What this start has answered it remembers; what an earlier one answered nobody does
            return "from before this start"
        return "too many commands, ask again" if self._full(now_s) else ""

    def _act(self, message):
        name, args = message["name"], message["args"]
        if name not in COMMAND_ARGS:
            self._station.counts["unknown"] += 1
            return "unknown", name
        try:
            check(args, rows(COMMAND_ARGS[name]))
        except ProtocolError as error:
            self._station.counts["malformed"] += 1
            return "malformed", str(error)[:64]
        stale = self._stale(message)
        if stale:
            self._station.counts["stale"] += 1
            return "stale", stale
        try:
            reason = self._carry_out(name, args, message["id"])
        except ProtocolError as error:
            self._station.counts["malformed"] += 1
            return "malformed", str(error)[:64]
        refused = reason and reason not in _ACCEPTED and isinstance(reason, str)
        return ("refused" if refused else "accepted"), reason

    def _carry_out(self, name, args, command_id):
        """Act on a good command; "" or the reason, a dict for the reply, None for one that comes later."""
        station = self._station
        if name == "report":
            station.report.refresh()
            return ""
        if name == "rotate":
            return station.remote.rotate_key(args["number"], args["nonce"], args["cover"])
        if name == "phases":
            return station.orders.set_phases(args["connector"], args["phases"])
        if name == "update":
            return station.updates.ask(args["bundle"], args["bytes"])
        if name == "rollback":
            return station.updates.go_back()
        if name in ("start", "stop"):
            return self._transaction(name, args)
        return self._order(name, args, command_id)

    def _transaction(self, name, args):
        connector = self._station.connectors.get(args["connector"])
        if connector is None:
            return "no_connector"
        if name == "start":
            return connector.session.start(args["ref"], args["by"], args.get("token", ""))
        reason = args.get("reason", "remote")
        if reason not in STOP_ORDERS:
            raise ProtocolError("reason", "none of a stop")
        return connector.session.stop(args["ref"], reason)

    def _order(self, name, args, command_id):
        station = self._station
        answer = ""
        if name == "profile":
            answer = station.profiles.install(args)
        elif name == "clear_profiles":
            answer = station.profiles.clear(args)
        elif name == "authorized":
            if station.panel and station.panel.authorizer:
                station.panel.authorizer.answered(args)
        elif name == "reserve":
            answer = station.reservations.reserve(args)
        elif name == "unreserve":
            answer = station.reservations.cancel(args["id"])
        elif name == "availability":
            answer = station.orders.set_availability(args["connector"], args["operative"])
        elif name == "unlock":
            answer = station.orders.unlock(command_id, args["connector"])
        elif name == "reset":
            if args["kind"] not in ("soft", "hard"):
                raise ProtocolError("kind", "allowed soft, hard")
            station.orders.reset(args["kind"])
        else:
            answer = self._late(name, args)
        return answer

    def _late(self, name, args):
        """What needs more than is in the heap: while nothing is energised."""
        station = self._station
        try:
            with station.permit.hold("order"):
                from .late_orders import carry_out

                found = carry_out(station, name, args)
        except StallRefusedError:
            return "busy"
        finally:
            forget("evse.app.late_orders", "evse.core.settings", "evse.app.json_file")
        if self.unsaved is not None:
            unsaved, self.unsaved = self.unsaved, None
            if config.write_json(config.FILE, unsaved, station.permit):
                return "full"
        return found
