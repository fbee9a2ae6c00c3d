"""Remote commands: checked, answered once, acted on once."""

from ..core.messages import COMMAND_ARGS, ORDERS, STOP_ORDERS, ProtocolError, check, rows

# Answers remembered until their command has outlived its time to live; full means busy
_REMEMBERED = 16
_LASTING = "start stop rotate update rollback unlock unreserve reset"


class Commands:
    """Turns a decoded `command` message into a reply; `station` holds the parts it acts on."""

    def __init__(self, station):
        self._station = station
        self.answers = []  # (utc_s until which the command may act, reply)

    def handle(self, message):
        """Reply dict for one command; the same id gets the same reply and no second effect."""
        for _until_s, reply in self.answers:
            if reply["id"] == message["id"]:
                self._station.counts["repeated"] += 1
                return reply
        reply = {"id": message["id"]}
        result, reason = self._act(message, reply)
        reply["result"] = result
        if reason:
            reply["reason"] = reason
        # A stale command was not acted on: sent again in time it may still act
        if result in ("accepted", "refused") and message["name"] in _LASTING.split():
            self.answers.append((message["utc"] + message["ttl_s"], reply))
        return None if reason is None else reply

    def _full(self, now_s):
        self.answers = [answer for answer in self.answers if answer[0] >= now_s]
        return len(self.answers) >= _REMEMBERED

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

    def _act(self, message, reply):
        name, args = message["name"], message["args"]
        is_order = name in ORDERS.split()
        if name not in COMMAND_ARGS and not is_order:
            self._station.counts["unknown"] += 1
            return "unknown", name
        try:
            if not is_order:
                check(args, rows(COMMAND_ARGS[name]))
            stale = self._stale(message)
            if stale:
                self._station.counts["stale"] += 1
                return "stale", stale
            if is_order:
                return self._order(name, args, reply)
            reason = self._carry_out(name, args)
        except ProtocolError as error:
            self._station.counts["malformed"] += 1
            return "malformed", str(error)[:64]
        return ("refused", reason) if reason else ("accepted", "")

    def _order(self, name, args, reply):
        station = self._station
        if not station.operator:
            try:
                with station.permit.hold("operator"):
                    from .operator import Operator

                    station.operator = Operator(station)
            except (OSError, MemoryError):
                # Energised: nothing may be loaded
                return "refused", "busy"
        return station.operator.order(name, args, reply)

    def _carry_out(self, name, args):
        """Act on a good command; "" or the reason of the refusal."""
        station = self._station
        if name == "report":
            station.report.refresh()
            return ""
        if name == "rotate":
            return station.remote.rotate_key(args["number"], args["nonce"], args["cover"])
        if name == "phases":
            return station.set_phases(args["connector"], args["phases"])
        if name == "update":
            return station.updates.ask(args["bundle"], args["bytes"])
        if name == "rollback":
            return station.updates.go_back()
        connector = station.connectors.get(args["connector"])
        if connector is None:
            return "no_connector"
        if name == "start":
            return connector.session.start(args["ref"], args["by"], args.get("token", ""))
        reason = args.get("reason", "remote")
        if reason not in STOP_ORDERS.split():
            raise ProtocolError("reason", "none of a stop")
        return connector.session.stop(args["ref"], reason)
