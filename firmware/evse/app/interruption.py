"""What to do with a transaction that a loss of power interrupted: wait for meter and pilot, then judge.

Energy is the meter's own: what moved since the last record is billed once, and only when it can have
moved. A meter that stepped back, jumped or is another one ends the transaction at its last record.
"""

from micropython import const

# The pilot needs its time to show the vehicle after a start
_SETTLE_MS = const(2000)
# A meter that does not speak by then ends the transaction at its last record
_PATIENCE_MS = const(60000)
# Samples may have been thinned to every fourth as the journal filled
_SAMPLES = const(5)


class Interruption:
    """`was` is the ledger's dict. After step() said True: `wh`, `lost_wh`, `fault` and `reason` stand."""

    def __init__(self, was, sample_interval_s):
        self.was = was
        self.wh = was["last_wh"]
        self.lost_wh = 0
        self.fault = ""
        self.reason = was["reason"]
        self._elapsed_ms = (sample_interval_s + 60) * _SAMPLES * 1000
        self._waited_ms = 0

    def step(self, register, meter_lost, dt_ms):
        """Advance; True once the verdict stands. While the fault `meter_lost` stands it would end what is taken up."""
        self._waited_ms = min(self._waited_ms + dt_ms, _PATIENCE_MS)
        if self._waited_ms < _SETTLE_MS:
            return False
        if (register.wh is None or meter_lost) and self._waited_ms < _PATIENCE_MS:
            return False
        if register.wh is None:
            self.fault = "meter_lost"
        elif register.follows(self.was["meter"], self.wh, self._elapsed_ms):
            self.lost_wh = register.wh - self.wh
            self.wh = register.wh
        else:
            self.fault = "meter_implausible"
        return True

    def stop(self, ref, reason):
        """A stop that comes before the verdict; returns "" or the reason of the refusal."""
        if ref is not None and ref != self.was["ref"]:
            return "other_transaction"
        self.reason = self.reason or reason
        return ""
