"""The poles between mains and vehicle: the main contactor for every phase, the phase contactor for L2 and L3."""


class Poles:
    """How many phases, counted from L1, reach the vehicle's inlet."""

    def __init__(self, contactor, phase_contactor, load, log):
        self._contactor = contactor
        self._phase_contactor = phase_contactor
        self._load = load
        self._log = log
        # Called with now_us when a pole has moved
        self.watchers = []
        contactor.watchers.append(self._main_moved)
        phase_contactor.watchers.append(self._phases_moved)

    def connected(self):
        """Phases that are connected, 0 with the main contactor open; whether the mains feeds them or not."""
        if not self._contactor.closed:
            return 0
        phase_contactor = self._phase_contactor
        if phase_contactor.fitted and not phase_contactor.closed:
            return 1
        return self._load.phases

    def _main_moved(self, now_us):
        if not self._contactor.closed:
            self._load.cut()
        self._tell(now_us)

    def _phases_moved(self, now_us):
        if not self._contactor.closed:
            return
        if self._load.current_ma(now_us):
            self._log("phases_switched_under_load", phases=self.connected())
        if self.connected() == 1:
            self._load.cut_from(1)
        self._tell(now_us)

    def _tell(self, now_us):
        for watcher in self.watchers:
            watcher(now_us)


class PhaseMemory:
    """How many phases a plugged vehicle was last fed with, until the pilot makes it forget.

    A charger that starts again on other phases than it was set up for may be damaged; what looks like
    an unplug sets it up anew. Times are attributes, as vehicles differ.
    """

    def __init__(self, log):
        self._log = log
        # State F, or no pilot at all
        self.interruption_us = 4_000_000
        # Steady +12 V from the station, long enough not to be a stop of the charge
        self.steady_us = 30_000_000
        self._phases = 0
        self._needed_us = 0
        self._since_us = 0

    def forget(self):
        """The plug was pulled, or another vehicle came."""
        self._phases = 0

    def pilot(self, duty_u16, now_us):
        """The duty at the vehicle's end changed (as PilotLine.duty_u16 gives it)."""
        if not duty_u16:
            needed_us = self.interruption_us
        else:
            needed_us = self.steady_us if duty_u16 >= 65535 else 0
        if needed_us != self._needed_us:
            self._settle(now_us)
            self._needed_us = needed_us
            self._since_us = now_us

    def fed(self, phases, now_us):
        """Power on `phases`, 0 none."""
        self._settle(now_us)
        if not phases:
            return
        before = self._phases
        self._phases = phases
        if before not in (0, phases):
            self._log("vehicle_saw_phase_change_without_unplug", before=before, now=phases)

    def _settle(self, now_us):
        if self._needed_us and now_us - self._since_us >= self._needed_us:
            self._phases = 0
