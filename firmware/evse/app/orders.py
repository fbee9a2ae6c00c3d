"""Orders that take their time: out of service after a transaction, unlock, a fresh start."""

# A charge gets so long for its end and its last register, as at the console
_SOFT_MS = 45000
_HARD_MS = 5000
# A bolt that is stuck has been tried three times by then
_UNLOCK_MS = 15000


class Orders:
    """One step per control loop."""

    def __init__(self, station, held):
        self._held = held
        self._station = station
        self._chip = station.board.chip()
        self._leaving_ms = 0
        self._unlocking = None  # [id of the command, connector, ms left]

    def set_availability(self, number, operative):
        """In or out of service, 0 for all; "" or the reason of the refusal, "scheduled" is none."""
        station = self._station
        if number and number not in station.connectors:
            return "no_connector"
        held, answer = self._held, ""
        for each, connector in station.connectors.items():
            if number in (0, each):
                held.inoperative = [other for other in held.inoperative if other != each]
                if operative:
                    connector.loop.in_service = not self._leaving_ms
                else:
                    held.inoperative.append(each)
                    if connector.session.running:
                        answer = "scheduled"
                connector.loop.changed = True
        held.changed = True
        return answer

    def reset(self, kind):
        """Start anew as soon as all transactions have ended."""
        self._leaving_ms = _SOFT_MS if kind == "soft" else _HARD_MS
        for connector in self._station.connectors.values():
            connector.loop.in_service = False
            connector.session.stop(None, "reset_" + kind)

    def unlock(self, command_id, number):
        """End what runs there and open the lock; None while the answer is awaited, or the refusal."""
        connector = self._station.connectors.get(number)
        if not connector:
            return "no_connector"
        if not connector.loop.protection.lock:
            return "no_lock"
        if self._unlocking:
            return "busy"
        connector.session.stop(None, "unlock")
        self._unlocking = [command_id, connector, _UNLOCK_MS]
        return None

    def step(self, dt_ms):
        """Advance by `dt_ms`."""
        for number in self._held.inoperative:
            connector = self._station.connectors.get(number)
            if connector and connector.loop.in_service and not connector.session.running:
                connector.loop.in_service = False
                connector.loop.changed = True
        if self._unlocking:
            self._watch_lock(dt_ms)
        if self._leaving_ms:
            self._leave(dt_ms)

    def _watch_lock(self, dt_ms):
        command_id, connector, left_ms = self._unlocking
        lock = connector.loop.protection.lock
        self._unlocking[2] = left_ms - dt_ms
        # A charge that ends needs its steps to want the bolt back at all
        if left_ms > _UNLOCK_MS - 1000:
            return
        stuck = lock.jammed and not connector.loop.live
        if lock.is_open or stuck or left_ms <= 0:
            self._unlocking = None
            for _until_s, reply in self._station.commands.answers:
                if reply["id"] == command_id:
                    if not lock.is_open:
                        reply["result"], reply["reason"] = "refused", "unlock_failed"
                    self._station.downlink.answer(reply)

    def _leave(self, dt_ms):
        station = self._station
        self._leaving_ms = max(self._leaving_ms - dt_ms, 1)
        over = not station.downlink.replies and not station.console.lines
        for connector in station.connectors.values():
            over = over and not connector.session.tx and not connector.loop.live
        if over or self._leaving_ms == 1:
            self._held.step()
            self._chip.reset()
