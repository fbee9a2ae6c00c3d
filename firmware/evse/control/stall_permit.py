"""Stall permit: whoever may hold the interpreter over 10 ms asks here first.

Energised means quiet: while the contactor is closed, or may close any moment, the answer is no.
Nothing may close the contactor while a permit is held.
"""


class StallRefusedError(OSError):
    """The contactor is closed or about to close; ask again later."""


class StallPermit:
    """Held with `with permit.hold("why"):`; refused while energised."""

    def __init__(self):
        self.energised = False  # kept up to date by the control loop
        self.reason = ""
        self.refused = 0

    @property
    def held(self):
        """True while somebody may be holding the interpreter."""
        return bool(self.reason)

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
