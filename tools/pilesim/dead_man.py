"""What holds the coil's second switch (layer L0): charge pump, RMT one-shot or UART-fed pump.

Each has `held`, whether the coil may be energised, and calls `changed(now_us)` when that turns. They are
outside the chip: a charge outlives a reset.
"""

KINDS = ("charge_pump", "rmt", "uart")
# The RC behind the RMT pad: lows between two pulses that it does not let through
RMT_FILTER_US = 1000
# The small pump of the UART variant, from the end of the last byte
UART_HOLD_US = 8000


class ChargePump:
    """Each toggle of the heartbeat pin holds for hold_us; stuck at either level it decays."""

    kind = "charge_pump"

    def __init__(self, clock):
        self.hold_us = 45_000
        self.held = False
        self.changed = None
        self._clock = clock
        self._level = 0
        self._until_us = -1
        self._decay = clock.event(self._decayed)

    def attach(self, pad):
        """Feed from a pad's edges."""
        self._level = 1 if pad.high_us else 0
        pad.watchers.append(self._pad_changed)

    def _pad_changed(self, pad, now_us):
        level = 1 if pad.high_us else 0
        if level != self._level:
            self._level = level
            self._feed(now_us, now_us + self.hold_us)

    def _feed(self, now_us, until_us):
        self._until_us = until_us
        # Only one decay event is kept; it re-arms itself when it finds the charge renewed
        if self._decay.at_us < 0:
            self._decay.at(until_us)
        if not self.held:
            self.held = True
            self.changed(now_us)

    def _decayed(self, now_us):
        if now_us < self._until_us:
            self._decay.at(self._until_us)
            return
        self.held = False
        self.changed(now_us)


class UartPump(ChargePump):
    """Fed by the edges of UART bytes: it takes the place of the wire's bus behind a UartPort."""

    kind = "uart"

    def __init__(self, clock):
        super().__init__(clock)
        self.hold_us = UART_HOLD_US

    def attach(self, port):
        """UartPort: the transmitter was configured; or feed from it, called by the wiring."""
        port.bus = self

    def detach(self, port):
        """UartPort: the transmitter stopped, what was still queued is gone."""
        now_us = self._clock.now_us
        if self._until_us > now_us + self.hold_us:
            self._until_us = now_us + self.hold_us
            self._decay.at(self._until_us)

    def transmit(self, port, data, framing, start_us):
        """UartPort: bytes leave from `start_us` on."""
        end_us = port.tx_end_us()
        self._feed(self._clock.now_us, end_us + self.hold_us)


class RmtOneShot:
    """The pad's level is the switch: the pulse itself is the hold. Lows up to RMT_FILTER_US pass unseen."""

    kind = "rmt"

    def __init__(self, clock):
        self.held = False
        self.changed = None
        self._fall = clock.event(self._fell)

    def attach(self, pad):
        """Follow a pad's level."""
        pad.watchers.append(self._pad_changed)

    def _pad_changed(self, pad, now_us):
        if not pad.high_us:
            if self.held:
                self._fall.at(now_us + RMT_FILTER_US)
            return
        self._fall.cancel()
        if not self.held:
            self.held = True
            self.changed(now_us)

    def _fell(self, now_us):
        self.held = False
        self.changed(now_us)


_CLASSES = (ChargePump, RmtOneShot, UartPump)


def of_kind(kind, clock):
    """A dead-man of one of KINDS; ValueError names the allowed ones."""
    if kind not in KINDS:
        raise ValueError("DEAD_MAN %s, allowed %s" % (kind, " ".join(KINDS)))
    return _CLASSES[KINDS.index(kind)](clock)
