"""The session of one connector: plug, authorised start, samples, stop. Writes the journal."""

from ..core import faults
from ..core.transaction import CHARGING, ENDING, Transaction

# A vehicle that has not drawn for this long has ended the charge itself
_VEHICLE_DONE_MS = 600000


class Session:
    """Turns commands and events of the control loop into one transaction at a time."""

    def __init__(self, connector, loop, journal, clock, settings, console):
        self.connector = connector
        self.tx = None
        self.finished = False  # a transaction ended and the vehicle is still plugged
        self._loop = loop
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._console = console
        self._count = 0
        self._idle_ms = 0
        self._sample_slot = 0

    @property
    def phase(self):
        """Phase of the transaction, or None."""
        return self.tx.phase if self.tx else None

    def status(self):
        """Connector status."""
        status = self._loop.status(self.phase)
        return "finishing" if status == "preparing" and self.finished and not self.tx else status

    def start(self, ref, by):
        """Begin a transaction; returns "" or the reason of the refusal."""
        loop = self._loop
        if self.tx:
            return "busy"
        if loop.blocking():
            return "fault"
        if not loop.in_service or self._journal.outbox.full:
            return "unavailable"
        if not loop.vehicle_seen:
            return "not_plugged"
        if loop.register.wh is None:
            return "no_meter"
        self._count += 1
        tx = "%s-%d-%d" % (self._journal.life, self._journal.boot, self._count)
        timeout_ms = self._settings["start_timeout_s"] * 1000
        self.tx = Transaction(tx, ref, by, self.connector, loop.register.wh, timeout_ms)
        self._idle_ms = 0
        self._journal.record("tx_start", self.connector, loop.register.wh, tx=tx, ref=ref, by=by)
        self._console.say("transaction %s started by %s, register %d Wh", tx, by, loop.register.wh)
        loop.changed = True
        return ""

    def stop(self, ref, reason):
        """End the transaction with this `ref`; returns "" or the reason of the refusal."""
        if not self.tx:
            return "no_transaction"
        if ref is not None and ref != self.tx.ref:
            return "other_transaction"
        self.tx.end(reason)
        self._loop.changed = True
        return ""

    def step(self, dt_ms):
        """Advance after each step of the control loop."""
        loop = self._loop
        if loop.unplugged:
            self.finished = False
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
                self._journal.record("tx_charging", self.connector, loop.register.wh, tx=tx.tx)
        if tx.phase == CHARGING:
            self._sample(tx)
        elif tx.phase == ENDING and tx.finish(loop.register.wh, loop.register.age_ms):
            self._finish(tx)

    def _end_if_over(self, tx, dt_ms):
        loop = self._loop
        ending = loop.faults.ending
        if ending:
            tx.end("fault", faults.names(ending)[0])
        elif not loop.vehicle_present:
            tx.end("unplugged")
        elif tx.phase == CHARGING and not loop.closed and loop.offered_ma:
            self._idle_ms += dt_ms
            if self._idle_ms >= _VEHICLE_DONE_MS:
                tx.end("vehicle")
        else:
            self._idle_ms = 0

    def _slot(self):
        utc_s = self._clock.utc_s()
        now_s = self._clock.up_s if utc_s is None else utc_s
        return now_s // self._settings["sample_interval_s"]

    def _sample(self, tx):
        # At multiples of the interval, so that the edges of tariff periods meet a reading
        slot = self._slot()
        if slot == self._sample_slot:
            return
        self._sample_slot = slot
        register = self._loop.register
        self._journal.record("tx_sample", self.connector, register.wh, tx=tx.tx, w=register.w)

    def _finish(self, tx):
        self._journal.record(
            "tx_stop",
            self.connector,
            tx.stop_wh,
            tx=tx.tx,
            ref=tx.ref,
            reason=tx.reason,
            fault=tx.fault,
        )
        self._console.say(
            "transaction %s ended (%s), register %d Wh, energy %d Wh",
            tx.tx,
            tx.fault or tx.reason,
            tx.stop_wh,
            tx.stop_wh - tx.start_wh,
        )
        self.tx = None
        self.finished = not self._loop.unplugged
        self._loop.wants_energy = False
        self._loop.changed = True
