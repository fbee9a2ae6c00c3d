"""Cards at the pile: an accepted card starts a charge, the same card stops it. What the buzzer says.

Built only where the board has a reader; the list of accepted cards is a setting.
"""

from micropython import const

from ..core import id_token

# Often enough for the steps that a reader takes to one UID
_READ_MS = const(20)
# A reader that fails for longer is reported; one failure is noise on its wires
_FAILED_MS = const(3000)


class IdTokens:
    """`step` per control loop. `failed` while the reader does not answer, `problem` says how."""

    def __init__(self, reader, accepted, patience_ms, station, panel):
        self.failed = False
        self.problem = ""
        self._reader = reader
        self._accepted = [id_token.normalise(text) for text in accepted]
        self._patience_ms = patience_ms
        self._station = station
        self._panel = panel  # beep(accepted), say(text)
        self._presented = id_token.Presented()
        self._since_ms = 0
        self._failed_ms = 0
        self._waiting = None  # accepted before a vehicle was plugged in
        self._waiting_ms = 0

    def step(self, dt_ms):
        """Advance by `dt_ms`."""
        self._since_ms += dt_ms
        if self._since_ms >= _READ_MS:
            dt_read_ms, self._since_ms = self._since_ms, 0
            self._read(dt_read_ms)
        if self._waiting:
            self._waiting_ms -= dt_ms
            self._start_waiting()

    def _read(self, dt_ms):
        try:
            uid = self._reader.read()
        except OSError as error:
            self._failed_ms += dt_ms
            self.problem = "card reader: %s" % (getattr(self._reader, "problem", "") or error)
            self.failed = self._failed_ms >= _FAILED_MS
            return
        self._failed_ms = 0
        self.failed = False
        token = self._presented.step(uid, dt_ms)
        if token:
            self._take(token)

    def _take(self, token):
        for connector in self._station.connectors.values():
            # Also of a charge that is being taken up after a loss of power
            if connector.session.stop(token, "local") == "":
                self.answer(True, "stop", token)
                return
        if token in self._accepted:
            self.accept(token)
        elif self._station.operator:
            self._station.operator.authorizer.begin(token)
        else:
            self.answer(False, "unknown", token)

    def accept(self, token):
        """Let a card charge."""
        self._waiting, self._waiting_ms = token, self._patience_ms
        self.answer(True, "accepted", token)
        self._start_waiting()

    def _start_waiting(self):
        """Start where a vehicle waits; a card shown before the plug keeps its right for a while."""
        for connector in self._station.connectors.values():
            if connector.session.start(self._waiting, "rfid") == "":
                self._waiting = None
                return
        if self._waiting_ms <= 0:
            self.answer(False, "no vehicle could be charged in time", self._waiting)
            self._waiting = None

    def answer(self, accepted, what, token):
        """Tell the driver."""
        self._panel.beep(accepted)
        self._panel.say("card %s: %s", token, what)
