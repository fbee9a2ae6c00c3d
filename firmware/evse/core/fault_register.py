"""Which faults are active: raised at once, cleared by the rule of their row in core/faults.py.

A fault with retries clears by itself after its wait, the next time in the same plug-in after twice
that, and so on; after its last retry it stays until the vehicle has left. A transaction waits for
such a fault and ends by one that stays, or that has no retries. It does not wait for ever: a cause
that does not go uses up the retries, except the mains, whose return everybody waits for.
"""

from array import array

from micropython import const

from .faults import (
    LOCKOUTS,
    MAINS_LOST,
    MANUAL,
    RESETS,
    RESIDUAL_CURRENT_TEST,
    RETRIES,
    STOPS,
    UNPLUGS,
    WAITS_S,
    mask,
)

# Without the fault for this long, its retries begin anew
FORGET_MS = const(1800000)
# A cause that stands this long uses up what retries are left
PATIENCE_MS = const(900000)
# A lock-out is for good only when its cause was no spike
LOCK_AFTER_MS = const(100)
_SPIKE_WAIT_MS = const(3000)
_MOST_MS = const(0x20000000)

_MANUALS = mask("clears", MANUAL)
_ENDING = mask("retries", 0) & STOPS
# Its cause is a verdict that stands until the test is repeated, which is what a reset asks for
_REVOKED_BY_RESET = RESIDUAL_CURRENT_TEST


class FaultRegister:
    """Holds `active`; `locked_out` are the lock-outs stored before the last power cut."""

    def __init__(self, locked_out=0):
        self.active = self._locked = locked_out & LOCKOUTS
        # Until the first step has looked, a stored cause counts as being there
        self._present = self.active
        self._dismissed = 0  # cleared by hand since the last step
        self._retried = 0  # has cleared by itself in this plug-in
        self._spent = 0  # has no retry left in this plug-in
        # The cause without a break; below 0: the time since it was last present
        self._cause_ms = array("i", [0] * len(RETRIES))
        self._clears = bytearray(len(RETRIES))  # by itself in this plug-in

    def step(self, present, unplugged, dt_ms):
        """Take the causes present; returns (raised, cleared) bit sets, those cleared by hand included."""
        # Cleared by hand and present again before anyone was told: it has never gone
        cleared = self._dismissed & ~present
        raised = present & ~self.active & ~self._dismissed
        self._dismissed = 0
        self._present = present
        self.active |= present
        if unplugged:
            self._forget(self._retried)
        bits = self.active | self._retried
        index = 0
        while bits:
            if bits & 1:
                bit = 1 << index
                if present & bit:
                    self._stand(index, bit, unplugged, dt_ms)
                elif self._quiet(index, bit, unplugged, dt_ms):
                    cleared |= bit
            bits >>= 1
            index += 1
        return raised, cleared

    @property
    def ending(self):
        """Active faults that end a transaction."""
        return self.active & (_ENDING | self._spent)

    @property
    def waiting(self):
        """Active faults that a transaction waits for."""
        return self.active & STOPS & ~self.ending

    @property
    def lockouts(self):
        """Active lock-outs, to be stored."""
        return self.active & self._locked

    def reset(self):
        """A reset at the pile clears what clears by hand and has no cause left; returns those bits."""
        return self._dismiss(_MANUALS & (~self._present | _REVOKED_BY_RESET))

    def unlock(self):
        """A technician clears the lock-outs that have no cause left; returns those bits."""
        cleared = self._dismiss(LOCKOUTS & ~self._present)
        self._locked &= ~cleared
        return cleared

    def left_ms(self, bit):
        """Time without its cause after which a fault clears; -1 when time alone does not clear it."""
        if not self.active & bit or bit & (RESETS | UNPLUGS | self._spent):
            return -1
        index = 0
        while bit >> index != 1:
            index += 1
        return max(self._wait_ms(index) + min(self._cause_ms[index], 0), 0)

    def _stand(self, index, bit, unplugged, dt_ms):
        # One step with the cause
        there_ms = min(max(self._cause_ms[index], 0) + dt_ms, _MOST_MS)
        self._cause_ms[index] = there_ms
        if bit & LOCKOUTS and there_ms >= LOCK_AFTER_MS:
            self._locked |= bit
        has_retries = RETRIES[index] and bit != MAINS_LOST
        if has_retries and there_ms >= PATIENCE_MS and not unplugged:
            self._retried |= bit
            self._spent |= bit

    def _quiet(self, index, bit, unplugged, dt_ms):
        # One step without the cause: a fault may clear, an old one may be forgotten
        quiet_ms = min(max(-self._cause_ms[index], 0) + dt_ms, _MOST_MS)
        self._cause_ms[index] = -quiet_ms
        if not self.active & bit:
            if quiet_ms >= FORGET_MS:
                self._forget(bit)
            return False
        if bit & LOCKOUTS and not bit & self._locked:
            if quiet_ms < _SPIKE_WAIT_MS:
                return False
        elif bit & RESETS or (bit & (UNPLUGS | self._spent) and not unplugged):
            return False
        if quiet_ms < self._wait_ms(index):
            return False
        self.active &= ~bit
        self._cause_ms[index] = 0
        # With no vehicle there is no plug-in that could use up its retries
        if RETRIES[index] and not unplugged:
            self._clears[index] += 1
            self._retried |= bit
            if self._clears[index] >= RETRIES[index]:
                self._spent |= bit
        return True

    def _wait_ms(self, index):
        return WAITS_S[index] * 1000 << self._clears[index]

    def _forget(self, bits):
        self._retried &= ~bits
        self._spent &= ~bits
        index = 0
        while bits:
            if bits & 1:
                self._clears[index] = 0
            bits >>= 1
            index += 1

    def _dismiss(self, bits):
        bits &= self.active
        self.active &= ~bits
        self._dismissed |= bits
        return bits
