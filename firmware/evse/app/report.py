"""What the station says about itself: hello, state and meter messages, on change and in time."""

import sys

from .. import __version__
from ..core import faults, messages


class Report:
    """The uplink's source: bytes when there is something to say, else None."""

    def __init__(self, station_board, settings, loops, sessions, journal, clock, counts):
        self.notes = []  # settings that were refused
        self.task_note = ""  # the last error that ended a task
        self._board = station_board
        self._settings = settings
        self._loops = loops
        self._sessions = sessions
        self._journal = journal
        self._clock = clock
        self._counts = counts
        self._due_s = 0
        self._meter_s = 0

    def refresh(self):
        """Say the state again at the next occasion."""
        self._due_s = 0

    def hello(self):
        """Who this station is."""
        board = self._board
        return messages.encode(
            {
                "boot": self._journal.boot,
                "firmware": __version__,
                "python": "%s %s"
                % (
                    sys.implementation.name,
                    ".".join(str(number) for number in sys.implementation.version[:3]),
                ),
                "board": board.NAME,
                "profile": self._settings["profile"],
                "site": self._settings["site"],
                "connectors": [
                    {
                        "id": connector,
                        "kind": board.CONNECTOR_KIND,
                        "rated_a10": board.RATED_A10,
                        "phases": board.PHASES,
                        "volts": board.VOLTS,
                    }
                    for connector in sorted(self._sessions)
                ],
            }
        )

    def state(self):
        """State of every connector when it changed or the heartbeat is due."""
        due = self._clock.up_s >= self._due_s
        for loop in self._loops.values():
            due = due or loop.changed
        if not due:
            return None
        for loop in self._loops.values():
            loop.changed = False
        self._due_s = self._clock.up_s + self._settings["state_interval_s"]
        message = {
            "boot": self._journal.boot,
            "up": self._clock.up_s,
            "utc": self._clock.utc_s(),
            "connectors": [self._connector(number) for number in sorted(self._sessions)],
            "notes": self._notes(),
            "counts": self._counts,
        }
        data = messages.encode(message)
        while len(data) > messages.MAX_BYTES and message["notes"]:
            message["notes"].pop()
            data = messages.encode(message)
        return data

    def _notes(self):
        notes = ([self.task_note] if self.task_note else []) + self.notes
        return [note[:120] for note in notes[:3]]

    def meter(self):
        """Live values of the connector that charges, at the meter interval."""
        if self._clock.up_s < self._meter_s:
            return None
        for number, session in self._sessions.items():
            register = self._loops[number].register
            if session.tx and register.wh is not None:
                self._meter_s = self._clock.up_s + self._settings["meter_interval_s"]
                return messages.encode(
                    {
                        "c": number,
                        "tx": session.tx.tx,
                        "up": self._clock.up_s,
                        "utc": self._clock.utc_s(),
                        "wh": register.wh,
                        "w": register.w,
                        "mv": list(register.mv),
                        "ma": list(register.ma),
                    }
                )
        return None

    def journal(self, most_bytes):
        """Oldest records that wait for the bridge."""
        return self._journal.batch(most_bytes)

    def _connector(self, number):
        loop, session = self._loops[number], self._sessions[number]
        limits = loop.limits
        return {
            "id": number,
            "status": session.status(),
            "cp": loop.machine.name(),
            "cp_mv": loop.tick.pilot.high_mv,
            "duty": loop.duty_permille,
            "faults": faults.names(loop.faults.active),
            "limit_a10": limits.offered_a10(),
            "limit_by": limits.holder_name(),
            "tx": session.tx.tx if session.tx else None,
            "ref": session.tx.ref if session.tx else None,
            "w": loop.register.w if loop.closed else 0,
            "wh": loop.register.wh,
        }
