"""Output voltage seen by an optocoupler: pulls its input low while the output is alive, RC holds it."""

FAULTS = ("sense_broken",)
HOLD_US = 30_000


class OutputSense:
    """Level 0 while main contacts and mains give voltage and HOLD_US after, else 1 by the pull-up."""

    def __init__(self, clock, contactor, mains):
        self._clock = clock
        self._contactor = contactor
        self._mains = mains
        self.faults = set()
        self._live = False
        self._pad = None
        self._fall = clock.event(self._held)
        contactor.watchers.append(self._update)
        mains.watchers.append(self._update)

    def attach(self, pad):
        """Connect the input."""
        pad.source = self.level
        self._pad = pad

    def level(self, now_us):
        """Level of the input: 0 voltage on the output, 1 none or wire broken."""
        if "sense_broken" in self.faults:
            return 1
        return 0 if self._live or self._fall.at_us >= 0 else 1

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._held(self._clock.now_us)

    def _update(self, now_us):
        live = self._contactor.closed and self._mains.live(0)
        if live == self._live:
            return
        self._live = live
        if live:
            self._fall.cancel()
            self._held(now_us)
        else:
            self._fall.at(now_us + HOLD_US)

    def _held(self, now_us):
        if self._pad is not None:
            self._pad.changed(self.level(now_us))
