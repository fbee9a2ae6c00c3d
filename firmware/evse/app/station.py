"""The station: builds everything from a board and its settings, starts the tasks, keeps them alive."""

import asyncio
import gc
import sys

from ..control.control_loop import PERIOD_MS
from ..control.metering import Metering
from ..control.stall_permit import StallPermit, StallRefusedError
from ..core import faults, pilot_profiles
from ..core.sharing import Sharing
from ..link.bearer import build_bearer
from ..link.dialer import build_dialer
from ..link.downlink import Downlink
from ..link.uplink import Uplink
from . import config
from .clock import Clock
from .commands import Commands
from .connector import Connector
from .console import Console
from .journal import Journal
from .keys import Keys
from .modules import forget, start_is_over
from .remote import Remote
from .report import Report
from .terminal import Terminal
from .updates import Updates

CONNECTOR = 1
# Certificate of the authority that the broker's certificate is checked by, in DER
CA_FILE = "ca.der"
# Collect when nothing is energised; while charging the allocator does it when it must
_COLLECT_MS = 2000
_RESTART_MS = 1000


class Station:
    """One controller and its connectors."""

    def __init__(self, board):
        self.board = board
        self.clock = Clock()
        self.console = Console(self.clock)
        self.permit = StallPermit()
        settings, problems = config.load(self.permit)
        self._problems = problems
        if not settings["station_id"]:
            settings["station_id"] = "P" + board.chip().unique_id()
        self.settings = config.lasting(settings)
        self.keys = Keys(settings["key"], self.permit)
        self.journal = Journal(_journal_flash(board), self.keys, self.clock, self.permit)
        self.counts = {"malformed": 0, "unknown": 0, "stale": 0, "repeated": 0, "forged": 0}
        self.operator = None
        self._build_connectors(settings)
        self._build_link(settings)
        self._causes = faults.SETTINGS_INVALID if problems else 0
        if self.keys.problem:
            problems.append(self.keys.problem)
            self._causes |= faults.KEY_MISSING
        self._task_failed = False
        self.report.notes.extend(problems)
        for problem in problems:
            self.console.say("settings refused: %s", problem)
        if self.journal.damage:
            self.report.notes.append(self.journal.damage)
        self._build_operator()

    def _build_connectors(self, settings):
        self.connectors = {}
        meters = []
        for board in self.board.evses():
            connector = self.connectors[board.number] = Connector(self, board, settings)
            try:
                meter = board.meter(settings)
                connector.fit(meter)
                meters.append((meter, connector.loop.register))
            except (OSError, ValueError) as error:
                # Without a meter there is no charge, and the fault says so
                self._problems.append("meter_model = %s: %s" % (settings["meter_model"], error))
        # The profile keeps its values; clauses and tags are for people
        forget(*pilot_profiles.MODULES)
        first = self.connectors[1]
        self.loop, self.session = first.loop, first.session
        self.tick, self.register = self.loop.tick, self.loop.register
        self.metering = Metering(meters)
        self._sharing = Sharing(len(self.connectors))
        self.panel = self._build_panel(settings)
        self.terminal = Terminal(self, self.board.serial_port(), settings["language"])
        # Every part is built
        forget("evse.drivers.standard_parts")

    def _build_panel(self, settings):
        board = self.board
        if not board.RFID and "button" not in board.PINS and "buzzer" not in board.PINS:
            return None
        from .panel import Panel

        return Panel(self, settings)

    def _build_link(self, settings):
        self.report = Report(self)
        remote = self.remote = Remote(self)
        self.commands = Commands(self)
        self.downlink = Downlink(
            settings["station_id"],
            settings["site"],
            self.counts,
            self.commands,
            remote,
        )
        self.updates = Updates(self)
        random = self.board.chip().random
        self.bearer = build_bearer(self.board, settings, self.permit, random, self.console.say)
        dialer = build_dialer(
            settings, self.bearer, config.read_bytes(CA_FILE), self.permit, remote.pause
        )
        self.security = dialer.security
        remote.log_in()
        self.broker = "%s:%d" % (settings["broker_host"], settings["broker_port"])
        self.console.say(
            "broker %s, link_security %s %s",
            self.broker,
            settings["link_security"],
            self.security.problem,
        )
        self.uplink = Uplink(
            settings["station_id"],
            settings["keepalive_s"],
            dialer,
            self.report,
            self.downlink,
            random,
        )

        self.ntp = None
        if settings["ntp_host"]:
            from ..link.ntp import Ntp

            self.ntp = Ntp(settings["ntp_host"], remote.time_told, self.bearer)

    def _build_operator(self):
        if config.read_json(config.HELD_FILE) is not None:
            from .operator import Operator

            self.operator = Operator(self)

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
        for connector in self.connectors.values():
            connector.start()
        tasks = [
            asyncio.create_task(self._keep_running(name, work))
            for name, work in (
                ("control", self._control),
                ("metering", self.metering.run),
                ("network", self.bearer.run),
                ("link", self.uplink.run),
                ("housekeeping", self._housekeeping),
            )
        ]
        if self.ntp:
            tasks.append(asyncio.create_task(self._keep_running("time", self.ntp.run)))
        try:
            # None of them is meant to end
            await tasks[0]
        finally:
            for task in tasks:
                task.cancel()

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
        ticks = [connector.loop.tick for connector in self.connectors.values()]
        seen = [-1] * len(ticks)
        while True:
            dt_ms = self.clock.advance()
            self._step(dt_ms)
            # Liveness of every tick is a condition of feeding, else a dead timer would go unnoticed
            now = [tick.ticks for tick in ticks]
            if all(count != last for count, last in zip(now, seen)):
                seen = now
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
        if self.panel:
            self.panel.step(dt_ms)
            causes |= self.panel.causes
        supply_a10 = self.settings["supply_a10"]
        if self.operator:
            supply_a10 = min(supply_a10, self.operator.step(dt_ms))
        self._share_supply(supply_a10, dt_ms)
        for connector in self.connectors.values():
            connector.step(causes, dt_ms)
        self.terminal.step(dt_ms)
        self.console.drain()

    def _share_supply(self, supply_a10, dt_ms):
        loops = [connector.loop for connector in self.connectors.values()]
        self._sharing.limit(
            supply_a10,
            [loop.limits for loop in loops],
            [loop.wants_energy for loop in loops],
            [loop.live for loop in loops],
            dt_ms,
        )

    async def _housekeeping(self):
        while True:
            try:
                with self.permit.hold("collect"):
                    gc.collect()
            except StallRefusedError:
                pass
            self.journal.maintain()
            self.updates.step()
            await asyncio.sleep_ms(_COLLECT_MS)

    def authorize_local(self, connector=CONNECTOR, ref="local"):
        """Start at the pile; returns "" or the reason of the refusal."""
        found = self.connectors.get(connector)
        return found.session.start(ref, "local") if found else "no_connector"

    def stop_local(self, connector=CONNECTOR):
        """Stop at the pile; returns "" or the reason of the refusal."""
        found = self.connectors.get(connector)
        return found.session.stop(None, "local") if found else "no_connector"

    def set_phases(self, connector, phases):
        """Charge on 1 or 3 phases from the next pause on, which this begins; "" or the reason of the refusal."""
        found = self.connectors.get(connector)
        if not found:
            return "no_connector"
        switch = found.loop.protection.phases
        if not switch or phases == 2:
            return "no_phase_contactor"
        switch.wish = phases
        return ""

    def reset_faults(self, connector=CONNECTOR):
        """Clear at the pile what a reset clears; returns the names of the faults cleared."""
        return faults.names(self.connectors[connector].loop.reset_faults())

    def unlock(self, connector=CONNECTOR):
        """End a lock-out at the pile, once its cause is repaired; returns the names cleared."""
        return faults.names(self.connectors[connector].loop.unlock())

    def connector_status(self, connector=CONNECTOR):
        """Connector status name."""
        return self.connectors[connector].session.status()

    def cp_state(self, connector=CONNECTOR):
        """Control pilot state name."""
        return self.connectors[connector].loop.machine.name()


def _journal_flash(board):
    # A board without it runs, and says that no charge may begin
    try:
        return board.journal_flash()
    except OSError:
        return None
