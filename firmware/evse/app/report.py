"""What the station says about itself: hello, state and meter messages, on change and in time."""

import os
import sys
from binascii import hexlify

from .. import __version__
from ..core import faults, limits, messages
from .updates import TRIAL

_SETTLE_MS = 1000


class Report:
    """The uplink's source: bytes when there is something to say, else None."""

    def __init__(self, station):
        self.nonce = ""  # of the last hello; only its answer brings the time
        self.notes = []  # settings that were refused
        self.task_note = ""  # the last error that ended a task
        self._station = station
        self._due_s = 0
        self._changed_ms = None  # uptime of the first change that was not told

    def refresh(self):
        """Say the state again at the next occasion."""
        self._due_s = 0

    def hello(self):
        """Who this station is, and what it remembers."""
        station = self._station
        board, journal = station.board, station.journal
        self.nonce = str(hexlify(os.urandom(messages.NONCE_CHARS // 2)), "ascii")
        message = {
            "boot": journal.boot,
            "firmware": __version__,
            "python": "%s %s"
            % (
                sys.implementation.name,
                ".".join(str(number) for number in sys.implementation.version[:3]),
            ),
            "board": board.NAME,
            "profile": station.settings["profile"],
            "site": station.settings["site"],
            "connectors": [
                {
                    "id": connector,
                    "kind": board.CONNECTOR_KIND,
                    "rated_a10": board.RATED_A10,
                    "phases": board.PHASES,
                    "volts": board.VOLTS,
                }
                for connector in sorted(station.connectors)
            ],
            "life": journal.life,
            "first": journal.first_seq,
            "next": journal.next_seq,
            "key": station.keys.number,
            "nonce": self.nonce,
        }
        if station.operator:
            message["holds"] = station.operator.holds()
        updates = station.updates
        if updates.slot:
            message["update"] = {
                "slot": updates.slot,
                "version": __version__,
                "trial": updates.job == TRIAL,
                "previous": updates.previous,
            }
        return messages.encode(message)

    def state(self):
        """State of every connector: a second after it changed, and in full when the heartbeat is due."""
        station = self._station
        is_full = station.clock.up_s >= self._due_s
        if not is_full and not self._settled():
            return None
        self._changed_ms = None
        for connector in station.connectors.values():
            connector.loop.changed = False
        message = {"connectors": self.connectors(is_full), "utc": station.clock.utc_s()}
        if is_full:
            self._due_s = station.clock.up_s + station.settings["state_interval_s"]
            message["boot"] = station.journal.boot
            message["up"] = station.clock.up_s
            message["journal"] = station.journal.figures()
        counts = {name: count for name, count in station.counts.items() if count}
        if counts:
            message["counts"] = counts
        notes = self._notes()
        while notes:
            message["notes"] = notes
            data = messages.encode_live(message)
            if len(data) <= messages.MAX_BYTES:
                return data
            notes.pop()
            del message["notes"]
        return messages.encode_live(message)

    def connectors(self, is_full):
        """What a state message says of every connector, measured values too when it is full."""
        return [self._connector(number, is_full) for number in sorted(self._station.connectors)]

    def _settled(self):
        # What follows from one cause within a second goes out as one
        changed = False
        for connector in self._station.connectors.values():
            changed = changed or connector.loop.changed
        if not changed:
            return False
        if self._changed_ms is None:
            self._changed_ms = self._station.clock.up_ms
        return self._station.clock.up_ms - self._changed_ms >= _SETTLE_MS

    def _notes(self):
        notes = ([self.task_note] if self.task_note else []) + self.notes
        return [note[:120] for note in notes[:3]]

    def meter(self):
        """Live values of a connector that charges, each at the meter interval."""
        now_s = self._station.clock.up_s
        for number, connector in self._station.connectors.items():
            tx, register = connector.session.tx, connector.loop.register
            if tx and register.wh is not None and now_s >= connector.meter_due_s:
                connector.meter_due_s = now_s + self._station.settings["meter_interval_s"]
                message = {"wh": register.wh, "w": register.w}
                if number != 1:
                    message["c"] = number
                message["mv"] = register.mv
                message["ma"] = register.ma
                return messages.encode_live(message)
        return None

    def journal(self, most_bytes):
        """(message, last number) of the oldest records that wait for the bridge; (None, 0) if none do."""
        return self._station.journal.message(most_bytes)

    def _connector(self, number, is_full):
        connector = self._station.connectors[number]
        loop, session = connector.loop, connector.session
        report = {"id": number, "status": session.status(), "cp": loop.machine.name()}
        if loop.limits.holder() != limits.RATED:
            report["limit_a10"] = loop.limits.offered_a10()
            report["limit_by"] = loop.limits.holder_name()
        if loop.faults.active:
            report["faults"] = faults.names(loop.faults.active)
        if session.running:
            report["tx"] = "%s-%d" % (self._station.journal.life, session.running)
        if is_full:
            report["cp_mv"] = loop.tick.pilot.high_mv
            report["duty"] = loop.duty_permille
            report["w"] = loop.register.w if loop.closed else 0
            report["wh"] = loop.register.wh
        return report
