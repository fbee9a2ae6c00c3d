"""Writes faults raised and cleared into the journal, each with the detail that its sentence points to."""

from ..core import faults

# Every start begins with it, and the records tell it themselves
_SILENT = "clock_unknown"
_NOTED = ("settings_invalid", "key_missing", "journal_damaged")
_TASK_NOTED = ("tick_failed", "task_failed")
_MOST_CHARS = 120


class FaultRecords:
    """One step per control loop; `station` and `connector` tell the details."""

    def __init__(self, station, connector):
        self._station = station
        self._connector = connector

    def step(self, raised, cleared):
        """Record the fault bits raised and cleared in this step."""
        for name in faults.names(raised):
            if name != _SILENT:
                self._record("fault", fault=name, detail=_ascii(self._detail(name)))
        for name in faults.names(cleared):
            if name != _SILENT:
                self._record("fault_clear", fault=name)

    def _record(self, kind, **payload):
        connector = self._connector
        wh = connector.loop.register.wh
        self._station.journal.record(kind, connector.number, wh, **payload)

    def _detail(self, name):
        station = self._station
        report = station.report
        if name in _NOTED:
            return "; ".join(report.notes)
        if name == "tick_failed":
            report.task_note = "tick: %r" % self._connector.loop.tick.error
        if name in _TASK_NOTED:
            return report.task_note
        if name == "meter_implausible":
            return self._connector.loop.register.problem
        if name == "phase_switch_failed":
            return self._connector.loop.protection.phases.failure
        if name == "reader_failed":
            return station.panel.problem
        if name == "journal_failed":
            return station.journal.problem
        if name != "safety_part_missing":
            return ""
        protection = self._connector.loop.protection
        detail = protection.problem or "board %s has no %s" % (
            station.board.NAME,
            ", ".join(protection.missing),
        )
        report.notes.append(detail)
        return detail


def _ascii(text):
    # Part of a record: whatever an error or a file said must survive any JSON
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MOST_CHARS])
