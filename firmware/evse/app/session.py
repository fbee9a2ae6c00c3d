"""The session of one connector: plug, authorised start, samples, stop. Writes the journal."""

from ..core import faults
from ..core.transaction import AUTHORISED, CHARGING, ENDING, Transaction

# A vehicle that has not drawn for this long has ended the charge itself
_VEHICLE_DONE_MS = 600000


class Session:
    """Turns commands and events of the control loop into one transaction at a time."""

    def __init__(self, station, connector, loop):
        self.connector = connector
        self.tx = None
        self.finished = False  # a transaction ended and the vehicle is still plugged
        self._loop = loop
        self._station = station
        was = station.journal.open.get(connector)
        self.interruption = None
        if was:
            from .interruption import Interruption

            self.interruption = Interruption(was, station.settings["sample_interval_s"])
        self._refused = None  # who asked last, and what was said
        self._idle_ms = 0
        self._sample_slot = 0

    @property
    def phase(self):
        """Phase of the transaction, or None."""
        return self.tx.phase if self.tx else None

    @property
    def running(self):
        """Number of the transaction, also of one that is being taken up again; 0 without one."""
        if self.interruption:
            return self.interruption.was["tx"]
        return self.tx.tx if self.tx else 0

    def status(self):
        """Connector status."""
        status = self._loop.status(self.phase)
        operator = self._station.operator
        if operator and status == "available" and operator.reservations.holds(self.connector):
            return "reserved"
        return "finishing" if status == "preparing" and self.finished and not self.tx else status

    def start(self, ref, by, token=""):
        """Begin a transaction for a card or nobody; returns "" or the reason of the refusal."""
        refusal = self._start(ref, by, ref if by == "rfid" else token)
        # A card that was shown asks again and again
        asked = (ref, by, refusal)
        if refusal and asked != self._refused:
            self._station.console.say("transaction by %s refused: %s", by, refusal)
        self._refused = asked
        return refusal

    def _start(self, ref, by, token):
        loop = self._loop
        if self.tx or self.interruption:
            return "busy"
        if loop.blocking():
            return "fault"
        if not loop.in_service or not self._station.journal.ready:
            return "unavailable"
        if not loop.vehicle_seen:
            return "not_plugged"
        if loop.register.wh is None:
            return "no_meter"
        operator = self._station.operator
        if operator and operator.reservations.bars(self.connector, token):
            return "reserved"
        register = loop.register
        # The number of its first record: never given twice in a life
        tx = self._station.journal.next_seq
        if not self._record("tx_start", register.wh, tx=tx, ref=ref, by=by, meter=register.number):
            return "unavailable"
        if operator:
            operator.begun(self.connector, token)
        self.tx = Transaction(tx, ref, by, self.connector, register.wh, self._timeout_ms)
        self._idle_ms = 0
        self._station.console.say(
            "transaction %d started by %s, register %d Wh", tx, by, loop.register.wh
        )
        loop.changed = True
        return ""

    def stop(self, ref, reason):
        """End the transaction with this `ref`; returns "" or the reason of the refusal."""
        if self.interruption:
            return self._stop_interrupted(self.interruption, ref, reason)
        if not self.tx:
            return "no_transaction"
        if ref is not None and ref != self.tx.ref:
            return "other_transaction"
        self._end(reason)
        return ""

    def _stop_interrupted(self, found, ref, reason):
        is_first = not found.reason
        refusal = found.stop(ref, reason)
        if is_first and found.reason:
            # Accepted is accepted: power may go once more before the verdict
            self._record("tx_ending", found.wh, tx=found.was["tx"], reason=found.reason)
        return refusal

    def step(self, dt_ms):
        """Advance after each step of the control loop."""
        loop = self._loop
        if loop.unplugged:
            self.finished = False
        if self.interruption:
            self._take_up(dt_ms)
        tx = self.tx
        loop.wants_energy = bool(tx and tx.wants_energy())
        if not tx:
            if loop.unplugged and loop.register.implausible:
                loop.register.restart()
            return
        self._end_if_over(tx, dt_ms)
        before = tx.phase
        if tx.step(loop.closed, loop.offered_ma > 0, dt_ms):
            loop.changed = True
            if tx.phase == CHARGING and before != CHARGING:
                self._sample_slot = self._slot()
                self._record("tx_charging", loop.register.wh, tx=tx.tx)
            elif tx.phase == ENDING and before == AUTHORISED:
                self._record("tx_ending", loop.register.wh, tx=tx.tx, reason=tx.reason)
        if tx.phase == CHARGING:
            self._sample(tx)
        elif tx.phase == ENDING:
            register = loop.register
            if tx.finish(register.wh, register.age_ms, register.implausible):
                self._finish(tx)

    def _end_if_over(self, tx, dt_ms):
        loop = self._loop
        ending = loop.faults.ending
        if ending:
            self._end("fault", faults.names(ending)[0])
        elif not loop.vehicle_present:
            self._end("unplugged")
        elif tx.phase == CHARGING and not loop.closed and loop.offered_ma:
            self._idle_ms += dt_ms
            if self._idle_ms >= _VEHICLE_DONE_MS:
                self._end("vehicle")
        else:
            self._idle_ms = 0

    @property
    def _timeout_ms(self):
        return self._station.settings["start_timeout_s"] * 1000

    def _record(self, kind, wh, **payload):
        return self._station.journal.record(kind, self.connector, wh, **payload)

    def _end(self, reason, fault=""):
        if self.tx.end(reason, fault):
            # A loss of power before the last register must not begin it anew
            self._record("tx_ending", self._loop.register.wh, tx=self.tx.tx, reason=reason)
            self._loop.changed = True

    def _take_up(self, dt_ms):
        """Go on with, or end, what a loss of power interrupted, once meter and pilot have spoken."""
        loop, found = self._loop, self.interruption
        if not found.step(loop.register, loop.faults.active & faults.METER_LOST, dt_ms):
            return
        self.interruption = None
        loop.changed = True
        was = found.was
        if found.fault:
            loop.register.implausible = found.fault == "meter_implausible"
        else:
            self._record("tx_resume", found.wh, tx=was["tx"], lost_wh=found.lost_wh)
            # Where records are missing its end may be among them
            whole = not self._station.journal.damage and not found.reason
            if self._station.settings["resume"] and whole and loop.vehicle_seen:
                self.tx = Transaction.resumed(was, self.connector, self._timeout_ms)
                self._station.console.say("transaction %d goes on, %d Wh", was["tx"], found.wh)
                return
        reason = found.reason or "power_loss"
        self._stopped(was["tx"], reason, found.fault, was["start_wh"], found.wh)

    def _slot(self):
        utc_s = self._station.clock.utc_s()
        now_s = self._station.clock.up_s if utc_s is None else utc_s
        return now_s // self._station.settings["sample_interval_s"]

    def _sample(self, tx):
        # At multiples of the interval, so that the edges of tariff periods meet a reading
        slot = self._slot()
        if slot == self._sample_slot:
            return
        self._sample_slot = slot
        register = self._loop.register
        self._record("tx_sample", register.wh, tx=tx.tx, w=register.w)

    def _finish(self, tx):
        self._stopped(tx.tx, tx.reason, tx.fault, tx.start_wh, tx.stop_wh)
        self.tx = None
        self.finished = not self._loop.unplugged
        self._loop.wants_energy = False
        self._loop.changed = True

    def _stopped(self, tx, reason, fault, start_wh, stop_wh):
        self._record("tx_stop", stop_wh, tx=tx, reason=reason, fault=fault)
        self._station.console.say(
            "transaction %d ended (%s), register %d Wh, energy %d Wh",
            tx,
            fault or reason,
            stop_wh,
            stop_wh - start_wh,
        )
