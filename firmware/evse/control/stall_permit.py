"""Stall permit: whoever may hold the interpreter over 10 ms asks here first.

Energised means quiet: while a contactor is closed, or may close any moment, the answer is no.
Nothing may close a contactor while a permit is held.
"""


class StallRefusedError(OSError):
    """A contactor is closed or about to close; ask again later."""


class StallPermit:
    """Held with `with permit.hold("why"):`; refused while energised."""

    def __init__(self):
        self.energised = False  # some EVSE is
        self.reason = ""
        self.refused = 0
        self._energised = 0  # one bit per EVSE

    @property
    def held(self):
        """True while somebody may be holding the interpreter."""
        return bool(self.reason)

    def energise(self, evse, energised):
        """Kept up to date by the control loop of each EVSE, counted from 0."""
        bit = 1 << evse
        self._energised = self._energised | bit if energised else self._energised & ~bit
        self.energised = self._energised > 0

    def hold(self, reason):
        """Take the permit for a `with` block; raises StallRefusedError."""
        if self.energised or self.held:
            self.refused += 1
            raise StallRefusedError("%s: refused while %s" % (reason, self.reason or "energised"))
        self.reason = reason
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.reason = ""
