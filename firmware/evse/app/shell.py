"""The technician at the serial port: collects a line, has it answered, writes the answer between the events.

Loaded when somebody types and forgotten afterwards, with all that it imports.
"""

import sys

from micropython import const

from ..core import phrases
from ..core.event_log import text_of
from .shell_commands import answer

_MOST_CHARS = const(160)
# An unfinished line keeps the events back for so long
_PATIENCE_MS = const(20000)
_IDLE_MS = const(900000)
# A charge gets so long for its end and its last register when somebody wants the pile
_LEAVE_MS = const(45000)
_ENTER, _CLEAR, _BACK, _ESCAPE = b"\r\n", b"\x03\x15", b"\x08\x7f", b"\x1b"
_REPL, _RESTART = const(1), const(2)


class Shell:
    """Answers for `terminal`, which outlives it. `trusted`: the service code was right."""

    def __init__(self, station, terminal):
        self.station = station
        self.terminal = terminal
        self.language = terminal.language
        self.code = station.settings["service_code"]
        self.trusted = False
        self._chip = station.board.chip()
        self._line = bytearray()
        self._escaped = False
        self._last = 0  # the byte before, because CR LF is one end
        self._quiet_ms = 0  # since the last byte
        self._answer = None  # what of it is not written yet
        self._leaving = 0
        self._leaving_ms = 0

    def step(self, data, dt_ms):
        """Take what was typed, advance by `dt_ms`; False when nobody has typed for long."""
        console = self.station.console
        self._quiet_ms += dt_ms
        for byte in data:
            self._quiet_ms = 0
            self._take(byte)
        console.typing = bool(self._line) and self._quiet_ms < _PATIENCE_MS
        is_idle = not console.lines and not console.mid_line
        if self._leaving:
            self._leave(is_idle and not self._answer, dt_ms)
        if self._answer and is_idle:
            self._go_on(console)
        return bool(self._answer or self._leaving) or self._quiet_ms < _IDLE_MS

    def said(self, key, *values):
        """A sentence in the technician's language."""
        text = phrases.SAID[key][self.language == "zh"]
        return text % values if values else text

    def connectors(self, args):
        """The connectors that a command means: the one whose number is given, or all."""
        station = self.station
        if not args:
            return [station.connectors[number] for number in sorted(station.connectors)]
        found = station.connectors.get(int(args[0]) if args[0].isdigit() else 0)
        if found is None:
            raise ValueError(self.said("no_connector", args[0][:8], len(station.connectors)))
        return [found]

    def end_station(self, for_the_repl):
        """End the station, for the REPL or for a fresh start: charges first, with their last register."""
        self._leaving = _REPL if for_the_repl else _RESTART
        for connector in self.connectors(()):
            connector.loop.in_service = False
            connector.session.stop(None, "local")

    def _leave(self, is_said, dt_ms):
        self._leaving_ms += dt_ms
        for connector in self.connectors(()):
            is_said = is_said and connector.session.tx is None and not connector.loop.live
        if is_said or self._leaving_ms >= _LEAVE_MS:
            if self._leaving == _REPL:
                # As Ctrl-C: main.py opens and latches what is still closed
                raise KeyboardInterrupt
            self._chip.reset()

    def _take(self, byte):
        line = self._line
        last, self._last = self._last, byte
        if self._escaped:
            # An arrow key and its like: over with its letter
            self._escaped = byte == 0x5B or byte < 0x40
        elif byte in _ESCAPE:
            self._escaped = True
        elif byte in _ENTER:
            if last != 13 or byte != 10:
                self._end_line()
        elif byte in _CLEAR:
            self._line = bytearray()
            self._answer = None
            self._echo("\n")
        elif byte in _BACK:
            if line:
                self._echo("\b \b" if line[-1] < 0x80 else "\b\b  \b\b")
                # A character of several bytes goes as one
                while line[-1] & 0xC0 == 0x80 and len(line) > 1:
                    line = line[:-1]
                self._line = line[:-1]
        elif byte >= 0x20 and len(line) < _MOST_CHARS:
            line.append(byte)
            if byte < 0x80:
                self._echo(chr(byte))
            elif text_of(line)[-1:] >= "\x80" and byte < 0xC0:
                self._echo(text_of(line)[-1])

    def _end_line(self):
        self._echo("\n")
        # Whatever goes on ends with the next line, as `watch` does
        self._answer = None
        if self._line:
            self._answer = answer(self, text_of(bytes(self._line)))
            self._line = bytearray()

    def _echo(self, text):
        # Within an event it would be read as a part of that
        if not self.station.console.mid_line:
            sys.stdout.write(text)

    def _go_on(self, console):
        try:
            line = next(self._answer)
        except StopIteration:
            self._answer = None
        except Exception as error:
            self._answer = None
            console.remark("the console failed: %r" % error)
        else:
            if line is not None:
                console.lines.append(line + "\n")
