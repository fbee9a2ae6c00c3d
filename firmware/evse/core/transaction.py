"""One transaction: from the authorised start to the last register reading. Pure state, no journal.

AUTHORISED: the start was accepted, no current yet. CHARGING: the contactor has closed once.
ENDING: a stop was asked for or forced; the contactor is opening and the last reading is awaited.
ENDED: the final register stands. A transaction never goes back.
"""

AUTHORISED, CHARGING, ENDING, ENDED = range(4)

# After the contactor opened, wait this long for a fresh meter reading before the last good one is taken: what
# the meter counted since that one would be nobody's
FINAL_READING_MS = 30000
# A meter whose readings are refused will not give one
_REFUSED_MS = 3000
# A reading that arrives sooner was taken by the meter while current still flowed
_SETTLE_MS = 400
# A contactor that does not open at all (weld) must not keep the bill open: the longest wait for the
# vehicle, and time to name the fault
_STUCK_MS = 10000


class Transaction:
    """Identity, registers and reason of one transaction on one connector."""

    def __init__(self, tx, ref, by, connector, start_wh, start_timeout_ms):
        self.tx = tx
        self.ref = ref
        self.by = by
        self.connector = connector
        self.start_wh = start_wh
        self.stop_wh = None
        self.phase = AUTHORISED
        self.reason = ""
        self.fault = ""
        self._left_ms = start_timeout_ms
        self._open_ms = 0
        self._ending_ms = 0

    @classmethod
    def resumed(cls, was, connector, start_timeout_ms):
        """The transaction that a loss of power interrupted; `was` is the ledger's dict."""
        tx = cls(was["tx"], was["ref"], was["by"], connector, was["start_wh"], start_timeout_ms)
        if was["charged"]:
            tx.phase = CHARGING
        return tx

    def wants_energy(self):
        """True while the station should be ready for this transaction."""
        return self.phase in (AUTHORISED, CHARGING)

    def end(self, reason, fault=""):
        """Ask for the end; the first reason stands. Returns False when it was ending already."""
        if not self.wants_energy():
            return False
        self.phase = ENDING
        self.reason = reason
        self.fault = fault
        self._open_ms = 0
        return True

    def step(self, closed, offered, dt_ms):
        """Advance; returns True when it began charging or asked for its own end in this step.

        `offered` tells whether current is offered: while we pause, the vehicle owes us nothing.
        """
        if self.phase == AUTHORISED:
            if closed:
                self.phase = CHARGING
                return True
            if offered:
                self._left_ms -= dt_ms
            if self._left_ms <= 0:
                return self.end("start_timeout")
        elif self.phase == ENDING:
            self._open_ms = 0 if closed else self._open_ms + dt_ms
            self._ending_ms += dt_ms
        return False

    def finish(self, register_wh, reading_age_ms, refused=False):
        """Take the final register once the contactor is open; True when the transaction has ended.

        A contactor that never opens ends the transaction too, at the register of that moment.

        A reading taken after opening is final; when none comes, the last good one is, and `fault` says so.
        """
        if self.phase != ENDING or (self._open_ms == 0 and self._ending_ms < _STUCK_MS):
            return False
        fresh = self._open_ms - reading_age_ms >= _SETTLE_MS or self._open_ms == 0
        if not fresh:
            if self._open_ms < (_REFUSED_MS if refused else FINAL_READING_MS):
                return False
            self.fault = self.fault or ("meter_implausible" if refused else "meter_lost")
        self.stop_wh = max(register_wh, self.start_wh)
        self.phase = ENDED
        return True
