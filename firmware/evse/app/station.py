"""The station: builds everything from a board and its settings, starts the tasks, keeps them alive."""

import asyncio
import gc
import sys

from ..control.control_loop import PERIOD_MS
from ..control.metering import Metering
from ..control.stall_permit import StallPermit, StallRefusedError
from ..core import faults
from ..link.dialer import Dialer
from ..link.downlink import Downlink
from ..link.secure import Security
from ..link.uplink import Uplink
from ..link.wlan import Wlan
from . import config
from .clock import Clock
from .commands import Commands
from .connector import build_connector
from .console import Console
from .fault_records import FaultRecords
from .indication import Indication
from .journal import Journal
from .keys import Keys
from .lockout import Lockout
from .modules import forget, start_is_over
from .narrator import Narrator
from .remote import Remote
from .report import Report
from .session import Session

CONNECTOR = 1
# Certificate of the authority that the broker's certificate is checked by, in DER
CA_FILE = "ca.der"
# Collect when nothing is energised; while charging the allocator does it when it must
_COLLECT_MS = 2000
_RESTART_MS = 1000


class Station:
    """One controller with one connector."""

    def __init__(self, board):
        self.board = board
        self.clock = Clock()
        self.console = Console(self.clock)
        self.permit = StallPermit()
        self.settings, problems = config.load(self.permit)
        if not self.settings["station_id"]:
            self.settings["station_id"] = "P" + board.chip().unique_id()
        self.keys = Keys(self.settings["key"], self.permit)
        self.journal = Journal(_journal_flash(board), self.keys, self.clock, self.permit)
        self.lockout = Lockout(self.permit)
        self.counts = {"malformed": 0, "unknown": 0, "stale": 0, "repeated": 0, "forged": 0}
        self._build_control()
        self._build_link()
        self._causes = faults.SETTINGS_INVALID if problems else 0
        if self.keys.problem:
            problems.append(self.keys.problem)
            self._causes |= faults.KEY_MISSING
        self._task_failed = False
        self._fault_records = FaultRecords(self)
        self.report.notes.extend(problems)
        for problem in problems:
            self.console.say("settings refused: %s", problem)
        if self.journal.damage:
            self.report.notes.append(self.journal.damage)

    def _build_control(self):
        board, settings = self.board, self.settings
        self.loop = build_connector(board, settings, self.permit, self.lockout.bits)
        # The profile keeps its values; clauses and tags are for people
        forget("evse.core.profile_" + settings["profile"])
        self.tick = self.loop.tick
        self.register = self.loop.register
        self.metering = Metering(board.meter(settings["meter_address"]), self.register)
        self.session = Session(
            CONNECTOR, self.loop, self.journal, self.clock, settings, self.console
        )
        self.indication = Indication(board.status_led())
        self.narrator = Narrator(self.console, self.loop, self.session, self.metering)

    def _build_link(self):
        settings = self.settings
        sessions = {CONNECTOR: self.session}
        self.report = Report(
            self.board,
            settings,
            {CONNECTOR: self.loop},
            sessions,
            self.journal,
            self.keys,
            self.clock,
            self.counts,
        )
        remote = self.remote = Remote(self)
        self.commands = Commands(
            sessions,
            self.clock,
            self.counts,
            self.report.refresh,
            remote.rotate_key,
            remote.ask_time,
        )
        self.downlink = Downlink(
            settings["station_id"],
            settings["site"],
            self.counts,
            remote.command_mac,
            self.commands.handle,
            remote.acknowledged,
            remote.site_limit,
        )
        wlan = Wlan(settings["wifi_ssid"], settings["wifi_password"])
        if wlan.problem:
            self.console.say("%s", wlan.problem)
        self.security = Security(
            settings["link_security"], settings["station_id"], config.read_bytes(CA_FILE)
        )
        remote.log_in()
        self.console.say(
            "broker %s:%d, link_security %s %s",
            settings["broker_host"],
            settings["broker_port"],
            settings["link_security"],
            self.security.problem,
        )
        dialer = Dialer(
            (settings["broker_host"], settings["broker_port"]),
            wlan,
            self.security,
            self.permit,
            remote.pause,
            settings["certificate_pause_s"],
        )
        self.uplink = Uplink(
            settings["station_id"],
            settings["keepalive_s"],
            dialer,
            self.report,
            self.downlink,
            self.board.chip().random,
        )

        self.ntp = None
        if settings["ntp_host"]:
            from ..link.ntp import Ntp

            self.ntp = Ntp(settings["ntp_host"], remote.time_told)

    async def run(self):
        """Start everything and never return."""
        start_is_over()
        try:
            await self._run()
        finally:
            self.console.flush()

    async def _run(self):
        # Finding the journal took its time: nothing has grown old by that
        self.clock.advance()
        cause = self.board.chip().reset_cause()
        self.journal.record("boot", 0, None, cause=cause)
        self.console.say(
            "PileLink %s on %s, %s", self.settings["station_id"], self.board.NAME, cause
        )
        self.console.say("python %s", str(sys.implementation))
        self.tick.start(self.board.tick_timer())
        tasks = [
            ("control", self._control),
            ("metering", self.metering.run),
            ("link", self.uplink.run),
            ("housekeeping", self._housekeeping),
        ]
        if self.ntp:
            tasks.append(("time", self.ntp.run))
        await asyncio.gather(*[self._keep_running(name, work) for name, work in tasks])

    async def _keep_running(self, name, work):
        # No task is meant to end; one that does by an error is named, reported and started again
        while True:
            try:
                await work()
            except Exception as error:
                self._task_failed = True
                self.report.task_note = "%s: %r" % (name, error)
                self.console.say("task %s failed: %r", name, error)
            await asyncio.sleep_ms(_RESTART_MS)

    async def _control(self):
        watchdog = self.board.watchdog()
        last_ticks = -1
        while True:
            dt_ms = self.clock.advance()
            self._step(dt_ms)
            # Liveness of the tick is a condition of feeding, else a dead timer would go unnoticed
            if self.tick.ticks != last_ticks:
                last_ticks = self.tick.ticks
                watchdog.feed()
            await asyncio.sleep_ms(PERIOD_MS)

    def _step(self, dt_ms):
        causes = self._causes
        if not self.clock.known:
            causes |= faults.CLOCK_UNKNOWN
        journal = self.journal
        if journal.problem:
            causes |= faults.JOURNAL_FAILED
        elif journal.full:
            causes |= faults.JOURNAL_FULL
        if journal.damage:
            causes |= faults.JOURNAL_DAMAGED
        if self._task_failed:
            causes |= faults.TASK_FAILED
            self._task_failed = False
        self.loop.causes = causes
        raised, cleared = self.loop.step(dt_ms)
        self._fault_records.step(raised, cleared)
        self._keep_lockouts(dt_ms)
        self.session.step(dt_ms)
        self.narrator.step(raised, cleared)
        self.indication.step(self.session.status(), self.loop.faults.active, dt_ms)
        self.console.drain()

    def _keep_lockouts(self, dt_ms):
        told = self.lockout.problem
        self.lockout.step(self.loop.faults.lockouts, dt_ms)
        if self.lockout.problem and self.lockout.problem != told:
            self.report.notes.append(self.lockout.problem)
            self.console.say("%s", self.lockout.problem)
            self._causes |= faults.SETTINGS_INVALID

    async def _housekeeping(self):
        while True:
            try:
                with self.permit.hold("collect"):
                    gc.collect()
            except StallRefusedError:
                pass
            self.journal.maintain()
            await asyncio.sleep_ms(_COLLECT_MS)

    def authorize_local(self, connector=CONNECTOR, ref="local"):
        """Start at the pile; returns "" or the reason of the refusal."""
        return self.session.start(ref, "local") if connector == CONNECTOR else "no_connector"

    def stop_local(self, connector=CONNECTOR):
        """Stop at the pile; returns "" or the reason of the refusal."""
        return self.session.stop(None, "local") if connector == CONNECTOR else "no_connector"

    def reset_faults(self):
        """Clear at the pile what a reset clears; returns the names of the faults cleared."""
        return faults.names(self.loop.reset_faults())

    def unlock(self):
        """End a lock-out at the pile, once its cause is repaired; returns the names cleared."""
        return faults.names(self.loop.unlock())

    def connector_status(self, _connector=CONNECTOR):
        """Connector status name."""
        return self.session.status()

    def cp_state(self, _connector=CONNECTOR):
        """Control pilot state name."""
        return self.loop.machine.name()


def _journal_flash(board):
    # A board without it runs, and says that no charge may begin
    try:
        return board.journal_flash()
    except OSError:
        return None
