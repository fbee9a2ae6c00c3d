"""One connector of the station: control loop, session, light, and what is told and kept about it."""

from ..core import faults
from ..core.readings import CURRENTS
from .connector_loop import build_loop
from .fault_records import FaultRecords
from .indication import Indication
from .lockout import Lockout
from .narrator import Narrator
from .session import Session


class Connector:
    """Built from `board`, one of the station board's evses()."""

    def __init__(self, station, board, settings):
        self.board = board
        self.number = number = board.number
        self.lockout = Lockout(station.permit, number)
        self.loop = build_loop(board, settings, station.permit, self.lockout.bits)
        self.session = Session(station, number, self.loop)
        self._station = station
        self._timer = board.tick_timer()
        self._indication = Indication(board.light())
        self._records = FaultRecords(station, self)
        self._narrator = Narrator(self)
        self._causes = 0
        self.meter = None
        self.meter_due_s = 0  # uptime from which on live values are to be told again

    def start(self):
        """Begin ticking."""
        self.loop.tick.start(self._timer)

    def fit(self, meter):
        """Get the register ready for what this meter tells."""
        self.meter = meter
        register = self.loop.register
        register.tells_values = CURRENTS in meter.tells
        if not register.tells_values and "over_current" not in self.board.INSTALLED_OUTSIDE:
            # Nobody would see a vehicle that draws more than it may
            self.loop.protection.missing.append("over_current")
        if hasattr(meter, "start"):
            # One that counts from nothing at each start goes on from the journal's last register
            meter.start(self._station.journal.last_wh.get(self.number, 0))

    def say(self, text, *values):
        """One event on the console."""
        self._station.console.say(self.named(text), *values)

    def aside(self, line):
        """One line on the console that is not kept."""
        self._station.console.remark(self.named(line))

    def named(self, text):
        """A text that says whose it is; a pile with one connector need not name it."""
        return text if self.number == 1 else "connector %d: %s" % (self.number, text)

    def step(self, causes, dt_ms):
        """Advance everything by `dt_ms`; `causes`: fault bits found outside the connector."""
        loop = self.loop
        loop.causes = causes | self._causes
        raised, cleared = loop.step(dt_ms)
        self._records.step(raised, cleared)
        self._keep_lockouts(dt_ms)
        if loop.protection.phases:
            self._tell_phases(loop.protection.phases)
        self.session.step(dt_ms)
        self._narrator.step(raised, cleared)
        self._indication.step(self.session.status(), loop.faults.active, dt_ms)

    def _tell_phases(self, switch):
        # A wish that is not met is no fault as long as some number of phases is proven
        if switch.failure == switch.told:
            return
        notes = self._station.report.notes
        if switch.told in notes:
            notes.remove(switch.told)
        if switch.failure:
            notes.append(switch.failure)
            self.say("%s", switch.failure)
        switch.told = switch.failure
        self.loop.changed = True

    def _keep_lockouts(self, dt_ms):
        lockout = self.lockout
        told = lockout.problem
        lockout.step(self.loop.faults.lockouts, dt_ms)
        if lockout.problem and lockout.problem != told:
            self._station.report.notes.append(lockout.problem)
            self.say("%s", lockout.problem)
            self._causes |= faults.SETTINGS_INVALID
